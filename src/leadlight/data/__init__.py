"""What comes in: frames, schema, findings, audit, splits."""
