"""The questions of the step-by-step dialogue, each with its buttons: three rows of two at most, longer lists paged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bot.conversation import Action, Button, Reply
from bot.flows.engineer.binding import fresh
from bot.flows.engineer.cards import Buttons, mode_of
from bot.flows.engineer.place import sent_day
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_dialogue as texts
from bot.texts.engineer_month import sent_back, unread_count
from bot.texts.meter_life import began_with
from bot.visit import Visit
from jobs.progress import Block, progress
from storage import meters, readings
from storage.meters import Meter, MeterLine

Data = Mapping[str, Any]

_WHOLE = 6
"""As many as fit without turning pages."""
_PAGE = 4
_ANSWERS = ("value", "share", "on", "photos")


async def ask(visit: Visit, data: Data) -> tuple[str, Reply]:
    """The name of the question that is open, and the question."""
    name = _open(data)
    text, buttons = await _ASKING[name](visit, data)
    return name, Reply(text, buttons, card=card_of(data))


def card_of(data: Data) -> str:
    """Name of the message on which this question stands."""
    return f"{data['key']}:{data['turn']}"


def _open(data: Data) -> str:
    if "meter" not in data:
        return "flat" if "block" in data else "block"
    if data.get("changing"):
        return "change"
    return next((name for name in _ANSWERS if name not in data), "summary")


def _go(label: str, data: Data) -> Button:
    return Button(label, Action("read.go", {"data": dict(data)}))


def _rows(buttons: Sequence[Button]) -> Buttons:
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))


def _without(data: Data, *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def _paged(data: Data, buttons: Sequence[Button], names: Sequence[str], page: int) -> Buttons:
    """All buttons if they fit, else one page of them and the way to its neighbours."""
    if len(buttons) <= _WHOLE:
        return _rows(buttons)
    last = (len(buttons) - 1) // _PAGE
    page = min(max(page, 0), last)
    turn = [
        _go(f"{arrow} {names[there * _PAGE]}", {**data, "page": there})
        for arrow, there in (("◀", page - 1), ("▶", page + 1))
        if 0 <= there <= last
    ]
    return (*_rows(buttons[page * _PAGE : (page + 1) * _PAGE]), tuple(turn))


async def _block(visit: Visit, data: Data) -> tuple[str, Buttons]:
    done = await progress(visit.work)
    blocks = done.places
    names = [block.name for block in blocks]
    buttons = [
        _go(texts.block_label(visit.t, one.name, len(one.unread)), {**data, "block": one.name, "page": 0})
        for one in blocks
    ]
    page = data.get("page", _first_unread(blocks) // _PAGE)
    return texts.choose_block(visit.t, unread_count(visit.t, done)), _paged(data, buttons, names, page)


def _first_unread(blocks: Sequence[Block]) -> int:
    return next((place for place, block in enumerate(blocks) if block.unread), 0)


async def _flat(visit: Visit, data: Data) -> tuple[str, Buttons]:
    blocks = (await progress(visit.work)).places
    lines = [line for block in blocks if block.name == data["block"] for line in block.meters]
    names = [line.flat_code for line in lines]
    buttons = [_go(name, {**data, **chosen(line)}) for name, line in zip(names, lines, strict=True)]
    page = data.get("page", 0)
    shown = lines if len(lines) <= _WHOLE else lines[page * _PAGE : (page + 1) * _PAGE]
    rows = _paged(data, buttons, names, page)
    back = _go(labels.back(visit.t), _without(data, "block", "page"))
    if len(buttons) < _WHOLE:
        rows = _rows([*buttons, back])
    return texts.choose_flat(visit.t, data["block"], shown), rows


def chosen(line: MeterLine) -> dict[str, Any]:
    """The meter as an answer; a motor has no share, so that nobody is asked for one."""
    found = {"meter": line.meter_id, "flat": line.flat_code, "number": line.number}
    return {**found, "share": None} if line.is_motor else found


async def _value(visit: Visit, data: Data) -> tuple[str, Buttons]:
    meter = await _meter(visit, data)
    previous = await readings.previous(visit.work.conn, meter.id, sent_day(visit) + timedelta(days=1))
    returned = await readings.returned_before(visit.work.conn, meter.id, sent_day(visit) + timedelta(days=1))
    course = await readings.course_before(visit.work.conn, meter.id, sent_day(visit) + timedelta(days=1))
    before = [texts.before(visit.t, previous.value, previous.date)] if previous else []
    before += [began_with(visit.t, swap.opening) for swap in course.swaps[-1:]]
    before += [sent_back(visit.t, one) for one in returned[-1:]]
    back = _go(labels.back(visit.t), _without(data, "meter", "flat", "number", "share"))
    return texts.ask_value(visit.t, mode_of(visit), meter, " ".join(before)), ((back, _stop(visit, data)),)


async def _share(visit: Visit, data: Data) -> tuple[str, Buttons]:
    text = texts.ask_share(visit.t, await _meter(visit, data))
    return text, ((_go(labels.skip(visit.t), {**data, "share": None}), _back(visit, data, "value")),)


async def _on(visit: Visit, data: Data) -> tuple[str, Buttons]:
    today = sent_day(visit)
    days = (labels.today(visit.t), today), (labels.yesterday(visit.t), today - timedelta(days=1))
    buttons = [_go(label, {**data, "on": day.isoformat()}) for label, day in days]
    before = "value" if (await _meter(visit, data)).is_motor else "share"
    return texts.ask_date(visit.t), (tuple(buttons), (_back(visit, data, before),))


async def _photos(visit: Visit, data: Data) -> tuple[str, Buttons]:
    text = texts.ask_photo(visit.t, await _meter(visit, data))
    return text, ((_go(labels.skip(visit.t), {**data, "photos": []}), _back(visit, data, "on")),)


async def _summary(visit: Visit, data: Data) -> tuple[str, Buttons]:
    send = Button(labels.send(visit.t), Action("read.send", {"data": dict(data)}))
    change = _go(labels.change(visit.t), {**data, "changing": True})
    text = f"{await summary_text(visit, data)}\n{texts.not_sent_yet(visit.t)}"
    return text, ((send, change), (_stop(visit, data),))


async def _change(visit: Visit, data: Data) -> tuple[str, Buttons]:
    t = visit.t
    again = _without(data, "changing")
    parts = {
        labels.part_reading(t): ("value",),
        labels.part_share(t): ("share",),
        labels.part_date(t): ("on",),
        labels.part_photo(t): ("photos",),
        labels.part_flat(t): ("meter", "flat", "number", "block", "page", "share"),
    }
    if (await _meter(visit, data)).is_motor:
        del parts[labels.part_share(t)]
    buttons = [_go(label, _without(again, *names)) for label, names in parts.items()]
    return texts.change_what(t), _rows([*buttons, _go(labels.back(t), again)])


async def summary_text(visit: Visit, data: Data) -> str:
    """What Send sends, or sent."""
    share = None if data["share"] is None else Decimal(data["share"])
    meter, on = await _meter(visit, data), date.fromisoformat(data["on"])
    text = texts.summary(visit.t, mode_of(visit), meter, Decimal(data["value"]), share=share, on=on)
    count = len(data["photos"])
    return f"{text}\n{texts.with_photos(visit.t, count) if count else texts.without_photo(visit.t)}"


def _back(visit: Visit, data: Data, *names: str) -> Button:
    return _go(labels.back(visit.t), _without(data, *names))


def refusal(visit: Visit, text: str, *ways_on: Button) -> Reply:
    """An answer that was not taken; the question stays open, and this is a way out of it."""
    stop = Button(labels.stop(visit.t), Action("read.stop"))
    return Reply(text, ((*ways_on, stop),), card=fresh(visit, "refused"))


def _stop(visit: Visit, data: Data) -> Button:
    return Button(labels.stop(visit.t), Action("read.stop", {"card": card_of(data)}))


async def _meter(visit: Visit, data: Data) -> Meter:
    return await meters.get_meter(visit.work.conn, data["meter"])


_ASKING = {
    "block": _block,
    "flat": _flat,
    "value": _value,
    "share": _share,
    "on": _on,
    "photos": _photos,
    "summary": _summary,
    "change": _change,
}
