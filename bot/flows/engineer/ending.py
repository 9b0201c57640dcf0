"""The word Stop while something of an engineer's is open: it ends that, as its button does."""

from __future__ import annotations

from bot.conversation import Turn
from bot.flows.engineer import replace, steps_press, walk
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.onward import walked_now
from bot.flows.engineer.place import OURS
from bot.visit import Visit
from domain.roles import Permission, allowed


async def ended(visit: Visit) -> Turn | None:
    """End the dialogue that is open, else the round; `None`: neither is, and the word means something else."""
    if not allowed(visit.roles, Permission.SUBMIT_READING):
        return None
    if visit.state is not None:
        return await _left(visit, visit.state.flow)
    return await walk.stopped(visit, {}) if await walked_now(visit) else None


async def _left(visit: Visit, flow: str) -> Turn | None:
    leave = replace.stopped if flow == "replace" else steps_press.stopped
    return await leave(visit, {"card": fresh(visit, "left")}) if flow in OURS else None
