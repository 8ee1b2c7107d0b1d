-- What EHRbase does not keep of what a client says about its commit.
ALTER TABLE "write_intent" ADD COLUMN "description" TEXT;
ALTER TABLE "write_intent" ADD COLUMN "change_type" TEXT;
ALTER TABLE "write_intent" ADD COLUMN "lifecycle_state" TEXT;
ALTER TABLE "write_intent" ADD COLUMN "claimed_committer" TEXT;
