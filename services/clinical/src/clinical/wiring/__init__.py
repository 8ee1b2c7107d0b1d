"""Parts of the composition root: what `bootstrap.py` puts together. Nothing else sees adapters."""
