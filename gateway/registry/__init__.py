"""The gateways that may ask, their secrets and their configuration."""
