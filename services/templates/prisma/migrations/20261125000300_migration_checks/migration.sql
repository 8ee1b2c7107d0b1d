-- CreateTable
CREATE TABLE "migration_check" (
    "check_id" UUID NOT NULL,
    "template_id" TEXT COLLATE "C" NOT NULL,
    "version" TEXT COLLATE "C" NOT NULL,
    "sha256" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'requested',
    "reason" TEXT,
    "examined" BIGINT NOT NULL DEFAULT 0,
    "failing" BIGINT NOT NULL DEFAULT 0,
    "total" BIGINT,
    "problems" JSONB NOT NULL DEFAULT '{}',
    "revision" BIGINT NOT NULL DEFAULT 0,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "migration_check_pkey" PRIMARY KEY ("check_id"),
    CONSTRAINT "migration_check_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "migration_check_state_check" CHECK ("state" IN ('requested', 'running', 'finished', 'failed')),
    CONSTRAINT "migration_check_reason_check" CHECK (("state" = 'failed') = ("reason" IS NOT NULL)),
    CONSTRAINT "migration_check_finished_at_check" CHECK (
        ("state" IN ('finished', 'failed')) = ("finished_at" IS NOT NULL)
    )
);

-- CreateIndex
CREATE INDEX "migration_check_template_id_sha256_idx" ON "migration_check"("template_id", "sha256");

-- One at a time: who asks again meanwhile is told of that one.
CREATE UNIQUE INDEX "migration_check_under_way_key" ON "migration_check"("template_id", "version", "sha256") WHERE "state" IN ('requested', 'running');

GRANT SELECT, INSERT, UPDATE ON "migration_check" TO "templates";
