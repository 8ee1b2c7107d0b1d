CREATE TABLE "composition_encounter" (
    "object_id" UUID NOT NULL,
    "ehr_id" UUID NOT NULL,
    "encounter_id" UUID,
    "version" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "recorded_by" TEXT NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "composition_encounter_pkey" PRIMARY KEY ("object_id"),
    CONSTRAINT "composition_encounter_state_check" CHECK ("state" IN ('pending', 'done')),
    CONSTRAINT "composition_encounter_removed_check" CHECK ("encounter_id" IS NOT NULL OR "state" = 'pending'),
    CONSTRAINT "composition_encounter_version_check" CHECK ("version" > 0)
);
CREATE INDEX "composition_encounter_encounter_id_recorded_at_object_id_idx" ON "composition_encounter"("encounter_id", "recorded_at" DESC, "object_id" DESC);
-- What EHRbase has not been told yet: a few rows of many.
CREATE INDEX "composition_encounter_pending" ON "composition_encounter"("recorded_at") WHERE "state" = 'pending';
ALTER TABLE "composition_encounter" ADD CONSTRAINT "composition_encounter_encounter_id_fkey" FOREIGN KEY ("encounter_id") REFERENCES "encounter"("encounter_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

ALTER TABLE "write_intent" ADD COLUMN "to_encounter" UUID;
-- Versions that were to belong to an encounter and whose composition does not yet: a few rows of many.
CREATE INDEX "write_intent_to_encounter" ON "write_intent"("created_at") WHERE "to_encounter" IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON "composition_encounter" TO "clinical";
