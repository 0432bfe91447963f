"""The figures that the README claims, each measured beside a peer."""
