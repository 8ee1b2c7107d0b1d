-- CreateTable
-- COLLATE "C": lists have the same order on every server, and a page begins where a seek in the key leads.
CREATE TABLE "template" (
    "template_id" TEXT COLLATE "C" NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "sha256" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'registering',
    "concept" TEXT NOT NULL,
    "archetype_id" TEXT NOT NULL,
    "refusal" TEXT,
    "uploaded_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "template_pkey" PRIMARY KEY ("template_id"),
    CONSTRAINT "template_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "template_state_check" CHECK ("state" IN ('registering', 'published', 'refused')),
    CONSTRAINT "template_refusal_check" CHECK (("state" = 'refused') = ("refusal" IS NOT NULL)),
    CONSTRAINT "template_published_at_check" CHECK (("state" = 'published') = ("published_at" IS NOT NULL))
);

-- CreateTable
CREATE TABLE "template_opt" (
    "template_id" TEXT COLLATE "C" NOT NULL,
    "xml" BYTEA NOT NULL,

    CONSTRAINT "template_opt_pkey" PRIMARY KEY ("template_id")
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

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_event_id_key" ON "outbox_event"("event_id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_sent_event_id_key" ON "outbox_sent"("event_id");

-- CreateIndex
CREATE INDEX "outbox_sent_stream_stream_seq_idx" ON "outbox_sent"("stream", "stream_seq");

-- AddForeignKey
ALTER TABLE "template_opt" ADD CONSTRAINT "template_opt_template_id_fkey" FOREIGN KEY ("template_id") REFERENCES "template"("template_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- What the running service may do, table by table; the role is made before the migrations run. An identity column
-- needs no right to its sequence.
GRANT USAGE ON SCHEMA "public" TO "templates";
GRANT SELECT, INSERT, UPDATE ON "template" TO "templates";
GRANT SELECT, INSERT, UPDATE ON "template_opt" TO "templates";
GRANT SELECT, INSERT, DELETE ON "outbox_event" TO "templates";
GRANT SELECT, INSERT, DELETE ON "outbox_sent" TO "templates";
