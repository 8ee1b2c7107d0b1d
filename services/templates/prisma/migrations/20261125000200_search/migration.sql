-- What templates are found by. Trigrams, because people look for parts of words, in any language.
CREATE EXTENSION IF NOT EXISTS "pg_trgm";

-- CreateTable
CREATE TABLE "template_search" (
    "template_id" TEXT COLLATE "C" NOT NULL,
    "sha256" TEXT NOT NULL,
    "edition" INTEGER NOT NULL,

    CONSTRAINT "template_search_pkey" PRIMARY KEY ("template_id")
);

-- CreateTable
CREATE TABLE "template_word" (
    "template_id" TEXT COLLATE "C" NOT NULL,
    "kind" TEXT COLLATE "C" NOT NULL,
    "word" TEXT COLLATE "C" NOT NULL,

    CONSTRAINT "template_word_pkey" PRIMARY KEY ("template_id", "kind", "word"),
    CONSTRAINT "template_word_kind_check" CHECK ("kind" IN ('name', 'concept', 'archetype', 'language', 'label'))
);

-- CreateIndex
CREATE INDEX "template_word_word_idx" ON "template_word" USING GIN ("word" gin_trgm_ops);

-- AddForeignKey
ALTER TABLE "template_search" ADD CONSTRAINT "template_search_template_id_fkey" FOREIGN KEY ("template_id") REFERENCES "template"("template_id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "template_word" ADD CONSTRAINT "template_word_template_id_fkey" FOREIGN KEY ("template_id") REFERENCES "template_search"("template_id") ON DELETE CASCADE ON UPDATE RESTRICT;

GRANT SELECT, INSERT, UPDATE, DELETE ON "template_search", "template_word" TO "templates";
