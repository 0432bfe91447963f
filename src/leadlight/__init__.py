"""Lead scoring as a glass box."""

__version__ = "0.1.0"
