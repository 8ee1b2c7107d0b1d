CREATE TABLE "patient_ehr" (
    "patient_id" UUID NOT NULL,
    "ehr_id" UUID NOT NULL,
    "role" TEXT NOT NULL DEFAULT 'primary',
    "state" TEXT NOT NULL DEFAULT 'creating',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ready_at" TIMESTAMPTZ(6),

    CONSTRAINT "patient_ehr_pkey" PRIMARY KEY ("patient_id", "ehr_id"),
    CONSTRAINT "patient_ehr_state_check" CHECK ("state" IN ('creating', 'ready')),
    CONSTRAINT "patient_ehr_ready_at_check" CHECK (("state" = 'ready') = ("ready_at" IS NOT NULL))
);
CREATE UNIQUE INDEX "patient_ehr_ehr_id_key" ON "patient_ehr"("ehr_id");
CREATE UNIQUE INDEX "patient_ehr_one_primary" ON "patient_ehr"("patient_id") WHERE "role" = 'primary';

CREATE TABLE "write_intent" (
    "version_uid" TEXT NOT NULL,
    "ehr_id" UUID NOT NULL,
    "object_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "roles" TEXT[] NOT NULL,
    "client_id" TEXT NOT NULL,
    "purpose" TEXT,
    "on_behalf_of" TEXT,
    "request_id" TEXT NOT NULL,
    "traceparent" TEXT,
    "request_sha256" BYTEA NOT NULL,
    "template_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'open',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resolved_at" TIMESTAMPTZ(6),

    CONSTRAINT "write_intent_pkey" PRIMARY KEY ("version_uid"),
    CONSTRAINT "write_intent_kind_check" CHECK ("kind" IN ('create', 'update', 'delete')),
    CONSTRAINT "write_intent_state_check" CHECK ("state" IN ('open', 'committed', 'failed')),
    CONSTRAINT "write_intent_resolved_at_check" CHECK (("state" = 'open') = ("resolved_at" IS NULL)),
    CONSTRAINT "write_intent_request_sha256_check" CHECK (octet_length("request_sha256") = 32)
);
CREATE INDEX "write_intent_object_id_idx" ON "write_intent"("object_id");
-- What the resolver of crashed requests looks for; a handful of rows in a table that only grows.
CREATE INDEX "write_intent_open" ON "write_intent"("created_at") WHERE "state" = 'open';

-- Rows leave the outbox within milliseconds: autovacuum must not wait until a fifth of the table is dead, because
-- every poll walks over the dead rows.
CREATE TABLE "outbox_event" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "event_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "aggregate_id" TEXT NOT NULL,
    "aggregate_version" BIGINT NOT NULL,
    "headers" JSONB NOT NULL,
    "payload" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_event_pkey" PRIMARY KEY ("id")
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE UNIQUE INDEX "outbox_event_event_id_key" ON "outbox_event"("event_id");

CREATE TABLE "outbox_sent" (
    "id" BIGINT NOT NULL,
    "event_id" UUID NOT NULL,
    "subject" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "stream_seq" BIGINT NOT NULL,
    "headers" JSONB NOT NULL,
    "payload" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "sent_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_sent_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "outbox_sent_event_id_key" ON "outbox_sent"("event_id");
CREATE INDEX "outbox_sent_stream_stream_seq_idx" ON "outbox_sent"("stream", "stream_seq");

CREATE TABLE "idempotency_key" (
    "actor" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "status" INTEGER,
    "headers" JSONB,
    "body" BYTEA,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("actor", "key")
);
CREATE INDEX "idempotency_key_expires_at_idx" ON "idempotency_key"("expires_at");

-- What the running service may do. An identity column needs no right to its sequence.
GRANT SELECT, INSERT, UPDATE ON "patient_ehr" TO "clinical";
GRANT SELECT, INSERT, UPDATE ON "write_intent" TO "clinical";
GRANT SELECT, INSERT, DELETE ON "outbox_event" TO "clinical";
GRANT SELECT, INSERT, DELETE ON "outbox_sent" TO "clinical";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_key" TO "clinical";
