"""From constraints to the nodes of a web template: as EHRbase does it, so that FLAT paths are the same."""
