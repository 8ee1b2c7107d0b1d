-- A template gets versions. What was there is the first version of its id; the row of the template goes on to say
-- what is shown of it, so that a list reads one table.
ALTER TABLE "template" RENAME COLUMN "version" TO "uploads";
ALTER TABLE "template"
    ADD COLUMN "version" TEXT COLLATE "C" NOT NULL DEFAULT '1.0.0',
    ADD COLUMN "cdr_state" TEXT NOT NULL DEFAULT 'none',
    DROP CONSTRAINT "template_state_check",
    DROP CONSTRAINT "template_published_at_check";
ALTER TABLE "template" ALTER COLUMN "version" DROP DEFAULT;
UPDATE "template" SET "cdr_state" = 'held' WHERE "state" = 'published';
ALTER TABLE "template"
    ADD CONSTRAINT "template_version_check" CHECK ("version" ~ '^[0-9]+[.][0-9]+[.][0-9]+$'),
    ADD CONSTRAINT "template_state_check" CHECK (
        "state" IN ('draft', 'registering', 'published', 'refused', 'retired', 'deleted')
    ),
    ADD CONSTRAINT "template_cdr_state_check" CHECK ("cdr_state" IN ('none', 'held', 'different', 'kept'));

-- CreateTable
CREATE TABLE "template_version" (
    "template_id" TEXT COLLATE "C" NOT NULL,
    "version" TEXT COLLATE "C" NOT NULL,
    "upload" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "concept" TEXT NOT NULL,
    "archetype_id" TEXT NOT NULL,
    "refusal" TEXT,
    "findings" JSONB NOT NULL DEFAULT '[]',
    "uploaded_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "template_version_pkey" PRIMARY KEY ("template_id", "version"),
    CONSTRAINT "template_version_version_check" CHECK ("version" ~ '^[0-9]+[.][0-9]+[.][0-9]+$'),
    CONSTRAINT "template_version_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
    CONSTRAINT "template_version_state_check" CHECK (
        "state" IN ('draft', 'registering', 'published', 'refused', 'retired')
    ),
    CONSTRAINT "template_version_refusal_check" CHECK (("state" = 'refused') = ("refusal" IS NOT NULL)),
    CONSTRAINT "template_version_published_at_check" CHECK (
        ("state" IN ('published', 'retired')) = ("published_at" IS NOT NULL)
    ),
    CONSTRAINT "template_version_retired_at_check" CHECK (("state" = 'retired') = ("retired_at" IS NOT NULL))
);

INSERT INTO "template_version" (
    "template_id", "version", "upload", "sha256", "size", "state", "concept", "archetype_id", "refusal",
    "uploaded_by", "created_at", "updated_at", "published_at"
) SELECT
    "template_id", "version", "uploads", "sha256", "size", "state", "concept", "archetype_id", "refusal", "uploaded_by",
    "created_at", "updated_at", "published_at"
FROM "template";

-- CreateIndex
CREATE INDEX "template_version_state_idx" ON "template_version"("state");

-- One is registered at a time: which of two EHRbase holds would be chance.
CREATE UNIQUE INDEX "template_version_registering_key" ON "template_version"("template_id") WHERE "state" = 'registering';

-- AddForeignKey
ALTER TABLE "template_version" ADD CONSTRAINT "template_version_template_id_fkey" FOREIGN KEY ("template_id") REFERENCES "template"("template_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AlterTable
ALTER TABLE "template_opt" DROP CONSTRAINT "template_opt_template_id_fkey", DROP CONSTRAINT "template_opt_pkey";
ALTER TABLE "template_opt" ADD COLUMN "version" TEXT COLLATE "C" NOT NULL DEFAULT '1.0.0';
ALTER TABLE "template_opt" ALTER COLUMN "version" DROP DEFAULT;
ALTER TABLE "template_opt" ADD CONSTRAINT "template_opt_pkey" PRIMARY KEY ("template_id", "version");

-- AddForeignKey
ALTER TABLE "template_opt" ADD CONSTRAINT "template_opt_template_id_version_fkey" FOREIGN KEY ("template_id", "version") REFERENCES "template_version"("template_id", "version") ON DELETE CASCADE ON UPDATE RESTRICT;

-- Drafts and what was refused may go; a document goes with its version.
GRANT SELECT, INSERT, UPDATE, DELETE ON "template_version" TO "templates";
