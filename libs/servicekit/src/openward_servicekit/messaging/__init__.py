"""A service and NATS: the connection, handlers of durable consumers, and the relays of its outboxes."""

from openward_servicekit.messaging.service import Messaging

__all__ = ["Messaging"]
