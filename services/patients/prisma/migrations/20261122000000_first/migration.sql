-- Keys that are searched by their beginning are COLLATE "C": a prefix is then a range of the index, and the order is the
-- same on every server.

-- CreateTable
CREATE TABLE "patient" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "mrn" TEXT NOT NULL,
    "record" JSONB NOT NULL,
    "gender" TEXT NOT NULL,
    "birth_date" DATE,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "restricted" BOOLEAN NOT NULL DEFAULT false,
    "matchable" BOOLEAN NOT NULL DEFAULT true,
    "survivor_id" UUID,
    "ehr_id" UUID NOT NULL,
    "ehr_state" TEXT NOT NULL DEFAULT 'pending',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" JSONB NOT NULL,
    "changed" TEXT[],
    "reason" TEXT,

    CONSTRAINT "patient_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "patient_gender_check" CHECK ("gender" IN ('female', 'male', 'other', 'unknown')),
    CONSTRAINT "patient_ehr_state_check" CHECK ("ehr_state" IN ('pending', 'ready')),
    CONSTRAINT "patient_survivor_check" CHECK ("survivor_id" <> "id")
);

-- CreateTable
CREATE TABLE "patient_version" (
    "patient_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "record" JSONB NOT NULL,
    "survivor_id" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_by" JSONB NOT NULL,
    "changed" TEXT[],
    "reason" TEXT,

    CONSTRAINT "patient_version_pkey" PRIMARY KEY ("patient_id","version")
);

-- CreateTable
CREATE TABLE "patient_name" (
    "family_key" TEXT COLLATE "C" NOT NULL,
    "given_key" TEXT COLLATE "C" NOT NULL,
    "patient_id" UUID NOT NULL,
    "birth_date" DATE,

    CONSTRAINT "patient_name_pkey" PRIMARY KEY ("family_key","given_key","patient_id")
);

-- CreateTable
CREATE TABLE "name_word" (
    "kind" TEXT COLLATE "C" NOT NULL,
    "word" TEXT COLLATE "C" NOT NULL,
    "frequency" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "name_word_pkey" PRIMARY KEY ("kind","word")
);

-- CreateTable
CREATE TABLE "name_delete" (
    "kind" TEXT COLLATE "C" NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "word" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "name_delete_pkey" PRIMARY KEY ("kind","key","word")
);

-- CreateTable
CREATE TABLE "patient_key" (
    "kind" TEXT COLLATE "C" NOT NULL,
    "key" TEXT COLLATE "C" NOT NULL,
    "patient_id" UUID NOT NULL,

    CONSTRAINT "patient_key_pkey" PRIMARY KEY ("kind","key","patient_id")
);

-- CreateTable
CREATE TABLE "patient_identifier" (
    "system" TEXT NOT NULL,
    "value_key" TEXT COLLATE "C" NOT NULL,
    "holder" TEXT COLLATE "C" NOT NULL,
    "patient_id" UUID NOT NULL,

    CONSTRAINT "patient_identifier_pkey" PRIMARY KEY ("system","value_key","holder")
);

-- CreateTable
CREATE TABLE "identifier_domain" (
    "id" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "system" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type_code" TEXT,
    "exclusive" BOOLEAN NOT NULL DEFAULT true,
    "check_rule" TEXT,
    "assigner" TEXT,
    "valid_from" DATE,
    "valid_to" DATE,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" JSONB NOT NULL,

    CONSTRAINT "identifier_domain_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "merge" (
    "id" UUID NOT NULL,
    "source_id" UUID NOT NULL,
    "target_id" UUID NOT NULL,
    "source_version" INTEGER NOT NULL,
    "target_version" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "merged_at" TIMESTAMPTZ(3) NOT NULL,
    "merged_by" JSONB NOT NULL,
    "unmerge_reason" TEXT,
    "unmerged_at" TIMESTAMPTZ(3),
    "unmerged_by" JSONB,

    CONSTRAINT "merge_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "merge_state_check" CHECK ("state" IN ('merging', 'merged', 'unmerging', 'unmerged')),
    CONSTRAINT "merge_two_check" CHECK ("source_id" <> "target_id")
);

-- CreateTable
CREATE TABLE "match_pair" (
    "low_id" UUID NOT NULL,
    "high_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "weight" DOUBLE PRECISION NOT NULL,
    "comparison" JSONB NOT NULL,
    "model" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "found_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decided_at" TIMESTAMPTZ(3),
    "decided_by" JSONB,
    "reason" TEXT,

    CONSTRAINT "match_pair_pkey" PRIMARY KEY ("low_id","high_id"),
    CONSTRAINT "match_pair_state_check" CHECK ("state" IN ('open', 'same', 'different', 'unsure')),
    CONSTRAINT "match_pair_order_check" CHECK ("low_id" < "high_id")
);

-- CreateTable
CREATE TABLE "match_queue" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "patient_id" UUID NOT NULL,
    "origin" TEXT NOT NULL,

    CONSTRAINT "match_queue_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_job" (
    "id" UUID NOT NULL,
    "format" TEXT NOT NULL,
    "mapping" JSONB,
    "header" TEXT[],
    "source" TEXT,
    "state" TEXT NOT NULL DEFAULT 'receiving',
    "lines" BIGINT NOT NULL DEFAULT 0,
    "registered" BIGINT NOT NULL DEFAULT 0,
    "known" BIGINT NOT NULL DEFAULT 0,
    "refused" BIGINT NOT NULL DEFAULT 0,
    "seconds" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "why" TEXT,

    CONSTRAINT "import_job_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "import_job_state_check" CHECK ("state" IN ('receiving', 'done', 'failed', 'cancelled'))
);

-- CreateTable
CREATE TABLE "import_error" (
    "import_id" UUID NOT NULL,
    "line" BIGINT NOT NULL,
    "position" INTEGER NOT NULL,
    "pointer" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "detail" TEXT NOT NULL,

    CONSTRAINT "import_error_pkey" PRIMARY KEY ("import_id","line","position")
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
CREATE UNIQUE INDEX "patient_mrn_key" ON "patient"("mrn");

-- CreateIndex
CREATE UNIQUE INDEX "patient_ehr_id_key" ON "patient"("ehr_id");

-- CreateIndex
CREATE INDEX "patient_created_at_id_idx" ON "patient"("created_at", "id");

-- CreateIndex
CREATE INDEX "patient_name_given_key_family_key_patient_id_idx" ON "patient_name"("given_key", "family_key", "patient_id");

-- CreateIndex
CREATE INDEX "patient_name_birth_date_family_key_given_key_patient_id_idx" ON "patient_name"("birth_date", "family_key", "given_key", "patient_id");

-- CreateIndex
CREATE UNIQUE INDEX "identifier_domain_system_key" ON "identifier_domain"("system");

-- CreateIndex
CREATE INDEX "merge_source_id_idx" ON "merge"("source_id");

-- CreateIndex
CREATE INDEX "merge_target_id_idx" ON "merge"("target_id");

-- CreateIndex
CREATE INDEX "match_pair_state_weight_low_id_high_id_idx" ON "match_pair"("state", "weight", "low_id", "high_id");

-- CreateIndex
CREATE INDEX "match_pair_high_id_idx" ON "match_pair"("high_id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_event_id_key" ON "outbox_event"("event_id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_sent_event_id_key" ON "outbox_sent"("event_id");

-- CreateIndex
CREATE INDEX "outbox_sent_stream_stream_seq_idx" ON "outbox_sent"("stream", "stream_seq");

-- CreateIndex
CREATE INDEX "idempotency_key_expires_at_idx" ON "idempotency_key"("expires_at");

-- AddForeignKey
ALTER TABLE "patient" ADD CONSTRAINT "patient_survivor_id_fkey" FOREIGN KEY ("survivor_id") REFERENCES "patient"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- The registry's own domain. What a caller may not give out it gives out itself, from a sequence with a check digit.
CREATE SEQUENCE "mrn_number" AS BIGINT MINVALUE 1 MAXVALUE 999999999;
INSERT INTO "identifier_domain" ("id", "system", "name", "type_code", "exclusive", "check_rule", "updated_by")
VALUES ('mrn', 'urn:openward:mrn', 'Medical record number', 'MR', true, 'damm', '{"sub": "system"}');

-- Ends the transaction that calls it, with a word for the service.
CREATE FUNCTION "refuse"("why" TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = "why";
END
$$;

-- What the running service may do, table by table; the role is made before the migrations run. An identity column
-- needs no right to its sequence.
GRANT USAGE ON SCHEMA "public" TO "patients";
GRANT USAGE ON SEQUENCE "mrn_number" TO "patients";
GRANT EXECUTE ON FUNCTION "refuse" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "patient" TO "patients";
GRANT SELECT, INSERT ON "patient_version" TO "patients";
GRANT SELECT, INSERT, UPDATE, DELETE ON "patient_name" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "name_word" TO "patients";
GRANT SELECT, INSERT ON "name_delete" TO "patients";
GRANT SELECT, INSERT, DELETE ON "patient_key" TO "patients";
GRANT SELECT, INSERT, DELETE ON "patient_identifier" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "identifier_domain" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "merge" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "match_pair" TO "patients";
GRANT SELECT, INSERT, DELETE ON "match_queue" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "import_job" TO "patients";
GRANT SELECT, INSERT ON "import_error" TO "patients";
GRANT SELECT, INSERT, DELETE ON "outbox_event" TO "patients";
GRANT SELECT, INSERT, DELETE ON "outbox_sent" TO "patients";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_key" TO "patients";
