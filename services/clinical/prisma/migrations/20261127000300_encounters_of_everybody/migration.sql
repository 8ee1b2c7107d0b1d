-- Who is where now: a ward, its open encounters, the last begun first; of all wards; and who takes part in what.
CREATE INDEX "encounter_location_status" ON "encounter"((("location"->>'id')), "status", "sorted_at" DESC, "encounter_id" DESC);
CREATE INDEX "encounter_status_sorted_at_encounter_id_idx" ON "encounter"("status", "sorted_at" DESC, "encounter_id" DESC);
CREATE INDEX "encounter_sorted_at_encounter_id_idx" ON "encounter"("sorted_at" DESC, "encounter_id" DESC);
CREATE INDEX "encounter_participants_idx" ON "encounter" USING GIN ("participants" jsonb_path_ops);
