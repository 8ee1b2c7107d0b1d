"""Nothing is known of how stored compositions fare under another version."""

from openward_contracts.identifiers import TemplateId


class NoMigrationChecks:
    """The MigrationChecks port."""

    async def none_failing(self, template_id: TemplateId, sha256: str) -> bool | None:
        del template_id, sha256
        return None
