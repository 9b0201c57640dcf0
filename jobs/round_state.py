"""How the month's round stands, for the office: what is read, what could not be, who walks where; and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.roles import Role
from jobs import notify
from jobs.progress import progress
from storage import rounds

if TYPE_CHECKING:
    from domain.period import Month
    from jobs.progress import Progress
    from jobs.work import Work
    from storage.rounds import Round

KIND: Final = "round_finished"


@dataclass(frozen=True, slots=True)
class RoundState:
    """The month's progress, everybody's walk, and who read how many of its meters."""

    done: Progress
    walks: tuple[Round, ...]
    read_by: tuple[tuple[str, int], ...]


async def round_state(work: Work, month: Month) -> RoundState:
    """As it is now."""
    walks = tuple(await rounds.of_month(work.conn, month))
    return RoundState(await progress(work, month), walks, tuple(await rounds.read_by(work.conn, month)))


async def tell_if_walked(work: Work, month: Month) -> None:
    """Tell the admins, once a month, that every meter was read or could not be."""
    if await rounds.is_walked(work.conn, month):
        await notify.enqueue_for_role(work, Role.ADMIN, KIND, "month", str(month))
