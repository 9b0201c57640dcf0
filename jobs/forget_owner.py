"""Forgetting an owner who left: what goes, what stays and why; once, and only when nothing is under way.

Adoption rewrites nothing old; this does, because somebody asked for it. The books stay as they are, without the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.money import rupees
from jobs.trail import write_down
from storage import accounts, audit, bill_links, erasure, flats, forgetting

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from jobs.work import Work
    from storage.forgetting import Bonds, Figures, Left, Traces

_ACTION: Final = "owner.forgotten"
_SUBJECT: Final = "owner"
MOST_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """What forgetting somebody would do, as it stands. `owed` is what the flats they left owe now, in rupees, by code.

    `shared` are names that somebody else has too: they go from everything about their flats, and stay elsewhere.
    """

    owner_id: int
    name: str
    traces: Traces
    figures: Figures
    owed: tuple[tuple[str, Decimal], ...]
    shared: tuple[str, ...]

    @property
    def seal(self) -> str:
        """The same as long as it is about the same rows."""
        return f"{self.traces.owner_ids} {self.traces.person_id} {self.traces.chats}"


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing was done: they are not gone, or something is under way."""

    name: str
    bonds: Bonds


@dataclass(frozen=True, slots=True)
class Forgotten:
    """It was done before: by whom and when, as far as the trail says."""

    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """It is done; `was` is what was there."""

    was: Preview


@dataclass(frozen=True, slots=True)
class Changed:
    """Something came since it was shown: nothing was done."""

    now: Preview


async def who_left(work: Work, like: str = "") -> list[Left]:
    """Owners who left and are not forgotten, the last first, by a part of their name or a flat."""
    return await forgetting.left(work.conn, like.strip(), MOST_LISTED)


async def look(work: Work, owner_id: int) -> Preview | NotYet | Forgotten:
    """What would go and stay. `LookupError` for a row that is not there."""
    traces = await forgetting.traces(work.conn, owner_id)
    if traces is None:
        raise LookupError(owner_id)
    if not traces.names:
        return await _forgotten(work, owner_id)
    return await _seen(work, owner_id, traces)


async def forget(work: Work, owner_id: int, seal: str | None = None) -> Done | Changed | NotYet | Forgotten:
    """Forget what was shown under this seal; without one, whatever there is. Two who press at once: one does it."""
    traces = await forgetting.traces(work.conn, owner_id)
    if traces is None:
        raise LookupError(owner_id)
    await forgetting.hold(work.conn, traces.owner_ids, traces.person_id)
    seen = await look(work, owner_id)
    if not isinstance(seen, Preview):
        return seen
    if seal is not None and seen.seal != seal:
        return Changed(seen)
    await _erase(work, seen)
    return Done(seen)


async def _erase(work: Work, seen: Preview) -> None:
    of = seen.traces
    if of.person_id is not None:
        await bill_links.revoke_for_person(work.conn, of.person_id, work.now)
    await erasure.erase(work.conn, of, seen.shared, work.now)
    facts = {"flats": of.flats, "owners": of.owner_ids, "chats": len(of.chats), "messages": seen.figures.messages}
    for owner_id in of.owner_ids:
        await write_down(work, _ACTION, _SUBJECT, str(owner_id), after=facts)


async def _seen(work: Work, owner_id: int, traces: Traces) -> Preview | NotYet:
    bonds = await forgetting.bonds(work.conn, traces)
    if bonds.any:
        return NotYet(traces.names[0], bonds)
    return Preview(
        owner_id,
        traces.names[0],
        traces,
        await forgetting.figures(work.conn, traces),
        await _owed(work, traces),
        tuple(sorted(await forgetting.shared_names(work.conn, traces))),
    )


async def _owed(work: Work, traces: Traces) -> tuple[tuple[str, Decimal], ...]:
    homes = [await flats.get_flat(work.conn, code) for code in traces.flats]
    balances = [(home.code, await accounts.balance(work.conn, home.id)) for home in homes if home is not None]
    return tuple((code, rupees(balance)) for code, balance in balances if balance)


async def _forgotten(work: Work, owner_id: int) -> Forgotten:
    lines = await audit.trail(work.conn, _SUBJECT, str(owner_id))
    line = next((one for one in lines if one.action == _ACTION), None)
    return Forgotten(line.actor, line.at) if line else Forgotten(None, None)
