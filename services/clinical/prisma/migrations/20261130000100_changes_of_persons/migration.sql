-- When this service last heard of a merge, or of its undoing: since then answers tell of another person. The time is that of
-- the statement, as its transaction may have waited for others.
ALTER TABLE "patient_merge" ADD COLUMN "changed_at" TIMESTAMPTZ(6);
UPDATE "patient_merge" SET "changed_at" = greatest("recorded_at", "unmerged_at", "settled_at");
ALTER TABLE "patient_merge" ALTER COLUMN "changed_at" SET NOT NULL;
ALTER TABLE "patient_merge" ALTER COLUMN "changed_at" SET DEFAULT clock_timestamp();
CREATE INDEX "patient_merge_source_id_changed_at_idx" ON "patient_merge"("source_id", "changed_at");
CREATE INDEX "patient_merge_changed_at_idx" ON "patient_merge"("changed_at");
