CREATE TABLE "audit_entry" (
    "idx" BIGINT NOT NULL,
    "stream" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "event_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT,
    "actor_kind" TEXT,
    "patient_ids" UUID[] NOT NULL,
    "ehr_id" UUID,
    "version_uid" TEXT,
    "template_id" TEXT,
    "outcome" TEXT NOT NULL,
    "correlation_id" TEXT,
    "record" BYTEA NOT NULL,

    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("idx"),
    CONSTRAINT "audit_entry_idx_check" CHECK ("idx" >= 0)
);
CREATE UNIQUE INDEX "audit_entry_event_id_key" ON "audit_entry"("event_id");
CREATE UNIQUE INDEX "audit_entry_stream_sequence_key" ON "audit_entry"("stream", "sequence");
CREATE INDEX "audit_entry_actor_idx_idx" ON "audit_entry"("actor", "idx");
CREATE INDEX "audit_entry_kind_idx_idx" ON "audit_entry"("kind", "idx");
CREATE INDEX "audit_entry_occurred_at_idx_idx" ON "audit_entry"("occurred_at", "idx");
CREATE INDEX "audit_entry_ehr" ON "audit_entry"("ehr_id", "idx") WHERE "ehr_id" IS NOT NULL;
CREATE INDEX "audit_entry_version" ON "audit_entry"("version_uid") WHERE "version_uid" IS NOT NULL;

CREATE TABLE "audit_entry_patient" (
    "patient_id" UUID NOT NULL,
    "idx" BIGINT NOT NULL,

    CONSTRAINT "audit_entry_patient_pkey" PRIMARY KEY ("patient_id", "idx"),
    CONSTRAINT "audit_entry_patient_idx_fkey" FOREIGN KEY ("idx") REFERENCES "audit_entry"("idx")
        ON DELETE RESTRICT ON UPDATE RESTRICT
);

CREATE TABLE "stream_position" (
    "stream" TEXT NOT NULL,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,
    "gaps_found" BIGINT NOT NULL DEFAULT 0,
    "gaps_repaired" BIGINT NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stream_position_pkey" PRIMARY KEY ("stream"),
    CONSTRAINT "stream_position_gaps_check" CHECK ("gaps_repaired" BETWEEN 0 AND "gaps_found")
);
INSERT INTO "stream_position" ("stream") VALUES ('PATIENTS'), ('CLINICAL'), ('TEMPLATES'), ('ACCESS');

CREATE TABLE "sequence_gap" (
    "stream" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "found_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "repaired_at" TIMESTAMPTZ(6),

    CONSTRAINT "sequence_gap_pkey" PRIMARY KEY ("stream", "sequence")
);
CREATE INDEX "sequence_gap_open" ON "sequence_gap"("stream", "sequence") WHERE "repaired_at" IS NULL;

-- Whoever is connected, the tables' owner included: what was written stays as it was written. Only a superuser could
-- take these triggers away, and that is what proofs against a signed checkpoint are for.
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
GRANT SELECT, INSERT, UPDATE ON "stream_position" TO "audit";
GRANT SELECT, INSERT ON "sequence_gap" TO "audit";
GRANT UPDATE ("repaired_at") ON "sequence_gap" TO "audit";
