"""What people call the chat platforms: the same in every language."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {"telegram": "Telegram", "whatsapp": "WhatsApp"}


def channel_name(channel: str) -> str:
    """A channel's own name, as it writes it."""
    return _NAMES.get(channel, channel.capitalize())
