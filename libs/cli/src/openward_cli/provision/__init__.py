"""Makes what the servers must hold before a service starts: secrets, streams, roles, tables, change capture.

Everything can be run again at any time, and by two at once: it then changes nothing.
"""

from openward_cli.provision.nats_conf import nats_conf
from openward_cli.provision.secret_files import ensure_secrets
from openward_cli.provision.steps import provision_ehrbase, provision_servers

__all__ = ["ensure_secrets", "nats_conf", "provision_ehrbase", "provision_servers"]
