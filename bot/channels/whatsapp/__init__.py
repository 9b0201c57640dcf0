"""WhatsApp, by the Cloud API."""

from bot.channels.whatsapp.account import API, CHANNEL, Account
from bot.channels.whatsapp.channel import WhatsAppChannel

__all__ = ["API", "CHANNEL", "Account", "WhatsAppChannel"]
