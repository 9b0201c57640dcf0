"""`/strays`: money that could not be placed, posted to a flat or dismissed with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.to_flat import typed_flat
from bot.flows.admin.unanswered import attempt_card
from bot.router import Occasion, command, press, step
from bot.texts import admin, admin_money, admin_online
from bot.texts import admin_strays as texts
from domain.roles import Permission
from jobs.place_stray import (
    DecidedBefore,
    NotPlaceable,
    OtherSum,
    Placed,
    counted_elsewhere,
    dismiss,
    is_placeable,
    place,
)
from jobs.unanswered import card_of
from storage import accounts, payment_attempts, stray_payments

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from storage.stray_payments import Stray

_PAY = Permission.RECORD_PAYMENT
_MOST = 5


@command("strays", permission=_PAY, about=texts.about_strays)
async def listed(visit: Visit, _: str) -> Turn:
    """The oldest, each with what can be done; and what no provider answers for."""
    found = await stray_payments.open_strays(visit.work.conn)
    silent = await payment_attempts.to_be_settled(visit.work.conn)
    if not found and not silent:
        return answer(visit, Reply(texts.nothing(visit.t)))
    cards = [stray_card(visit.t, one, f"stray:{one.id}:{visit.work.ref}") for one in found]
    cards += [attempt_card(visit.work, visit.t, one, f"{card_of(one.id)}:{visit.work.ref}") for one in silent]
    rest = [Reply(texts.more(visit.t, len(cards) - _MOST))] if len(cards) > _MOST else []
    return answer(visit, *cards[:_MOST], *rest)


@press("stray.show", permission=_PAY)
async def shown(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, stray_card(visit.t, await _stray(visit, data), data["card"]))


@press("stray.flat", permission=_PAY)
async def ask_flat(visit: Visit, data: Mapping[str, Any]) -> Turn:
    stop = Button(admin.cancel(visit.t), Action("stray.show", dict(data)))
    return Turn((Reply(texts.ask_flat(visit.t), ((stop,),), card=data["card"]),), State("stray", "flat", dict(data)))


@step("stray", "flat", permission=_PAY, claims=(Occasion.READING,))
async def flat_typed(visit: Visit) -> Turn:
    """The flat: restated with what it owes before anything is posted."""
    if visit.state is None:
        raise LookupError(visit.chat.id)
    flat = await typed_flat(visit)
    if flat is None:
        return Turn((Reply(admin.no_such_flat(visit.t, visit.text)),), keep_state=True)
    one = await _stray(visit, visit.state.data)
    if one.amount is None:
        return answer(visit, Reply(texts.not_placeable(visit.t)))
    card = f"stray:{one.id}:{visit.work.ref}"
    data = {"stray": one.id, "card": card, "flat": flat.code}
    go = Button(texts.confirm_button(visit.t, one.amount), Action("stray.post", data))
    stop = Button(admin.cancel(visit.t), Action("stray.show", data))
    owed = await accounts.balance(visit.work.conn, flat.id)
    elsewhere = await counted_elsewhere(visit.work, one, flat.code)
    lines = [texts.confirm(visit.t, one.amount, flat, owed), *admin_money.counted(visit.t, elsewhere)]
    return answer(visit, Reply("\n".join(lines), ((go, stop),), card=card))


@press("stray.post", permission=_PAY)
async def posted(visit: Visit, data: Mapping[str, Any]) -> Turn:
    outcome = await place(visit.work, data["stray"], data["flat"])
    match outcome:
        case Placed():
            text = texts.placed(visit.t, outcome, visit.work.actor.name)
        case DecidedBefore():
            text = texts.decided_before(visit.t)
        case OtherSum(payment):
            text = texts.other_sum(visit.t, payment)
        case NotPlaceable():
            text = texts.not_placeable(visit.t)
        case _:
            assert_never(outcome)
    return answer(visit, Reply(text, card=data["card"]))


@press("stray.why", permission=_PAY)
async def ask_reason(visit: Visit, data: Mapping[str, Any]) -> Turn:
    rows = [
        (Button(texts.reason(visit.t, code), Action("stray.dismiss", {**data, "reason": code})),)
        for code in texts.REASONS
    ]
    back = Button(admin.back(visit.t), Action("stray.show", dict(data)))
    return answer(visit, Reply(texts.ask_reason(visit.t), (*rows, (back,)), card=data["card"]))


@press("stray.dismiss", permission=_PAY)
async def dismissed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    if await dismiss(visit.work, data["stray"], data["reason"]):
        text = texts.dismissed(visit.t, texts.reason(visit.t, data["reason"]), visit.work.actor.name)
    else:
        text = texts.decided_before(visit.t)
    return answer(visit, Reply(text, card=data["card"]))


def stray_card(t: Translator, one: Stray, card: str) -> Reply:
    """What came, why it is on no account, and what can be done."""
    if one.state != "open":
        return Reply(texts.decided_before(t), card=card)
    data = {"stray": one.id, "card": card}
    post = (Button(texts.post_button(t), Action("stray.flat", data)),) if is_placeable(one) else ()
    row = (*post, Button(texts.dismiss_button(t), Action("stray.why", data)))
    return Reply(admin_online.stray(t, one), (row,), card=card)


async def _stray(visit: Visit, data: Mapping[str, Any]) -> Stray:
    one = await stray_payments.get(visit.work.conn, data["stray"])
    if one is None:
        raise LookupError(data["stray"])
    return one
