"""Leadlight inside what others run."""
