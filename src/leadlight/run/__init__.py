"""Where a model runs when one process or one machine is not enough."""
