"""Specialists: their profiles and the services that they offer."""
