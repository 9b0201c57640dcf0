"""What an engineer sent that is not billed yet, and what the month still lacks."""

from __future__ import annotations

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.engineer.binding import showing
from bot.flows.engineer.cards import Buttons
from bot.flows.engineer.place import turn
from bot.router import command, label
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_month as texts
from bot.visit import Visit
from domain.roles import Role
from jobs.progress import progress
from storage import readings
from storage.readings import Reading, ReadingState

_ENGINEER = frozenset({Role.ENGINEER})
_MOST_BUTTONS = 6


@command("pending", roles=_ENGINEER, about=dialogue.about_pending)
async def pending(visit: Visit, _: str) -> Turn:
    """One's own open readings, the ones sent back first, and the unread meters by block."""
    person_id = visit.work.actor.person_id
    found = await readings.unbilled_of(visit.work.conn, person_id) if person_id else []
    text = texts.pending_list(visit.t, found, await progress(visit.work))
    return turn(visit, Reply(text, _fixes(visit, found)))


@label(dialogue.key_list, roles=_ENGINEER)
async def key(visit: Visit) -> Turn:
    """The same from the keyboard."""
    return await pending(visit, "")


def _fixes(visit: Visit, found: list[Reading]) -> Buttons:
    """A button for each that needs its sender."""
    need = [one for one in found if one.state is ReadingState.RETURNED or not one.confirmed][:_MOST_BUTTONS]
    buttons = [Button(labels.fix_of(visit.t, one), Action("reading.fix", showing(one))) for one in need]
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
