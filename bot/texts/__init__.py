"""What the bot says: one typed function for each message."""
