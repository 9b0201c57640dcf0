"""The HTTP API: readings from machines, its own description, metrics."""
