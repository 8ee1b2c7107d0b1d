-- CreateTable
CREATE TABLE "patient" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "gender" TEXT NOT NULL,
    "birth_date" DATE,
    "ehr_id" UUID NOT NULL,
    "ehr_state" TEXT NOT NULL DEFAULT 'pending',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "patient_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "patient_gender_check" CHECK ("gender" IN ('female', 'male', 'other', 'unknown')),
    CONSTRAINT "patient_ehr_state_check" CHECK ("ehr_state" IN ('pending', 'ready'))
);

-- CreateTable
-- COLLATE "C": a prefix of a search key is then a range of its index, and the order is the same on every server.
CREATE TABLE "patient_name" (
    "patient_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "use" TEXT NOT NULL,
    "family" TEXT,
    "given" TEXT[] NOT NULL,
    "family_norm" TEXT COLLATE "C" NOT NULL,
    "given_norm" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "patient_name_pkey" PRIMARY KEY ("patient_id","position")
);

-- CreateTable
CREATE TABLE "patient_identifier" (
    "system" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "patient_id" UUID NOT NULL,

    CONSTRAINT "patient_identifier_pkey" PRIMARY KEY ("system","value")
);

-- CreateTable
CREATE TABLE "outbox_event" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "event_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "aggregate_id" TEXT NOT NULL,
    "aggregate_version" BIGINT NOT NULL,
    "headers" JSONB NOT NULL,
    "payload" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox_sent" (
    "id" BIGINT NOT NULL,
    "event_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "stream_seq" BIGINT NOT NULL,
    "headers" JSONB NOT NULL,
    "payload" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_sent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "actor" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "status" INTEGER,
    "headers" JSONB,
    "body" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("actor","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "patient_ehr_id_key" ON "patient"("ehr_id");

-- CreateIndex
CREATE INDEX "patient_name_family_norm_given_norm_patient_id_idx" ON "patient_name"("family_norm", "given_norm", "patient_id");

-- CreateIndex
CREATE INDEX "patient_name_given_norm_patient_id_idx" ON "patient_name"("given_norm", "patient_id");

-- CreateIndex
CREATE INDEX "patient_identifier_patient_id_idx" ON "patient_identifier"("patient_id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_event_id_key" ON "outbox_event"("event_id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_sent_event_id_key" ON "outbox_sent"("event_id");

-- CreateIndex
CREATE INDEX "outbox_sent_stream_stream_seq_idx" ON "outbox_sent"("stream", "stream_seq");

-- CreateIndex
CREATE INDEX "idempotency_key_expires_at_idx" ON "idempotency_key"("expires_at");

-- AddForeignKey
ALTER TABLE "patient_name" ADD CONSTRAINT "patient_name_patient_id_fkey" FOREIGN KEY ("patient_id") REFERENCES "patient"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "patient_identifier" ADD CONSTRAINT "patient_identifier_patient_id_fkey" FOREIGN KEY ("patient_id") REFERENCES "patient"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- What the running service may do, table by table; the role is made before the migrations run. An identity column
-- needs no right to its sequence.
GRANT USAGE ON SCHEMA "public" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "patient" TO "patients";
GRANT SELECT, INSERT, DELETE ON "patient_name" TO "patients";
GRANT SELECT, INSERT, DELETE ON "patient_identifier" TO "patients";
GRANT SELECT, INSERT, DELETE ON "outbox_event" TO "patients";
GRANT SELECT, INSERT, DELETE ON "outbox_sent" TO "patients";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_key" TO "patients";
