"""A flat that was set aside gets its balance from an admin, and is billed again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.flat import flat_card
from bot.flows.private import refused
from bot.router import press, step
from bot.texts import admin
from bot.texts import admin_flat as texts
from domain.money import ZERO, AmountError, parse_rupees
from domain.number_text import clean_text
from domain.roles import Permission, allowed
from jobs.change_flat import sheet
from jobs.opening import NoSuchFlat, NotParked, Opened, StillParked, set_opening

if TYPE_CHECKING:
    from bot.visit import Visit

_ADJUST = Permission.ADJUST_ACCOUNT
_CREDIT = re.compile(r"^[-−–]\s*|^(?:cr|credit)\b\.?\s*|\s*\b(?:cr|credit)\.?$", re.IGNORECASE)


@press("opening.ask", permission=_ADJUST)
async def asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Ask what the flat owes in all."""
    seen = await sheet(visit.work, data["flat"])
    if seen is None or seen.parked is None:
        return answer(visit, Reply(texts.not_parked(visit.t), card=data["card"]))
    cancel = Button(admin.cancel(visit.t), Action("flat.show", dict(data)))
    reply = Reply(texts.ask_balance(visit.t, seen), ((cancel,),), card=data["card"])
    return Turn((reply,), State("opening", "amount", dict(data)))


@step("opening", "amount")
async def typed(visit: Visit) -> Turn:
    """The amount: restated before it counts."""
    if visit.state is None or not allowed(visit.roles, _ADJUST):
        return await refused(visit)
    try:
        amount = _amount(visit.text)
    except AmountError as error:
        return Turn((Reply(texts.bad_amount(visit.t, error.reason.explanation)),), keep_state=True)
    flat, card = visit.state.data["flat"], f"flat:{visit.work.ref}"
    bound = {"flat": flat, "card": card, "amount": str(amount)}
    go = Button(texts.confirm_balance_button(visit.t, amount), Action("opening.set", bound))
    stop = Button(admin.cancel(visit.t), Action("flat.show", {"flat": flat, "card": card}))
    return Turn((Reply(texts.confirm_balance(visit.t, flat, amount), ((go, stop),), card=card),))


@press("opening.set", permission=_ADJUST)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The account opens, and the flat is billed again."""
    outcome = await set_opening(visit.work, data["flat"], Decimal(data["amount"]))
    match outcome:
        case Opened():
            note = texts.balance_set(visit.t, outcome.balance)
        case StillParked():
            note = texts.still_parked(visit.t, outcome.reason)
        case NotParked():
            note = texts.not_parked(visit.t)
        case NoSuchFlat():
            note = admin.no_such_flat(visit.t, outcome.code)
        case _:
            assert_never(outcome)
    seen = await sheet(visit.work, data["flat"])
    reply = flat_card(visit, seen, data["card"], note) if seen else Reply(note, card=data["card"])
    return answer(visit, reply)


def _amount(text: str) -> Decimal:
    """Zero is an answer too, and credit (`-500`, `500 credit`), below zero; raises AmountError."""
    typed = clean_text(text)
    digits = _CREDIT.sub("", typed, count=1)
    if digits.lstrip("₹ ").strip("0") in {"", "."} and digits:
        return ZERO
    return parse_rupees(digits) * (-1 if digits != typed else 1)
