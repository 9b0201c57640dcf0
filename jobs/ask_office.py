"""An engineer asks the office about a reading that is billed, and an admin answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from domain.roles import Role
from jobs import notify
from storage import outbox

if TYPE_CHECKING:
    from decimal import Decimal

    from jobs.work import Work

ASKED: Final = "ask_office"
ANSWERED: Final = "office_answered"
"""To the admins, in the place of the question."""
ANSWER: Final = "office_answer"
"""To who asked."""


@dataclass(frozen=True, slots=True)
class Asker:
    """The engineer who asked."""

    person_id: int
    name: str


@dataclass(frozen=True, slots=True)
class PassedOn:
    """The admins are told."""


@dataclass(frozen=True, slots=True)
class PassedOnBefore:
    """The same engineer asked the same today, at that moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NobodyReached:
    """No admin has a chat with us."""


async def ask_office(work: Work, reading_id: int, value: Decimal | None) -> PassedOn | PassedOnBefore | NobodyReached:
    """Tell the admins that a billed reading is to be corrected: each question of each engineer once a day.

    `value` is what the engineer read now, where that is known.
    """
    said = None if value is None else str(value.normalize())
    payload = {
        "by": work.actor.name,
        "person_id": work.actor.person_id,
        "value": None if value is None else str(value),
        "reading": reading_id,
        "at": work.now.isoformat(),
    }
    source, day = f"{reading_id}:{work.actor.person_id}:{said}", work.today.toordinal()
    before = await outbox.payload_of(work.conn, ASKED, "reading", source, day)
    if before is not None:
        return PassedOnBefore(datetime.fromisoformat(before["at"]))
    card = f"asked:{reading_id}:{work.ref}"
    told = await notify.enqueue_for_role(
        work, Role.ADMIN, ASKED, "reading", source, sequence=day, payload=payload, card=card
    )
    return PassedOn() if told else NobodyReached()


async def answer(work: Work, reading_id: int, asker: Asker, words: str, card: str) -> int:
    """Tell who asked; every admin's card of the question says that it is answered. To how many chats it goes."""
    said = {"reading": reading_id, "asker": asker.name, "by": work.actor.name, "words": words}
    moment = f"{reading_id}:{work.now.isoformat()}"
    await notify.enqueue_for_role(work, Role.ADMIN, ANSWERED, ANSWERED, moment, payload=said, card=card)
    return await notify.enqueue(work, ANSWER, ANSWER, moment, person_id=asker.person_id, payload=said, by_right=True)
