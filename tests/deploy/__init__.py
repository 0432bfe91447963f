"""What stands around a running Leadlight: units, timers, proxies."""
