"""The same requests to EHRbase and through the gateway: every difference has a name and a reason."""
