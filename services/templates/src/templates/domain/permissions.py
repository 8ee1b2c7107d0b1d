"""Who may do what here: the role and the SMART scope that each action needs, both of them."""

from openward_servicekit.auth import Permission, Role

_AUTHORS = frozenset({Role.TEMPLATE_AUTHOR})
_CARE = frozenset({Role.CLINICIAN})

#: The scope names the template: `template-<id>.c`.
UPLOAD = Permission("template.create", _AUTHORS, "template", "c")
READ = Permission("template.read", _AUTHORS | _CARE, "template", "r")
#: Publishing a draft and retiring a version change the template.
CHANGE = Permission("template.update", _AUTHORS, "template", "u")
#: A check is asked for by who may upload; it tells of versions by their uids, and of nothing in them.
CHECK_MIGRATION = Permission("migration_check.create", _AUTHORS, "template", "c")
READ_MIGRATION_CHECK = Permission("migration_check.read", _AUTHORS, "template", "r")
DELETE = Permission("template.delete", _AUTHORS, "template", "d")
