"""The questions of the dialogue about a replaced meter, each with its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bot.conversation import Action, Button, Reply
from bot.flows.engineer.cards import Buttons, mode_of
from bot.texts import engineer_buttons as labels
from bot.texts import meter_life as texts
from bot.visit import Visit
from domain.metering import ReadingMode
from jobs.replace_meter import last_reading
from storage import meters
from storage.meter_replacements import Missing, NewReplacement

Data = Mapping[str, Any]

_ANSWERS = ("closing", "closing_photo", "number", "opening", "opening_photo")


async def ask(visit: Visit, data: Data) -> tuple[str, Reply]:
    """The name of the question that is open, and the question."""
    name = next((one for one in _ANSWERS if one not in data), "summary")
    text, buttons = await _ASKING[name](visit, data)
    return name, Reply(text, buttons, card=card_of(data))


def card_of(data: Data) -> str:
    """Name of the message on which this question stands."""
    return f"{data['key']}:{data['turn']}"


def wanted_of(data: Data) -> NewReplacement:
    """What the answers ask for."""
    return NewReplacement(
        old_meter_id=data["meter"],
        number=data["number"],
        on=date.fromisoformat(data["on"]),
        closing=_decimal(data["closing"]),
        rolled_over=_decimal(data.get("turned")),
        missing=Missing(data["missing"]) if data["missing"] else None,
        closing_photo=data["closing_photo"],
        opening=Decimal(data["opening"]),
        opening_photo=data["opening_photo"],
    )


def stood_by(data: Data) -> bool:
    """The old meter's last number is lower than the one before, and right: its sender has looked again."""
    return data.get("right") is not None and data["right"] == data.get("closing")


async def _closing(visit: Visit, data: Data) -> tuple[str, Buttons]:
    meter = await meters.get_meter(visit.work.conn, data["meter"])
    text = texts.ask_closing(visit.t, mode_of(visit), meter, await last_reading(visit.work, meter.id))
    if data.get("closing_photo") is not None:
        text = texts.photo_kept(visit.t)
    dead = Button(texts.dead_button(visit.t), Action("replace.dead", {"data": dict(data)}))
    return text, ((dead, _stop(visit, data)),)


async def _closing_photo(visit: Visit, data: Data) -> tuple[str, Buttons]:
    gone = _go(texts.gone_button(visit.t), {**data, "closing_photo": None, "missing": "gone"})
    camera = _go(texts.no_camera_button(visit.t), {**data, "closing_photo": None, "missing": "no_camera"})
    back = _go(labels.back(visit.t), _without(data, "closing", "missing", "turned"))
    return texts.ask_closing_photo(visit.t), ((gone, camera), (back, _stop(visit, data)))


async def _number(visit: Visit, data: Data) -> tuple[str, Buttons]:
    back = _go(labels.back(visit.t), _without(data, "closing", "missing", "turned", "closing_photo"))
    return texts.ask_number(visit.t), ((back, _stop(visit, data)),)


async def _opening(visit: Visit, data: Data) -> tuple[str, Buttons]:
    zero = _go("0", {**data, "opening": "0"})
    back = _go(labels.back(visit.t), _without(data, "number"))
    text = texts.photo_kept(visit.t) if "opening_photo" in data else texts.ask_opening(visit.t)
    return text, ((zero,), (back, _stop(visit, data)))


async def _opening_photo(visit: Visit, data: Data) -> tuple[str, Buttons]:
    camera = _go(texts.no_camera_button(visit.t), {**data, "opening_photo": None})
    back = _go(labels.back(visit.t), _without(data, "opening"))
    return texts.ask_opening_photo(visit.t), ((camera,), (back, _stop(visit, data)))


async def _summary(visit: Visit, data: Data) -> tuple[str, Buttons]:
    wanted = wanted_of(data)
    meter = await meters.get_meter(visit.work.conn, wanted.old_meter_id)
    closing = texts.closing_of(
        visit.t,
        wanted.closing,
        wanted.missing,
        wanted.rolled_over,
        photo=wanted.closing_photo is not None,
        units=mode_of(visit) is ReadingMode.UNITS,
    )
    opening = texts.opening_of(visit.t, wanted.opening, photo=wanted.opening_photo is not None)
    send = Button(labels.send(visit.t), Action("replace.send", {"data": dict(data)}))
    anew = _go(texts.anew_button(visit.t), _without(data, *_ANSWERS, "missing", "turned"))
    text = texts.summary(visit.t, meter, closing, wanted.number, opening)
    if stood_by(data):
        text = f"{text}\n{texts.office_corrects(visit.t, await last_reading(visit.work, meter.id))}"
    return text, ((send, anew), (_stop(visit, data),))


def _go(label: str, data: Data) -> Button:
    return Button(label, Action("replace.go", {"data": dict(data)}))


def _without(data: Data, *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def _stop(visit: Visit, data: Data) -> Button:
    return Button(labels.leave(visit.t), Action("replace.stop", {"card": card_of(data)}))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


_ASKING = {
    "closing": _closing,
    "closing_photo": _closing_photo,
    "number": _number,
    "opening": _opening,
    "opening_photo": _opening_photo,
    "summary": _summary,
}
