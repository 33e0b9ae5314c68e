"""Calls that developers try from the portal."""
