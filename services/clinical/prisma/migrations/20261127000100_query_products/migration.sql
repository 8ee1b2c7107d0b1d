-- Queries as products: what each version promises. `pending` until EHRbase holds the same text as a stored query.
CREATE TABLE "query_product" (
    "name" TEXT COLLATE "C" NOT NULL,
    "major" INTEGER NOT NULL,
    "minor" INTEGER NOT NULL,
    "patch" INTEGER NOT NULL,
    "definition" JSONB NOT NULL,
    "templates" TEXT[] NOT NULL DEFAULT '{}',
    "findings" JSONB NOT NULL DEFAULT '[]',
    "words" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "stored_by" TEXT NOT NULL,
    "stored_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_by" TEXT,
    "retired_at" TIMESTAMPTZ(6),
    "why" TEXT,

    CONSTRAINT "query_product_pkey" PRIMARY KEY ("name", "major", "minor", "patch"),
    CONSTRAINT "query_product_state_check" CHECK ("state" IN ('pending', 'published', 'retired')),
    CONSTRAINT "query_product_retired_at_check" CHECK (("state" = 'retired') = ("retired_at" IS NOT NULL)),
    CONSTRAINT "query_product_version_check" CHECK ("major" >= 0 AND "minor" >= 0 AND "patch" >= 0)
);
-- What a crash has left between two stores; nearly always none, in a table that only grows.
CREATE INDEX "query_product_pending" ON "query_product"("name") WHERE "state" = 'pending';

-- What was published stays as it was: not even the owner changes it.
CREATE FUNCTION "refuse_change_of_product"() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
begin
    if old.state <> 'pending' then
        raise exception 'a published version of a query product is not changed' using errcode = 'restrict_violation';
    end if;
    return coalesce(new, old);
end $$;
CREATE TRIGGER "immutable" BEFORE UPDATE OF "name", "major", "minor", "patch", "definition", "templates", "stored_by", "stored_at"
    ON "query_product" FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_product"();
CREATE TRIGGER "kept" BEFORE DELETE ON "query_product" FOR EACH ROW EXECUTE FUNCTION "refuse_change_of_product"();

-- Of a template the last that was told of it: which upload, and whether it is offered.
CREATE TABLE "template_standing" (
    "template_id" TEXT COLLATE "C" NOT NULL,
    "version" BIGINT NOT NULL,
    "retired" BOOLEAN NOT NULL,

    CONSTRAINT "template_standing_pkey" PRIMARY KEY ("template_id"),
    CONSTRAINT "template_standing_version_check" CHECK ("version" > 0)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON "query_product" TO "clinical";
GRANT SELECT, INSERT, UPDATE ON "template_standing" TO "clinical";
