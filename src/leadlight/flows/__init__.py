"""The verbs of a running Leadlight, one a file; each takes values and gives values."""
