"""`docker-compose.yml`: the system of a local stack as containers, made from the same settings.

`document` is the table of contents, `command` writes the file, `configuration` is what its job `configure`
does.
"""
