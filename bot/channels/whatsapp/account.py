"""As whom we speak on WhatsApp."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

CHANNEL: Final = "whatsapp"
API: Final = "https://graph.facebook.com/v23.0"


@dataclass(frozen=True, slots=True)
class Account:
    """One number of the Cloud API. `api` is the root of its addresses, the version included.

    Both secrets of the hook set: messages come in; else it only sends.
    """

    phone_number_id: str
    token: str = field(repr=False)
    api: str = API
    app_secret: str | None = field(default=None, repr=False)
    verify_token: str | None = field(default=None, repr=False)

    @property
    def receives(self) -> bool:
        """Whether the hook exists."""
        return self.app_secret is not None and self.verify_token is not None
