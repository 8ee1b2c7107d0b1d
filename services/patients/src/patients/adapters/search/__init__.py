"""Searches in PostgreSQL: from the lists and criteria of the domain to one SQL statement."""
