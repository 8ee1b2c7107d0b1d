-- Words are looked for in a few EHRs, whose entries their own index finds: everybody's words would be a third of the
-- table's bytes, and help nobody.
DROP INDEX "recorded_entry_words_idx";
