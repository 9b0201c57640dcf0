"""Pages and hooks."""
