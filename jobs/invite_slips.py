"""Invites on paper for owners whom no message reaches: each one fresh, for one flat and one name."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from domain.roles import Role
from domain.slip_code import LENGTH, LETTERS, grouped
from jobs.people import our_chat
from jobs.trail import write_down
from storage import channel_accounts, invites
from storage.invites import Invite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from jobs.work import Work
    from storage.unreachable import Unreached

DAYS: Final = 30
"""How long a slip works: paper is handed out by somebody who walks, and found again in a drawer."""
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip. `code` as it is read and typed; `telegram` and `whatsapp` are links that say it, where we are there."""

    flat_code: str
    owner: str
    code: str
    telegram: str | None
    whatsapp: str | None
    expires_at: datetime


class TooManySlipsError(Exception):
    """So many slips are not made at once."""


async def make(work: Work, wanted: Sequence[Unreached]) -> list[Slip]:
    """A fresh slip for each flat that one helps, in the order given. Raises TooManySlipsError beyond `MOST`.

    Slips printed before go on working; whoever uses one ends the others of that name and flat.
    """
    invited = [one for one in wanted if one.is_invited and one.owner]
    if len(invited) > MOST:
        raise TooManySlipsError(len(invited))
    expires_at = work.now + timedelta(days=DAYS)
    codes = [_new_code() for _ in invited]
    rows = [_invite(work, one, expires_at) for one in invited]
    await invites.add_on_paper(work.conn, list(zip(codes, rows, strict=True)))
    bot, number = await our_chat(work), await channel_accounts.name(work.conn, "whatsapp")
    after = {"flats": [one.flat_id for one in invited]}
    await write_down(work, "slips.printed", "flats", str(len(invited)), after=after)
    return [
        Slip(one.flat_code, one.owner or "", grouped(code), _telegram(bot, code), _whatsapp(number, code), expires_at)
        for one, code in zip(invited, codes, strict=True)
    ]


def _new_code() -> str:
    """58 bits."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def _invite(work: Work, one: Unreached, expires_at: datetime) -> Invite:
    return Invite(0, Role.OWNER, one.owner or "", None, one.flat_id, work.actor.person_id, expires_at, on_paper=True)


def _telegram(bot: str | None, code: str) -> str | None:
    return f"{bot}?start={code}" if bot else None


def _whatsapp(number: str | None, code: str) -> str | None:
    return f"https://wa.me/{number}?text={quote(f'join {grouped(code)}')}" if number else None
