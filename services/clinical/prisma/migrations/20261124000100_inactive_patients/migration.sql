-- Whether the registry has the patient's record in use, and the version of the patient that said so.
ALTER TABLE "patient_ehr" ADD COLUMN "active" BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "patient_ehr" ADD COLUMN "active_version" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "patient_ehr" ADD CONSTRAINT "patient_ehr_active_check" CHECK ("active" OR "active_version" > 0);
