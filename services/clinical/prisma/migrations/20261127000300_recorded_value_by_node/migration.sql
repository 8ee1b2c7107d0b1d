-- What was known at a time is asked for like what is known now: replaced values are few, and in the same index.
DROP INDEX "recorded_value_now";
CREATE INDEX "recorded_value_ehr_id_node_at_idx" ON "recorded_value"("ehr_id", "node", "at" DESC);
