"""Compositions in the canonical JSON of the reference model, walked beside the tree of their template."""
