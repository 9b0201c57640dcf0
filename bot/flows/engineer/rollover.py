"""A register lower than last time: perhaps it began anew after its last number, or the meter is another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.conversation import Turn
from bot.flows.engineer import cards
from bot.flows.engineer.place import here
from bot.flows.engineer.verdict import refused
from bot.router import press
from domain.roles import Permission
from jobs.roll_over import roll_over
from jobs.submit_reading import Saved

if TYPE_CHECKING:
    from bot.visit import Visit


@press("reading.rolled_over", permission=Permission.SUBMIT_READING)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The register went past its end."""
    outcome = await roll_over(visit.work, data["id"], data["version"])
    if isinstance(outcome, Saved):
        told = await cards.saved(visit, outcome, confirmed=True)
        return here(replace(told, card=data.get("card", told.card)))
    return here(await refused(visit, outcome, data))
