CREATE TABLE "audit_entry" (
    "idx" BIGINT NOT NULL,
    "stream" TEXT NOT NULL,
    "incarnation" INTEGER NOT NULL,
    "sequence" BIGINT NOT NULL,
    "event_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT,
    "actor_kind" TEXT,
    "actor_claims" JSONB,
    "patient_ids" UUID[] NOT NULL,
    "ehr_ids" UUID[] NOT NULL,
    "version_uid" TEXT,
    "template_id" TEXT,
    "outcome" TEXT NOT NULL,
    "correlation_id" TEXT,
    "repaired" BOOLEAN NOT NULL DEFAULT false,
    "record" BYTEA NOT NULL,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("idx"),
    CONSTRAINT "audit_entry_idx_check" CHECK ("idx" >= 0),
    CONSTRAINT "audit_entry_outcome_check" CHECK ("outcome" IN ('ok', 'denied', 'undecodable', 'conflicting'))
);
CREATE UNIQUE INDEX "audit_entry_event_id_key" ON "audit_entry"("event_id");
CREATE INDEX "audit_entry_actor_idx_idx" ON "audit_entry"("actor", "idx");
CREATE INDEX "audit_entry_kind_idx_idx" ON "audit_entry"("kind", "idx");
CREATE INDEX "audit_entry_occurred_at_idx_idx" ON "audit_entry"("occurred_at", "idx");
CREATE INDEX "audit_entry_version" ON "audit_entry"("version_uid") WHERE "version_uid" IS NOT NULL;

CREATE TABLE "audit_entry_patient" (
    "patient_id" UUID NOT NULL,
    "idx" BIGINT NOT NULL,

    CONSTRAINT "audit_entry_patient_pkey" PRIMARY KEY ("patient_id", "idx"),
    CONSTRAINT "audit_entry_patient_idx_fkey" FOREIGN KEY ("idx") REFERENCES "audit_entry"("idx")
        ON DELETE RESTRICT ON UPDATE RESTRICT
);

-- Updated several times a second: room on the page keeps its rows, and so its readers, in one place.
CREATE TABLE "stream_position" (
    "stream" TEXT NOT NULL,
    "incarnation" INTEGER NOT NULL DEFAULT 1,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,
    "last_fingerprint" UUID,
    "stopped" TEXT,
    "restarted_at" TIMESTAMPTZ(6),
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stream_position_pkey" PRIMARY KEY ("stream")
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
INSERT INTO "stream_position" ("stream") VALUES ('PATIENTS'), ('CLINICAL'), ('TEMPLATES'), ('ACCESS');

CREATE TABLE "sequence_gap" (
    "stream" TEXT NOT NULL,
    "incarnation" INTEGER NOT NULL,
    "sequence" BIGINT NOT NULL,
    "found_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "repaired_at" TIMESTAMPTZ(6),

    CONSTRAINT "sequence_gap_pkey" PRIMARY KEY ("stream", "incarnation", "sequence")
);

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

-- Whoever is connected, the tables' owner included: what was written stays as it was written. The owner's role, which
-- only migrations use, and a superuser could still take these triggers away; against that only proofs help that are
-- checked against a signed checkpoint.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_entry"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_entry_patient"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "append_only" BEFORE DELETE OR TRUNCATE ON "sequence_gap"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- A log without holes: what a statement adds follows what is there. There is one writer, so nothing can come between.
CREATE FUNCTION "refuse_hole"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lowest bigint;
    highest bigint;
    added bigint;
BEGIN
    SELECT min(idx), max(idx), count(*) INTO lowest, highest, added FROM added_entries;
    IF added > 0 AND (highest - lowest + 1 <> added
        OR lowest > 0 AND NOT EXISTS (SELECT FROM public.audit_entry WHERE idx = lowest - 1)) THEN
        RAISE EXCEPTION 'entries % to % would leave a hole in the log', lowest, highest USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "dense" AFTER INSERT ON "audit_entry" REFERENCING NEW TABLE AS added_entries
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_hole"();

-- What the running service may do.
GRANT SELECT, INSERT ON "audit_entry" TO "audit";
GRANT SELECT, INSERT ON "audit_entry_patient" TO "audit";
GRANT SELECT, UPDATE ON "stream_position" TO "audit";
GRANT SELECT, INSERT ON "sequence_gap" TO "audit";
GRANT UPDATE ("repaired_at") ON "sequence_gap" TO "audit";
GRANT SELECT, INSERT, DELETE ON "outbox_event" TO "audit";
GRANT SELECT, INSERT, DELETE ON "outbox_sent" TO "audit";
