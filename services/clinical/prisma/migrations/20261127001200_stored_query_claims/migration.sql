-- Who stores which version of a stored query, on record before EHRbase is told: each has one writer at a time, and who
-- repeats a request whose outcome is unknown finds the version that was chosen for it.
CREATE TABLE "stored_query_claim" (
    "name" TEXT COLLATE "C" NOT NULL,
    "version" TEXT COLLATE "C" NOT NULL,
    "actor" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "on_behalf_of" TEXT,
    "request_id" TEXT NOT NULL,
    "request_sha256" BYTEA NOT NULL,
    "keyed" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resolved_at" TIMESTAMPTZ(6),

    CONSTRAINT "stored_query_claim_pkey" PRIMARY KEY ("name", "version"),
    CONSTRAINT "stored_query_claim_state_check" CHECK ("state" IN ('open', 'committed', 'failed'))
);
CREATE INDEX "stored_query_claim_request_sha256_idx" ON "stored_query_claim"("request_sha256");

GRANT SELECT, INSERT, UPDATE ON "stored_query_claim" TO "clinical";
