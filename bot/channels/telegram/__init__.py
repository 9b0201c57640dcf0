"""Telegram, by the Bot API."""

from bot.channels.telegram.channel import API, Address, Menu, Patience, TelegramChannel, name_of

__all__ = ["API", "Address", "Menu", "Patience", "TelegramChannel", "name_of"]
