"""The account of a flat: what is owed, the last entries, and what can be put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.correction_binding import Begun, account_action
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin
from bot.texts import admin_corrections as texts
from domain.roles import Permission
from jobs.account_card import AccountCard, account_card
from jobs.ask_correction import Asked, Deed

if TYPE_CHECKING:
    from bot.visit import Visit

_ADJUST = Permission.ADJUST_ACCOUNT


@press("account.show", permission=_ADJUST)
async def show(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The account as it stands now: in its own card, or as a new message."""
    return answer(visit, await account_reply(visit, data["flat"], data.get("card"), data.get("bill")))


@press("account.undo", permission=_ADJUST)
async def choose_undo(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """What the office entered last, each as a button."""
    seen = await account_card(visit.work, data["flat"])
    flat, undoable = data["flat"], seen.undoable if seen else ()
    rows = [
        (Button(texts.entry_button(visit.t, line), _begin(visit, data, Deed.UNDO, line.entry_id)),) for line in undoable
    ]
    text = texts.choose_undo(visit.t, flat) if rows else texts.nothing_to_undo(visit.t, flat)
    return answer(visit, Reply(text, (*rows, (_back(visit, data),)), card=data["card"]))


@press("account.refund", permission=_ADJUST)
async def choose_refund(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Idle credit, or a payment in part or whole."""
    seen = await account_card(visit.work, data["flat"])
    rows = _refundable(visit, data, seen) if seen else []
    flat = data["flat"]
    text = texts.choose_refund(visit.t, flat) if rows else texts.nothing_to_refund(visit.t, flat)
    return answer(visit, Reply(text, (*rows, (_back(visit, data),)), card=data["card"]))


async def account_reply(visit: Visit, flat: str, card: str | None, bill: int | None = None, note: str = "") -> Reply:
    """The account with its buttons; `bill` is the one that notes and a void are about."""
    seen = await account_card(visit.work, flat)
    if seen is None:
        return Reply(admin.no_such_flat(visit.t, flat), card=card)
    card = card or f"account:{visit.work.ref}"
    text = "\n".join(filter(None, (note, texts.account(visit.t, seen))))
    return Reply(text, _rows(visit, {"flat": flat, "card": card, "bill": bill}, seen), card=card)


def _rows(visit: Visit, data: Mapping[str, Any], seen: AccountCard) -> tuple[tuple[Button, ...], ...]:
    bill = data["bill"] or (seen.bill.id if seen.bill else None)
    notes = (
        Button(texts.credit_button(visit.t), _begin(visit, data, Deed.CREDIT, data["bill"])),
        Button(texts.debit_button(visit.t), _begin(visit, data, Deed.DEBIT, data["bill"])),
    )
    void = Button(texts.void_button(visit.t), _begin(visit, data, Deed.VOID, bill))
    refund = Button(texts.refund_button(visit.t), Action("account.refund", dict(data)))
    undo = Button(texts.undo_button(visit.t), Action("account.undo", dict(data)))
    flat = Button(data["flat"], Action("flat.show", {"flat": data["flat"], "card": data["card"]}))
    return (notes, (void, refund) if bill else (refund,), (undo, flat))


def _refundable(visit: Visit, data: Mapping[str, Any], seen: AccountCard) -> list[tuple[Button, ...]]:
    idle = Button(texts.idle_button(visit.t, seen.idle), _begin(visit, data, Deed.REFUND, None))
    taken = [
        (Button(texts.entry_button(visit.t, line), _begin(visit, data, Deed.TAKE_BACK, line.entry_id)),)
        for line, _ in seen.payments
    ]
    return [*(((idle,),) if seen.idle else ()), *taken]


def _begin(visit: Visit, data: Mapping[str, Any], deed: Deed, subject: int | None) -> Action:
    token = f"chat:{visit.key}:{deed.value}:{subject or ''}"
    return Begun(Asked(deed, data["flat"], subject), data["card"], token, data["bill"]).action("correct.begin")


def _back(visit: Visit, data: Mapping[str, Any]) -> Button:
    return Button(admin.back(visit.t), account_action(data["flat"], data["card"], data["bill"]))
