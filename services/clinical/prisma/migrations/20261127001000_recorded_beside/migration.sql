-- What was measured may be told by a code beside its value, as an analyte's name is: to look for it there costs more than to
-- keep it with the value. What is kept without is read again, as its edition is another.
ALTER TABLE "recorded_value" ADD COLUMN "beside" TEXT[] NOT NULL DEFAULT '{}';
