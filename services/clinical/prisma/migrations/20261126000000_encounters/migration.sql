CREATE TABLE "encounter" (
    "encounter_id" UUID NOT NULL,
    "patient_id" UUID NOT NULL,
    "ehr_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "status" TEXT NOT NULL,
    "class" TEXT NOT NULL,
    "reason" JSONB,
    "participants" JSONB NOT NULL DEFAULT '[]',
    "location" JSONB,
    "planned_at" TIMESTAMPTZ(6),
    "started_at" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),
    "sorted_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "recorded_by" TEXT NOT NULL,

    CONSTRAINT "encounter_pkey" PRIMARY KEY ("encounter_id"),
    CONSTRAINT "encounter_status_check" CHECK ("status" IN ('planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error')),
    CONSTRAINT "encounter_class_check" CHECK ("class" IN ('AMB', 'EMER', 'FLD', 'HH', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'PRENC', 'SS', 'VR')),
    CONSTRAINT "encounter_started_check" CHECK ("started_at" IS NOT NULL OR "status" NOT IN ('arrived', 'triaged', 'in-progress', 'onleave', 'finished')),
    CONSTRAINT "encounter_ended_check" CHECK ("status" <> 'finished' OR "ended_at" >= "started_at"),
    CONSTRAINT "encounter_version_check" CHECK ("version" > 0)
);
CREATE INDEX "encounter_patient_id_sorted_at_encounter_id_idx" ON "encounter"("patient_id", "sorted_at" DESC, "encounter_id");
-- In a bed: one row for each patient of the house, in a table that only grows.
CREATE UNIQUE INDEX "encounter_stay" ON "encounter"("patient_id")
    WHERE "class" IN ('IMP', 'ACUTE', 'NONAC') AND "status" IN ('arrived', 'triaged', 'in-progress', 'onleave');

CREATE TABLE "encounter_step" (
    "encounter_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "change" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "class" TEXT NOT NULL,
    "location" JSONB,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "why" TEXT,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_by" TEXT NOT NULL,

    CONSTRAINT "encounter_step_pkey" PRIMARY KEY ("encounter_id", "version"),
    CONSTRAINT "encounter_step_change_check" CHECK ("change" IN ('opened', 'updated', 'transferred', 'closed', 'cancelled'))
);
ALTER TABLE "encounter_step" ADD CONSTRAINT "encounter_step_encounter_id_fkey" FOREIGN KEY ("encounter_id") REFERENCES "encounter"("encounter_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

GRANT SELECT, INSERT, UPDATE ON "encounter" TO "clinical";
GRANT SELECT, INSERT ON "encounter_step" TO "clinical";
