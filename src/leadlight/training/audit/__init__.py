"""What the audit looks for: leaks, quality, drift along time, and what each column would have claimed."""
