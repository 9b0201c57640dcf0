"""The running service, as its own web server and whoever started it see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.channels.base import Channel, Hook, SignedHook
from bot.engine import Engine
from jobs.deliver import Delivery
from jobs.office_notices import Posting
from jobs.pay_online import PayDesk
from jobs.payment_ports import PaymentProvider
from jobs.work import Society
from storage.database import Database, DatabaseUnavailable

HARMLESS: Final = "discord"
"""The part whose end keeps nobody from their work: it is shown, and the service is ready all the same."""


@dataclass(slots=True)
class Service:
    """`address` is that of the web server, once it listens."""

    database: Database
    society: Society
    clock: Callable[[], datetime]
    channels: Mapping[str, Channel]
    engine: Engine
    delivery: Delivery
    telegram_hook: Hook | None = None
    whatsapp_hook: SignedHook | None = None
    providers: Mapping[str, PaymentProvider] = field(default_factory=dict)
    hook_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What payment providers sign their hooks with, by name; a hook whose secret is missing does not exist."""
    posting: Posting | None = None
    """Who tells the office's own channel, where there is one."""
    address: str = ""
    crashes: dict[str, str] = field(default_factory=dict)
    """Parts that ended by a mistake of ours and are being started again, with the reason."""

    @property
    def pay_desk(self) -> PayDesk:
        """Where owners pay online, and what is looked after there."""
        return PayDesk(self.database, self.society, self.clock, self.providers)

    async def readiness(self) -> dict[str, str]:
        """Each part with what is wrong with it; empty: nothing."""
        parts = {"database": await self._database()}
        for name, channel in self.channels.items():
            parts[name] = self.delivery.stopped.get(name) or channel.health.reason
        if self.posting is not None:
            parts[HARMLESS] = self.posting.stopped
        return parts | self.crashes

    async def _database(self) -> str:
        try:
            async with self.database.transaction() as conn:
                await conn.execute("select from inbox limit 0")
        except (DatabaseUnavailable, TimeoutError):
            return "cannot be reached"
        return ""
