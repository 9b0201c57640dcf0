"""`/flat B17-FF`: all about a flat, and changing who and what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.flat_meter import ways
from bot.flows.admin.typed import leading_flat
from bot.flows.private import refused
from bot.router import Occasion, command, press, step
from bot.texts import admin
from bot.texts import admin_flat as texts
from bot.texts.admin_corrections import account_button
from bot.texts.admin_reach import agree_button
from domain.number_text import clean_text
from domain.roles import Permission, allowed
from jobs.change_flat import (
    Change,
    Changed,
    Field,
    FlatSheet,
    MeterTaken,
    NoOwner,
    NotAsShown,
    change,
    sheet,
)
from jobs.phones import normalise_phone, split_phone
from storage import flats

if TYPE_CHECKING:
    from bot.visit import Visit

_CHANGE = Permission.CHANGE_MASTER_DATA
_LONGEST_NAME = 80
_METER = re.compile(r"[0-9A-Za-z/-]{3,20}")
_NOBODY = frozenset({"-", "none", "nobody", "–"})


@command("flat", permission=Permission.SEARCH, about=admin.about_flat)
async def named(visit: Visit, typed: str) -> Turn:
    """The flat by its code; anything else is looked for."""
    code, _ = leading_flat(typed)
    seen = await sheet(visit.work, code) if code else None
    if seen is None:
        from bot.flows.admin.find import searched

        return await searched(visit, typed)
    return answer(visit, flat_card(visit, seen, f"flat:{visit.work.ref}"))


@press("flat.show", permission=Permission.SEARCH)
async def show(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The flat as it stands now: in its own card, or as a new message."""
    return answer(visit, await _card(visit, data["flat"], data.get("card") or f"flat:{visit.work.ref}"))


@press("flat.change", permission=_CHANGE)
async def what(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """What can be changed, as buttons."""
    buttons = [
        Button(texts.change_button(visit.t, field), Action("flat.field", {**data, "field": field})) for field in Field
    ]
    back = Button(admin.back(visit.t), Action("flat.show", dict(data)))
    rows = _pairs([*buttons, back])
    return answer(visit, Reply(texts.what_to_change(visit.t, data["flat"]), rows, card=data["card"]))


@press("flat.field", permission=_CHANGE)
async def asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask for the new value; a motor is chosen by button."""
    field = Field(data["field"])
    seen = await sheet(visit.work, data["flat"])
    if seen is None:
        return answer(visit, Reply(admin.no_such_flat(visit.t, data["flat"]), card=data["card"]))
    bound = {**data, "before": seen.value(field)}
    if field is Field.MOTOR:
        return answer(visit, await _motors(visit, bound))
    cancel = Button(admin.cancel(visit.t), Action("flat.show", {"flat": data["flat"], "card": data["card"]}))
    others = ways(visit, seen, data["card"]) if field is Field.METER else ()
    reply = Reply(texts.ask(visit.t, data["flat"], field), tuple(filter(None, (others, (cancel,)))), card=data["card"])
    return Turn((reply,), State("flat", "value", bound))


@press("flat.motor", permission=_CHANGE)
async def motor_chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Confirm the motor in the same card."""
    wanted = Change(Field.MOTOR, data["before"], data["name"])
    return answer(visit, _confirm(visit, data["flat"], wanted, data["card"]))


@step("flat", "value", claims=(Occasion.READING,))
async def typed(visit: Visit) -> Turn:
    """The new value: restated before it counts."""
    if visit.state is None or not allowed(visit.roles, _CHANGE):
        return await refused(visit)
    data = visit.state.data
    wanted = _wanted(Field(data["field"]), data["before"], clean_text(visit.text))
    if wanted is None:
        return Turn((Reply(texts.bad_value(visit.t, Field(data["field"]))),), keep_state=True)
    return Turn((_confirm(visit, data["flat"], wanted, f"flat:{visit.work.ref}"),))


@press("flat.confirm", permission=_CHANGE)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Make the change that was restated."""
    wanted = Change(Field(data["field"]), data["before"], data["name"], data["phone"])
    outcome = await change(visit.work, data["flat"], wanted)
    match outcome:
        case Changed():
            note = texts.changed(visit.t, wanted.field)
        case NotAsShown():
            note = texts.changed_meanwhile(visit.t)
        case MeterTaken():
            note = texts.meter_taken(visit.t, wanted.name, outcome.holder)
        case NoOwner():
            note = texts.no_owner(visit.t)
        case _:
            assert_never(outcome)
    return answer(visit, flat_card(visit, outcome.sheet, data["card"], note))


def flat_card(visit: Visit, seen: FlatSheet, card: str, note: str = "") -> Reply:
    """All about the flat, and what can be done."""
    bound = {"flat": seen.flat.code, "card": card}
    buttons = []
    if allowed(visit.roles, Permission.RECORD_PAYMENT):
        buttons.append(Button(texts.record_payment_button(visit.t), Action("paid.begin", bound)))
    if allowed(visit.roles, _CHANGE):
        buttons.append(Button(texts.change_flat_button(visit.t), Action("flat.change", bound)))
    if allowed(visit.roles, Permission.ADJUST_ACCOUNT):
        buttons.append(Button(account_button(visit.t), Action("account.show", bound)))
    if seen.may_agree and allowed(visit.roles, _CHANGE):
        buttons.append(Button(agree_button(visit.t), Action("agreed.ask", bound)))
    if seen.parked is not None and allowed(visit.roles, Permission.ADJUST_ACCOUNT):
        buttons.append(Button(texts.set_balance_button(visit.t), Action("opening.ask", bound)))
    text = "\n".join(filter(None, (note, texts.sheet(visit.t, seen, visit.work.society.zone))))
    return Reply(text, _pairs(buttons), card=card)


async def _card(visit: Visit, code: str, card: str) -> Reply:
    seen = await sheet(visit.work, code)
    return flat_card(visit, seen, card) if seen else Reply(admin.no_such_flat(visit.t, code), card=card)


async def _motors(visit: Visit, bound: Mapping[str, Any]) -> Reply:
    names = [motor.name for motor in await flats.motors(visit.work.conn)]
    choices = [(name, name) for name in names if name != bound["before"]]
    if bound["before"]:
        choices.append((texts.no_motor(visit.t), ""))
    buttons = [Button(label, Action("flat.motor", {**bound, "name": name})) for label, name in choices]
    back = Button(admin.back(visit.t), Action("flat.show", {"flat": bound["flat"], "card": bound["card"]}))
    return Reply(texts.ask(visit.t, bound["flat"], Field.MOTOR), _pairs([*buttons, back]), card=bound["card"])


def _wanted(field: Field, before: str, text: str) -> Change | None:
    """What was typed as a change; None where it cannot be one."""
    match field:
        case Field.PHONE:
            phone = normalise_phone(text)
            return Change(field, before, phone=phone) if phone else None
        case Field.METER:
            return Change(field, before, text.upper()) if _METER.fullmatch(text) else None
        case Field.OWNER | Field.TENANT:
            return _somebody(field, before, text)
        case Field.MOTOR:
            return None


def _somebody(field: Field, before: str, text: str) -> Change | None:
    if field is Field.TENANT and text.casefold() in _NOBODY:
        return Change(field, before) if before else None
    name, phone = split_phone(text)
    named = any(character.isalpha() for character in name) and len(name) <= _LONGEST_NAME
    return Change(field, before, name, phone) if named else None


def _confirm(visit: Visit, code: str, wanted: Change, card: str) -> Reply:
    bound = {
        "flat": code,
        "card": card,
        "field": wanted.field,
        "before": wanted.before,
        "name": wanted.name,
        "phone": wanted.phone,
    }
    go = Button(texts.confirm_button(visit.t, wanted), Action("flat.confirm", bound))
    stop = Button(admin.cancel(visit.t), Action("flat.show", {"flat": code, "card": card}))
    return Reply(texts.confirm(visit.t, code, wanted), ((go,), (stop,)), card=card)


def _pairs(buttons: list[Button]) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
