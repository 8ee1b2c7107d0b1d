-- What EHRbase's compositions say, entry by entry and value by value: made from EHRbase alone, and made again from it
-- when these tables are emptied. What is said three times (ehr_id, committed_at, replaced_at) is what every read asks for.
-- Trigrams, because people look for parts of words.
CREATE EXTENSION IF NOT EXISTS "pg_trgm";

-- No fingerprint that EHRbase's database gives is equal to one that an unfinished synchronisation leaves.
CREATE TABLE "recorded_ehr" (
    "ehr_id" UUID NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "synchronised_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "recorded_ehr_pkey" PRIMARY KEY ("ehr_id")
);

CREATE TABLE "recorded_version" (
    "object_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "ehr_id" UUID NOT NULL,
    "template_id" TEXT,
    "archetype_id" TEXT,
    "name" TEXT,
    "language" TEXT,
    "category" TEXT,
    "composer" TEXT,
    "committed_at" TIMESTAMPTZ(6) NOT NULL,
    "replaced_at" TIMESTAMPTZ(6),
    "deleted" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),
    "unreadable" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "recorded_version_pkey" PRIMARY KEY ("object_id", "version")
);
CREATE INDEX "recorded_version_ehr_id_idx" ON "recorded_version"("ehr_id");

CREATE TABLE "recorded_entry" (
    "object_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "ehr_id" UUID NOT NULL,
    "template_id" TEXT,
    "archetype_id" TEXT NOT NULL,
    "rm_type" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "sections" TEXT[] NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "committed_at" TIMESTAMPTZ(6) NOT NULL,
    "replaced_at" TIMESTAMPTZ(6),
    "words" TEXT NOT NULL,
    "codes" TEXT[] NOT NULL,
    "values" JSONB NOT NULL,

    CONSTRAINT "recorded_entry_pkey" PRIMARY KEY ("object_id", "version", "position")
);
CREATE INDEX "recorded_entry_ehr_id_at_object_id_position_idx" ON "recorded_entry"("ehr_id", "at" DESC, "object_id", "position");
CREATE INDEX "recorded_entry_words_idx" ON "recorded_entry" USING GIN ("words" gin_trgm_ops);

CREATE TABLE "recorded_value" (
    "object_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "ehr_id" UUID NOT NULL,
    "template_id" TEXT,
    "node" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "committed_at" TIMESTAMPTZ(6) NOT NULL,
    "replaced_at" TIMESTAMPTZ(6),
    "magnitude" DOUBLE PRECISION,
    "units" TEXT,
    "text" TEXT,

    CONSTRAINT "recorded_value_pkey" PRIMARY KEY ("object_id", "version", "position", "ordinal")
);
-- Series and latest values are of what holds now; what held before is found by its version.
CREATE INDEX "recorded_value_now" ON "recorded_value"("ehr_id", "node", "at" DESC) WHERE "replaced_at" IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON "recorded_ehr", "recorded_version", "recorded_entry", "recorded_value" TO "clinical";
