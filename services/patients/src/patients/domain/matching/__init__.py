"""Are two records one person? A Fellegi-Sunter model: every field speaks in bits, and the bits add up.

    traits       what a record is compared by, made once
    blocking     which records are worth comparing at all
    model        two traits -> a Comparison: bits, words and levels field by field
    decision     one record and its candidates -> link, review or new
    simulation   what other thresholds would change
    quality      precision and recall from what people decided
    fitting      the weights, learnt without labels

I. P. Fellegi, A. B. Sunter, "A Theory for Record Linkage", JASA 64 (1969).
"""
