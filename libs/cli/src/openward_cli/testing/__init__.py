"""`check` and `test`: everything that must hold before a change is taken."""
