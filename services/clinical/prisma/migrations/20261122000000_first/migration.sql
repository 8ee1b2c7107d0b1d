CREATE TABLE "patient_ehr" (
    "patient_id" UUID NOT NULL,
    "ehr_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'creating',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ready_at" TIMESTAMPTZ(6),

    CONSTRAINT "patient_ehr_pkey" PRIMARY KEY ("patient_id"),
    CONSTRAINT "patient_ehr_state_check" CHECK ("state" IN ('creating', 'ready')),
    CONSTRAINT "patient_ehr_ready_at_check" CHECK (("state" = 'ready') = ("ready_at" IS NOT NULL))
);
CREATE UNIQUE INDEX "patient_ehr_ehr_id_key" ON "patient_ehr"("ehr_id");

CREATE TABLE "patient_merge" (
    "merge_id" UUID NOT NULL,
    "source_id" UUID NOT NULL,
    "survivor_id" UUID NOT NULL,
    "source_ehr_id" UUID NOT NULL,
    "survivor_ehr_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'merging',
    "was_modifiable" BOOLEAN,
    "decided_by" TEXT NOT NULL,
    "correlation_id" TEXT NOT NULL,
    "merged_at" TIMESTAMPTZ(6) NOT NULL,
    "unmerged_at" TIMESTAMPTZ(6),
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(6),

    CONSTRAINT "patient_merge_pkey" PRIMARY KEY ("merge_id"),
    CONSTRAINT "patient_merge_two_check" CHECK ("source_id" <> "survivor_id" AND "source_ehr_id" <> "survivor_ehr_id"),
    CONSTRAINT "patient_merge_state_check" CHECK ("state" IN ('merging', 'merged', 'unmerging', 'unmerged')),
    CONSTRAINT "patient_merge_unmerged_check" CHECK (("state" IN ('unmerging', 'unmerged')) = ("unmerged_at" IS NOT NULL))
);
CREATE INDEX "patient_merge_source_ehr_id_idx" ON "patient_merge"("source_ehr_id");
CREATE INDEX "patient_merge_survivor_id_idx" ON "patient_merge"("survivor_id");
-- A patient is merged into one other at a time.
CREATE UNIQUE INDEX "patient_merge_holds" ON "patient_merge"("source_id") WHERE "unmerged_at" IS NULL;
-- What EHRbase has still to follow; a handful of rows in a table that only grows.
CREATE INDEX "patient_merge_unsettled" ON "patient_merge"("source_ehr_id") WHERE "state" IN ('merging', 'unmerging');

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
    "patient_id" UUID,
    "state" TEXT NOT NULL DEFAULT 'open',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resolved_at" TIMESTAMPTZ(6),

    CONSTRAINT "write_intent_pkey" PRIMARY KEY ("version_uid"),
    CONSTRAINT "write_intent_kind_check" CHECK ("kind" IN ('create', 'update', 'delete', 'status')),
    CONSTRAINT "write_intent_state_check" CHECK ("state" IN ('open', 'committed', 'failed')),
    CONSTRAINT "write_intent_resolved_at_check" CHECK (("state" = 'open') = ("resolved_at" IS NULL)),
    CONSTRAINT "write_intent_request_sha256_check" CHECK (octet_length("request_sha256") = 32)
);
CREATE INDEX "write_intent_object_id_idx" ON "write_intent"("object_id");
CREATE INDEX "write_intent_ehr_id_created_at_idx" ON "write_intent"("ehr_id", "created_at");
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
GRANT SELECT, INSERT, UPDATE ON "patient_merge" TO "clinical";
GRANT SELECT, INSERT, UPDATE ON "write_intent" TO "clinical";
GRANT SELECT, INSERT, DELETE ON "outbox_event" TO "clinical";
GRANT SELECT, INSERT, DELETE ON "outbox_sent" TO "clinical";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_key" TO "clinical";
