"""OpenAPI documents: reading them, finding their faults, showing what they describe."""
