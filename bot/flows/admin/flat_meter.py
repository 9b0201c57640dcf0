"""What the office notes about a flat's meter in `/flat`: that it was replaced, and the digits of its register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin
from bot.texts import registers as texts
from bot.texts.meter_life import replaced_button
from domain.metering import ReadingMode
from domain.roles import Permission
from jobs.change_flat import sheet
from jobs.register_digits import set_digits

if TYPE_CHECKING:
    from bot.visit import Visit
    from jobs.change_flat import FlatSheet

_CHANGE = Permission.CHANGE_MASTER_DATA
_USUAL_DIGITS = (4, 5, 6, 7, 8)


def ways(visit: Visit, seen: FlatSheet, card: str) -> tuple[Button, ...]:
    """Beside the question for another number, where the flat has a meter: what else may be meant."""
    if seen.flat.meter_number is None:
        return ()
    replaced = Button(replaced_button(visit.t), Action("replace.begin", {"flat": seen.flat.meter_number}))
    if visit.work.society.reading_mode is not ReadingMode.REGISTER:
        return (replaced,)
    bound = {"flat": seen.flat.code, "card": card}
    return (replaced, Button(texts.digits_button(visit.t), Action("flat.digits", bound)))


@press("flat.digits", permission=_CHANGE)
async def digits_asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """How many whole digits the register shows."""
    seen = await sheet(visit.work, data["flat"])
    if seen is None or seen.flat.meter_id is None:
        return answer(visit, Reply(admin.no_such_flat(visit.t, data["flat"]), card=data["card"]))
    bound = {**data, "meter": seen.flat.meter_id, "before": seen.digits}
    buttons = [Button(str(one), Action("flat.digits_set", {**bound, "digits": one})) for one in _USUAL_DIGITS]
    back = Button(admin.back(visit.t), Action("flat.show", dict(data)))
    rows = (tuple(buttons[:2]), tuple(buttons[2:4]), (buttons[4], back))
    return answer(visit, Reply(texts.ask_digits(visit.t, seen.flat.code, seen.digits), rows, card=data["card"]))


@press("flat.digits_set", permission=_CHANGE)
async def digits_set(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Noted, if nobody noted something else meanwhile."""
    from bot.flows.admin.flat import flat_card

    done = await set_digits(visit.work, data["meter"], data["before"], data["digits"])
    seen = await sheet(visit.work, data["flat"])
    if seen is None:
        return answer(visit, Reply(admin.no_such_flat(visit.t, data["flat"]), card=data["card"]))
    note = texts.digits_noted(visit.t, data["digits"]) if done else texts.digits_changed(visit.t)
    return answer(visit, flat_card(visit, seen, data["card"], note))
