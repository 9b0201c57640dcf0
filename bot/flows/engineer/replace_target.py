"""Which meter is to be replaced: found by what was typed, or why it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.conversation import Action, Button, Reply
from bot.flows.engineer.binding import fresh
from bot.texts import engineer as texts
from bot.texts import meter_life
from domain.number_text import clean_text
from domain.target_text import take_target
from jobs.find_meter import Inactive, NoFlat, NoMeter, NoOwner, NoSuchTarget, SeveralMeters, find_meter
from jobs.replace_meter import Hindered, Hitch
from storage.meters import Meter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.visit import Visit
    from jobs.find_meter import NotFound

_LONGEST = 60


async def found_meter(visit: Visit, typed: str) -> Meter | Reply:
    """The meter in use that was named; else the answer that leads on."""
    plain = clean_text(typed[:_LONGEST]).upper()
    named = take_target(plain)
    found = await find_meter(visit.work.conn, named.target if named else plain)
    if isinstance(found, NoOwner):
        return found.meter
    return found if isinstance(found, Meter) else _answer(visit, found)


def _answer(visit: Visit, found: NotFound) -> Reply:
    t = visit.t
    match found:
        case NoSuchTarget(target=target, near=near):
            return Reply(texts.no_such_flat(t, target, near), _choices(near), card=fresh(visit, "replace-near"))
        case SeveralMeters(target=target, meters=several):
            numbers = [one.number for one in several]
            return Reply(texts.several_meters(t, target), _choices(numbers), card=fresh(visit, "replace-near"))
        case NoMeter(flat_code=code):
            return Reply(texts.no_meter(t, code))
        case NoFlat(meter=meter):
            return Reply(texts.no_flat(t, meter))
        case NoOwner(meter=meter):
            return Reply(texts.no_owner(t, meter))
        case Inactive(meter=meter):
            return Reply(meter_life.hindered(t, Hindered(Hitch.OUT_OF_USE, meter, meter.number)))
        case _:
            assert_never(found)


def _choices(names: Sequence[str]) -> tuple[tuple[Button, ...], ...]:
    buttons = [Button(name, Action("replace.begin", {"flat": name})) for name in names[:6]]
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
