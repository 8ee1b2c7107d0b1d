-- Which stored compositions would fail under another version of their template: jobs, and what they found.
CREATE TABLE "migration_check" (
    "check_id" UUID NOT NULL,
    "template_id" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "web_template" BYTEA NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "reason" TEXT,
    "after" TEXT,
    "examined" BIGINT NOT NULL DEFAULT 0,
    "failing" BIGINT NOT NULL DEFAULT 0,
    "total" BIGINT,
    "revision" BIGINT NOT NULL DEFAULT 0,
    "requested_by" TEXT NOT NULL,
    "correlation_id" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(6) NOT NULL,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "migration_check_pkey" PRIMARY KEY ("check_id"),
    CONSTRAINT "migration_check_state_check" CHECK ("state" IN ('running', 'finished', 'failed')),
    CONSTRAINT "migration_check_reason_check" CHECK (("state" = 'failed') = ("reason" IS NOT NULL)),
    CONSTRAINT "migration_check_finished_at_check" CHECK (("state" = 'running') = ("finished_at" IS NULL)),
    CONSTRAINT "migration_check_failing_check" CHECK ("failing" BETWEEN 0 AND "examined")
);
-- What is still to do; a handful of rows in a table that only grows.
CREATE INDEX "migration_check_running" ON "migration_check"("requested_at") WHERE "state" = 'running';

-- Uids in the order of their characters, as they are paged.
CREATE TABLE "migration_finding" (
    "check_id" UUID NOT NULL,
    "version_uid" TEXT COLLATE "C" NOT NULL,
    "rule" TEXT NOT NULL,
    "path" TEXT NOT NULL,

    CONSTRAINT "migration_finding_pkey" PRIMARY KEY ("check_id", "version_uid", "rule", "path")
);
ALTER TABLE "migration_finding" ADD CONSTRAINT "migration_finding_check_id_fkey" FOREIGN KEY ("check_id") REFERENCES "migration_check"("check_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

GRANT SELECT, INSERT, UPDATE ON "migration_check" TO "clinical";
GRANT SELECT, INSERT ON "migration_finding" TO "clinical";
