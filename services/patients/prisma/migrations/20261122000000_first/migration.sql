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
    "frequency" INTEGER NOT NULL DEFAULT 0,

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
CREATE TABLE "match_run" (
    "id" UUID NOT NULL,
    "since" TIMESTAMPTZ(3),
    "position_at" TIMESTAMPTZ(3) NOT NULL,
    "position_id" UUID NOT NULL,
    "queued" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" JSONB NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "match_run_pkey" PRIMARY KEY ("id")
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

-- Lets one registration at a time through of a name and birth date, until the transaction ends, and ends that of somebody
-- whom there is by now beside those `known`. Volatile, so that it sees what was committed while it waited.
CREATE FUNCTION "admit"("family" TEXT, "given" TEXT, "born" DATE, "known" UUID[]) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(jsonb_build_array(family, given, born)::text, 0));
    IF EXISTS (SELECT FROM patient_name
               WHERE family_key = family AND given_key = given
                 AND (birth_date = born OR (born IS NULL AND birth_date IS NULL))
                 AND NOT (patient_id = ANY (known))) THEN
        PERFORM refuse('twin');
    END IF;
    RETURN true;
END
$$;

-- Who may be the same person as somebody: patients worth comparing, with their records, as one JSON text. A function, so
-- that its plan is made once for a connection: planning takes longer than looking. Every branch has its own limit;
-- `truncated` says that one was reached. Always by index: a plan made for an empty table is kept when it has grown.
-- Families and givens are search keys, `..._edits` the keys of `name_delete` by which words one typing error away are
-- found, `lone_...` names of which one side is empty. `day` is null for a default date, which a heap of strangers
-- shares; `days` are those it may be mistaken for. `call_...` is the official name.
CREATE FUNCTION "match_candidates"(
    families TEXT[], givens TEXT[], family_edits TEXT[], given_edits TEXT[], lone_families TEXT[], lone_givens TEXT[],
    systems TEXT[], value_keys TEXT[], kinds TEXT[], keys TEXT[], lines TEXT[],
    born DATE, day DATE, swapped DATE, days DATE[], earliest DATE, latest DATE,
    call_family TEXT, call_given TEXT, apart_from UUID
) RETURNS TEXT LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
RETURN (
WITH RECURSIVE
family_word AS MATERIALIZED (
    SELECT DISTINCT word FROM name_delete
    WHERE kind = 'family' AND key = ANY (family_edits) AND word <> ALL (families) LIMIT 100),
given_word AS MATERIALIZED (
    SELECT DISTINCT word FROM name_delete
    WHERE kind = 'given' AND key = ANY (given_edits) AND word <> ALL (givens) LIMIT 100),
identifier AS MATERIALIZED (
    SELECT i.patient_id FROM unnest(systems, value_keys) AS k (system, value_key)
    JOIN patient_identifier i USING (system, value_key) LIMIT 50),
contact AS MATERIALIZED (
    SELECT c.patient_id FROM unnest(kinds, keys) AS k (kind, key)
    JOIN patient_key c USING (kind, key) LIMIT 50),
on_day AS MATERIALIZED (
    SELECT patient_id, family_key, given_key, birth_date FROM patient_name
    WHERE birth_date = day
      AND (family_key = ANY (families) OR given_key = ANY (givens)
           OR family_key IN (SELECT word FROM family_word) OR given_key IN (SELECT word FROM given_word)
           OR (left(family_key, 1) IN (SELECT left(f, 1) FROM unnest(families) AS f)
               AND left(given_key, 1) IN (SELECT left(g, 1) FROM unnest(givens) AS g)))
    LIMIT 200),
near_day AS MATERIALIZED (  -- also on a default date
    SELECT patient_id, family_key, given_key, birth_date FROM patient_name
    WHERE birth_date = ANY (days) AND family_key = ANY (families) LIMIT 200),
swapped_day AS MATERIALIZED (
    SELECT patient_id, family_key, given_key, birth_date FROM patient_name
    -- Not a condition of the index: PostgreSQL 18 would expect to skip from family to family, and read all the givens.
    WHERE birth_date = swapped AND coalesce(given_key = ANY (givens), false) LIMIT 200),
namesake_row AS MATERIALIZED (  -- of some names there are more than a registration can wait for
    SELECT patient_id, family_key, given_key, birth_date FROM patient_name
    WHERE family_key = ANY (families) AND given_key = ANY (givens) LIMIT 2000),
named AS MATERIALIZED (
    SELECT * FROM namesake_row
    WHERE born IS NULL OR birth_date IS NULL OR birth_date BETWEEN earliest AND latest OR birth_date = ANY (days)
    LIMIT 200),
named_alone AS MATERIALIZED (
    SELECT n.patient_id, n.family_key, n.given_key, n.birth_date
    FROM unnest(lone_families, lone_givens) AS k (family_key, given_key)
    JOIN patient_name n USING (family_key, given_key)
    WHERE born IS NULL OR n.birth_date IS NULL OR n.birth_date BETWEEN earliest AND latest
    LIMIT 200),
swapped_name AS MATERIALIZED (
    SELECT patient_id, family_key, given_key, birth_date FROM patient_name
    WHERE family_key = ANY (givens) AND given_key = ANY (families) LIMIT 200),
misspelt_row AS MATERIALIZED (
    (SELECT n.patient_id, n.family_key, n.given_key, n.birth_date
     FROM family_word w JOIN patient_name n ON n.family_key = w.word AND n.given_key = ANY (givens) LIMIT 2000)
    UNION ALL
    (SELECT n.patient_id, n.family_key, n.given_key, n.birth_date
     FROM given_word w JOIN patient_name n ON n.given_key = w.word AND n.family_key = ANY (families) LIMIT 2000)),
misspelt AS MATERIALIZED (
    SELECT * FROM misspelt_row
    WHERE born IS NULL OR birth_date IS NULL OR birth_date = ANY (days)
       OR (days = '{}' AND birth_date BETWEEN earliest AND latest)
    LIMIT 200),
neighbour AS MATERIALIZED (
    SELECT n.patient_id, n.family_key, n.given_key, n.birth_date
    FROM patient_name n
    WHERE n.family_key = ANY (families) AND n.given_key = ANY (givens)
      AND n.patient_id IN (
          SELECT k.patient_id FROM patient_key k WHERE k.kind = 'line' AND k.key = ANY (lines) LIMIT 50)
    LIMIT 50),
named_row AS MATERIALIZED (
    TABLE on_day UNION TABLE near_day UNION TABLE swapped_day UNION TABLE named UNION TABLE named_alone
    UNION TABLE swapped_name UNION TABLE misspelt UNION TABLE neighbour),
best AS MATERIALIZED (
    SELECT patient_id, sum(score) AS score
    FROM (SELECT patient_id, 60 AS score FROM identifier
          UNION ALL
          SELECT patient_id, 18 FROM contact
          UNION ALL
          SELECT patient_id, max(
              CASE WHEN family_key = ANY (families) THEN 8 WHEN family_key = ANY (givens) THEN 5 ELSE 1 END
              + CASE WHEN given_key = ANY (givens) THEN 7 WHEN given_key = ANY (families) THEN 5 ELSE 1 END
              + CASE WHEN birth_date = born THEN 15 WHEN birth_date IS NULL THEN 2
                     WHEN birth_date = ANY (days) THEN 6 ELSE 0 END)
          FROM named_row GROUP BY patient_id) scored
    WHERE patient_id IS DISTINCT FROM apart_from
    GROUP BY patient_id ORDER BY score DESC, patient_id LIMIT 31),
chain AS (
    SELECT p.id AS hit, p.id, p.survivor_id FROM best b JOIN patient p ON p.id = b.patient_id
    UNION ALL
    SELECT c.hit, p.id, p.survivor_id FROM chain c JOIN patient p ON p.id = c.survivor_id),
hit AS (
    SELECT s.id, s.mrn, bool_or(s.restricted OR h.restricted) AS restricted,
           jsonb_agg(h.record)
           || CASE WHEN bool_or(h.id = s.id) THEN '[]' ELSE jsonb_build_array(s.record) END AS records
    FROM chain c JOIN patient s ON s.id = c.id JOIN patient h ON h.id = c.hit
    WHERE c.survivor_id IS NULL AND s.matchable AND (h.matchable OR h.id <> s.id)
      AND s.id IS DISTINCT FROM apart_from
    GROUP BY s.id),
namesake AS MATERIALIZED (
    SELECT patient_id FROM patient_name
    WHERE family_key = call_family AND given_key = call_given AND birth_date = born
    UNION ALL
    SELECT patient_id FROM namesake_row
    WHERE family_key = call_family AND given_key = call_given AND birth_date IS NULL AND born IS NULL
    LIMIT 201),
compared_word AS (
    SELECT 'family' AS kind, family_key AS word FROM named_row JOIN best USING (patient_id)
    UNION
    SELECT 'given', given_key FROM named_row JOIN best USING (patient_id)
    UNION
    SELECT 'family', f FROM unnest(families) AS f WHERE EXISTS (SELECT FROM best)
    UNION
    SELECT 'given', g FROM unnest(givens) AS g WHERE EXISTS (SELECT FROM best))
SELECT json_build_object(
    'hits', (SELECT json_agg(json_build_object('id', id, 'mrn', mrn, 'restricted', restricted, 'records', records))
             FROM hit),
    'truncated', (SELECT count(*) FROM best) > 30
        OR (SELECT count(*) FROM contact) = 50
        OR (SELECT count(*) FROM neighbour) = 50
        OR (SELECT count(*) FROM on_day) = 200
        OR (SELECT count(*) FROM near_day) = 200
        OR (SELECT count(*) FROM swapped_day) = 200
        OR (SELECT count(*) FROM named) = 200
        OR (SELECT count(*) FROM named_alone) = 200
        OR (SELECT count(*) FROM swapped_name) = 200
        OR (SELECT count(*) FROM misspelt) = 200
        OR (SELECT count(*) FROM namesake_row) = 2000
        OR (SELECT count(*) FROM misspelt_row) >= 2000
        OR (SELECT count(*) FROM family_word) = 100
        OR (SELECT count(*) FROM given_word) = 100,
    'namesakes', (SELECT json_agg(patient_id) FROM namesake),
    'too_many_namesakes', (SELECT count(*) FROM namesake) = 201
        OR (born IS NULL AND (SELECT count(*) FROM namesake_row) = 2000),
    'words', (SELECT json_agg(json_build_array(kind, word, frequency))
              FROM compared_word JOIN name_word USING (kind, word)),
    'patients', (SELECT reltuples FROM pg_class WHERE oid = 'patient'::regclass),
    'names', (SELECT frequency FROM name_word WHERE kind = 'all' AND word = '')
)::text);
END
$$;

-- What the running service may do, table by table; the role is made before the migrations run. An identity column
-- needs no right to its sequence.
GRANT USAGE ON SCHEMA "public" TO "patients";
GRANT USAGE ON SEQUENCE "mrn_number" TO "patients";
GRANT EXECUTE ON FUNCTION "refuse" TO "patients";
GRANT EXECUTE ON FUNCTION "admit", "match_candidates" TO "patients";
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
GRANT SELECT, INSERT, UPDATE, DELETE ON "match_queue" TO "patients"; -- UPDATE to lock rows
GRANT SELECT, INSERT, UPDATE ON "match_run" TO "patients";
GRANT SELECT, INSERT, UPDATE ON "import_job" TO "patients";
GRANT SELECT, INSERT ON "import_error" TO "patients";
GRANT SELECT, INSERT, DELETE ON "outbox_event" TO "patients";
GRANT SELECT, INSERT, DELETE ON "outbox_sent" TO "patients";
GRANT SELECT, INSERT, UPDATE, DELETE ON "idempotency_key" TO "patients";
