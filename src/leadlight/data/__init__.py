"""What comes in: cells, frames, schema, target, rows, splits, configuration, expressions."""
