"""All that routes ask for."""

import asyncio
from dataclasses import dataclass, field

from templates.domain.cursors import TemplateCursors
from templates.service.catalogue import Catalogue
from templates.service.derivation import Derivation
from templates.service.lifecycle import Lifecycle
from templates.service.migration_checks import MigrationCheckService
from templates.service.searching import Search
from templates.service.uploads import UploadService


@dataclass(frozen=True)
class Templates:
    """In `app.state.templates`."""

    uploads: UploadService
    lifecycle: Lifecycle
    catalogue: Catalogue
    derivation: Derivation
    migration_checks: MigrationCheckService
    search: Search
    cursors: TemplateCursors
    #: Held by who reads a document: its tree takes many times its size.
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
