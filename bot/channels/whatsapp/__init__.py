"""WhatsApp, by the Cloud API."""

from bot.channels.whatsapp.account import API, CHANNEL, Account

__all__ = ["API", "CHANNEL", "Account"]
