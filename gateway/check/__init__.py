"""The check: may this call pass? Asked by gateways, answered from the database at every call."""
