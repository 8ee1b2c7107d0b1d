-- EHRs and directories are written by this service too.
ALTER TABLE "write_intent" DROP CONSTRAINT "write_intent_kind_check";
ALTER TABLE "write_intent" ADD CONSTRAINT "write_intent_kind_check"
    CHECK ("kind" IN ('create', 'update', 'delete', 'status', 'directory', 'ehr'));
