-- Each change of a composition's encounter. What holds is in "composition_encounter", which forgets what was before.
CREATE TABLE "composition_encounter_step" (
    "object_id" UUID NOT NULL,
    "step" INTEGER NOT NULL,
    "ehr_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "from_encounter" UUID,
    "to_encounter" UUID,
    "recorded_by" TEXT NOT NULL,
    "roles" TEXT[] NOT NULL DEFAULT '{}',
    "client_id" TEXT NOT NULL DEFAULT '',
    "purpose" TEXT,
    "on_behalf_of" TEXT,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "composition_encounter_step_pkey" PRIMARY KEY ("object_id", "step"),
    CONSTRAINT "composition_encounter_step_step_check" CHECK ("step" > 0),
    CONSTRAINT "composition_encounter_step_version_check" CHECK ("version" > 0),
    -- Of what was being taken out while this table was made nobody knows where it had been.
    CONSTRAINT "composition_encounter_step_change_check" CHECK ("from_encounter" IS DISTINCT FROM "to_encounter" OR "step" = 1)
);
ALTER TABLE "composition_encounter_step" ADD CONSTRAINT "composition_encounter_step_from_encounter_fkey" FOREIGN KEY ("from_encounter") REFERENCES "encounter"("encounter_id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "composition_encounter_step" ADD CONSTRAINT "composition_encounter_step_to_encounter_fkey" FOREIGN KEY ("to_encounter") REFERENCES "encounter"("encounter_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- Of what came before only the last is known.
INSERT INTO "composition_encounter_step" ("object_id", "step", "ehr_id", "version", "to_encounter", "recorded_by", "recorded_at")
SELECT "object_id", 1, "ehr_id", "version", "encounter_id", "recorded_by", "recorded_at" FROM "composition_encounter";

GRANT SELECT, INSERT ON "composition_encounter_step" TO "clinical";
