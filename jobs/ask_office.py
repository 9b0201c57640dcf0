"""An engineer asks the office about a reading that is billed, and an admin answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.roles import Role
from jobs import notify

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


async def ask_office(work: Work, reading_id: int, value: Decimal | None) -> int:
    """Tell the admins that a billed reading is to be corrected, once a day; returns how many messages were queued.

    `value` is what the engineer read now, where that is known.
    """
    payload = {"by": work.actor.name, "person_id": work.actor.person_id, "value": None if value is None else str(value)}
    return await notify.enqueue_for_role(
        work, Role.ADMIN, ASKED, "reading", reading_id,
        sequence=work.now.toordinal(), payload=payload, card=f"asked:{reading_id}:{work.ref}",
    )  # fmt: skip


async def answer(work: Work, reading_id: int, asker: Asker, words: str, card: str) -> int:
    """Tell who asked; every admin's card of the question says that it is answered. To how many chats it goes."""
    said = {"reading": reading_id, "asker": asker.name, "by": work.actor.name, "words": words}
    moment = f"{reading_id}:{work.now.isoformat()}"
    await notify.enqueue_for_role(work, Role.ADMIN, ANSWERED, ANSWERED, moment, payload=said, card=card)
    return await notify.enqueue(work, ANSWER, ANSWER, moment, person_id=asker.person_id, payload=said)
