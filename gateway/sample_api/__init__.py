"""The Echo API, answered by this service itself."""
