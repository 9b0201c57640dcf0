"""What people and networks touch, and the wiring of the service."""
