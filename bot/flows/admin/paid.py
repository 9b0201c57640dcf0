"""`/paid B17-FF 1842 cash ref`, or from the flat's card: recording a payment, once, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.typed import leading_flat
from bot.router import Occasion, command, press, step
from bot.texts import admin
from bot.texts import admin_money as texts
from bot.texts.admin_corrections import refusal
from domain.money import AmountError, parse_rupees
from domain.number_text import clean_text
from domain.payments import PaymentMethod, PaymentReferenceError
from domain.roles import Permission
from jobs.notify import delivery_time
from jobs.record_payment import (
    AlreadyRecorded,
    BooksChanged,
    NotUndone,
    OtherAmount,
    PaymentSlip,
    Ready,
    Recorded,
    UnknownFlat,
    check,
    record,
    replace,
    undo,
)

if TYPE_CHECKING:
    from bot.visit import Visit

_PAY = Permission.RECORD_PAYMENT
_METHODS = {
    **{method.value: method for method in PaymentMethod},
    **dict.fromkeys(("gpay", "phonepe", "paytm", "bhim"), PaymentMethod.UPI),
    **dict.fromkeys(("neft", "rtgs", "imps", "transfer"), PaymentMethod.BANK),
    **dict.fromkeys(("check", "chq"), PaymentMethod.CHEQUE),
    "नकद": PaymentMethod.CASH,
}
_CURRENCY = frozenset({"₹", "rs", "rs.", "inr"})
_NO_REFERENCE = frozenset({"", "ref", "reference"})


@command("paid", permission=_PAY, about=admin.about_paid, bare=True)
async def typed(visit: Visit, text: str) -> Turn:
    """Flat, amount, method and reference, in whatever form; recorded only by the button."""
    return await _read(visit, *leading_flat(text))


@press("paid.begin", permission=_PAY)
async def begun(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """From the flat's card: ask for the rest."""
    cancel = Button(admin.cancel(visit.t), Action("flat.show", dict(data)))
    reply = Reply(texts.ask_payment(visit.t, data["flat"]), ((cancel,),), card=data["card"])
    return Turn((reply,), State("paid", "payment", dict(data)))


@step("paid", "payment", permission=_PAY, claims=(Occasion.READING,))
async def said(visit: Visit) -> Turn:
    """The payment of the flat that was asked about; its code may be typed again."""
    flat = visit.state.data["flat"] if visit.state else ""
    code, words = leading_flat(visit.text)
    return await _read(visit, flat, words if code == flat else clean_text(visit.text).split())


async def _read(visit: Visit, code: str | None, words: list[str]) -> Turn:
    words = [word for word in words if word.casefold() not in _CURRENCY]
    named = next((word for word in words if word.casefold() in _METHODS), None)
    if code is None or not words or (named and words[0] == named and len(words) == 1):
        return _says(visit, texts.paid_usage(visit.t))
    if named:
        words.remove(named)
    try:
        amount = parse_rupees(words[0])
    except AmountError as error:
        return _says(visit, texts.bad_amount(visit.t, error.reason.explanation))
    said = " ".join(words[1:])
    reference = None if said.casefold() in _NO_REFERENCE else said
    if named is None:
        return answer(visit, _ask_method(visit, code, amount, reference))
    return await _checked(visit, PaymentSlip(code, amount, _METHODS[named.casefold()], reference))


@press("paid.method", permission=_PAY)
async def method_chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return await _checked(visit, _slip(data), data["card"])


@press("paid.record", permission=_PAY)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Post what the card showed, while it still is so."""
    outcome = await record(visit.work, _slip(data), data["token"], seal=data["seal"])
    if isinstance(outcome, BooksChanged):
        card = _ready(visit, outcome.ready, data["card"], data["token"], note=texts.books_changed(visit.t))
        return answer(visit, card)
    return _outcome(visit, outcome, data["card"])


@press("paid.replace", permission=_PAY)
async def replaced(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The payment of before is taken back, the right one recorded."""
    return _outcome(visit, await replace(visit.work, data["entry"], _slip(data), data["token"]), data["card"])


@press("paid.undo", permission=_PAY)
async def undone(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """A recorded reversal."""
    outcome = await undo(visit.work, data["entry"])
    if isinstance(outcome, AlreadyRecorded | NotUndone):
        return _outcome(visit, outcome, data["card"])
    text = texts.undone(visit.t, outcome, visit.work.actor.name)
    return answer(visit, Reply(text, card=data["card"]))


@press("paid.cancel", permission=_PAY)
async def cancelled(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, Reply(admin.cancelled(visit.t), card=data["card"]))


async def _checked(visit: Visit, slip: PaymentSlip, card: str | None = None) -> Turn:
    card = card or f"paid:{visit.work.ref}"
    if slip.reference is None and slip.method is not PaymentMethod.CASH:
        return answer(visit, Reply(texts.reference_needed(visit.t, slip.method), card=card))
    try:
        outcome = await check(visit.work, slip)
    except PaymentReferenceError:
        return answer(visit, Reply(texts.bad_reference(visit.t), card=card))
    if isinstance(outcome, Ready):
        return answer(visit, _ready(visit, outcome, card, f"chat:{visit.key}"))
    return _outcome(visit, outcome, card)


def _outcome(
    visit: Visit,
    outcome: Recorded | AlreadyRecorded | NotUndone | OtherAmount | BooksChanged | UnknownFlat,
    card: str,
) -> Turn:
    match outcome:
        case Recorded():
            take_back = Action("paid.undo", {"entry": outcome.payment.entry_id, "card": card})
            row = (Button(texts.undo_button(visit.t, outcome.payment.amount), take_back),)
            reply = Reply(
                texts.recorded(visit.t, outcome, visit.work.actor.name, _receipt_at(visit)), (row,), card=card
            )
        case AlreadyRecorded():
            reply = Reply(texts.already(visit.t, outcome.payment), card=card)
        case NotUndone():
            reply = Reply(refusal(visit.t, outcome.error), card=card)
        case OtherAmount():
            reply = _which(visit, outcome, card)
        case UnknownFlat():
            reply = Reply(admin.no_such_flat(visit.t, outcome.code), card=card)
        case BooksChanged():
            reply = _ready(visit, outcome.ready, card, f"chat:{visit.key}")
        case _:
            assert_never(outcome)
    return answer(visit, reply)


def _ready(visit: Visit, one: Ready, card: str, token: str, note: str = "") -> Reply:
    bound = {**_bound(one.slip), "seal": one.seal, "token": token, "card": card}
    go = Button(texts.record_button(visit.t, one.slip.amount), Action("paid.record", bound))
    stop = Button(admin.cancel(visit.t), Action("paid.cancel", {"card": card}))
    return Reply("\n".join(filter(None, (note, texts.ready(visit.t, one)))), ((go, stop),), card=card)


def _which(visit: Visit, found: OtherAmount, card: str) -> Reply:
    token = f"{visit.key}:{found.payment.entry_id}"
    bound = {**_bound(found.slip), "entry": found.payment.entry_id, "token": token, "card": card}
    new = Button(texts.replace_button(visit.t, found.slip.amount), Action("paid.replace", bound))
    old = Button(texts.keep_button(visit.t, found.payment.amount), Action("paid.cancel", {"card": card}))
    return Reply(texts.other_amount(visit.t, found), ((new, old),), card=card)


def _receipt_at(visit: Visit) -> time | None:
    """When receipts go out that have to wait for the morning."""
    at = delivery_time(visit.work)
    return at.astimezone(visit.work.society.zone).time() if at > visit.work.now else None


def _ask_method(visit: Visit, code: str, amount: Decimal, reference: str | None) -> Reply:
    card = f"paid:{visit.work.ref}"
    slips = [PaymentSlip(code, amount, method, reference) for method in PaymentMethod]
    buttons = [
        Button(texts.method_button(visit.t, slip.method), Action("paid.method", {**_bound(slip), "card": card}))
        for slip in slips
    ]
    rows = (tuple(buttons[:2]), tuple(buttons[2:4]), tuple(buttons[4:]))
    return Reply(texts.ask_method(visit.t, code, amount), rows, card=card)


def _bound(slip: PaymentSlip) -> dict[str, Any]:
    return {
        "flat": slip.flat_code,
        "amount": str(slip.amount),
        "method": slip.method.value,
        "reference": slip.reference,
    }


def _slip(data: Mapping[str, Any]) -> PaymentSlip:
    return PaymentSlip(data["flat"], Decimal(data["amount"]), PaymentMethod(data["method"]), data["reference"])


def _says(visit: Visit, text: str) -> Turn:
    """What is wrong with the line; where it was asked for, it may be sent again."""
    if visit.state is not None and visit.state.flow == "paid":
        return Turn((Reply(text),), keep_state=True)
    return answer(visit, Reply(text))
