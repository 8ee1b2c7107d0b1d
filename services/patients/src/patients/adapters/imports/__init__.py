"""Bulk imports in PostgreSQL: lines are read in a process of their own and written by COPY (ADR 0020).

announcing  the events of a chunk, which differ in their ids only
preparing   lines -> rows in COPY's text format
worker      the process that does it
parsing     this process's end of the pipe to it
copying     a chunk as one transaction
postgres    the ImportRepository port
"""
