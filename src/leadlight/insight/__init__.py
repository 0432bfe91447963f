"""What it means: plans, charts, reports, drift."""
