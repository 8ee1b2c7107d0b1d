-- In the order in which values are told, so that the newest is the first that is found; and entries of one archetype.
DROP INDEX "recorded_value_ehr_id_node_at_idx";
CREATE INDEX "recorded_value_newest" ON "recorded_value"("ehr_id", "node", "at" DESC, "committed_at" DESC, "object_id" DESC, "position" DESC, "ordinal" DESC);
CREATE INDEX "recorded_entry_newest" ON "recorded_entry"("ehr_id", "archetype_id", "at" DESC, "committed_at" DESC, "object_id", "position");
