"""Chat platforms: each only translates."""
