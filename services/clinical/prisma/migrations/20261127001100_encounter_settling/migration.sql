-- What EHRbase was told and did not answer it may still carry out: until `quiet_at` nothing that it shows is final.
ALTER TABLE "composition_encounter"
    ADD COLUMN "attempts" INTEGER NOT NULL DEFAULT 1,
    ADD COLUMN "due_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ADD COLUMN "quiet_at" TIMESTAMPTZ(6);
DROP INDEX "composition_encounter_pending";
CREATE INDEX "composition_encounter_pending" ON "composition_encounter"("due_at") WHERE "state" = 'pending';
