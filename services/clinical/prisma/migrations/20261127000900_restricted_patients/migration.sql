-- Whether only some may know of the patient, and the version of the patient that said so.
ALTER TABLE "patient_ehr" ADD COLUMN "restricted" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "patient_ehr" ADD COLUMN "restricted_version" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "patient_ehr" ADD CONSTRAINT "patient_ehr_restricted_check" CHECK (NOT "restricted" OR "restricted_version" > 0);
-- There are few of them, and they are looked for often.
CREATE INDEX "patient_ehr_restricted_idx" ON "patient_ehr" ("patient_id") WHERE "restricted";
