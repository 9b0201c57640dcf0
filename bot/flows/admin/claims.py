"""Payments that owners say they have made: found at the bank or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin_claims as texts
from bot.texts import admin_money
from bot.texts.admin_corrections import refusal
from domain.roles import Permission
from jobs import claim_payment
from jobs.claim_payment import Changed, Confirmed, Decision, NotReplaced, OtherSum, Settled, card_of, sight
from storage import payment_claims, payments
from storage.payment_claims import ClaimState

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work
    from storage.payment_claims import Claim

_PAY = Permission.RECORD_PAYMENT


@announces("payment_claimed", permission=_PAY)
async def payment_claimed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To every admin: the claim, and later in place what became of it."""
    one = await payment_claims.get(work.conn, int(notice.source_id))
    if one is None:
        return None
    return await claim_card(work, t, one, notice.card or card_of(one.id))


@press("claim.show", permission=_PAY)
async def show(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The claim below, as it stands now."""
    one = await payment_claims.get(visit.work.conn, data["claim"])
    if one is None:
        raise LookupError(data["claim"])
    return answer(visit, await claim_card(visit.work, visit.t, one, f"{card_of(one.id)}:{visit.work.ref}"))


@press("claim.confirm", permission=_PAY)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return await _decide(visit, data, claim_payment.confirm)


@press("claim.correct", permission=_PAY)
async def corrected(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The claim's amount is right, the recorded one is not."""
    return await _decide(visit, data, claim_payment.correct)


@press("claim.keep", permission=_PAY)
async def kept(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The recorded amount is right."""
    return await _decide(visit, data, claim_payment.keep)


@press("claim.refuse", permission=_PAY)
async def refused(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return await _decide(visit, data, claim_payment.refuse)


async def claim_card(work: Work, t: Translator, one: Claim, card: str, note: str = "") -> Reply:
    """A waiting claim with its buttons; one that was answered says by whom."""
    if one.state is not ClaimState.WAITING:
        payment = await payments.payment(work.conn, one.entry_id) if one.entry_id else None
        return Reply(texts.decided(t, one, payment, note), card=card)
    seen = await sight(work, one)
    data = {"claim": one.id, "card": card, "seal": seen.seal}
    go = Button(texts.confirm_button(t, one.amount), Action("claim.confirm", data))
    stop = Button(texts.refuse_button(t), Action("claim.refuse", data))
    return Reply("\n".join(filter(None, (note, texts.card(t, seen)))), ((go, stop),), card=card)


async def _decide(visit: Visit, data: Mapping[str, Any], do: Callable[[Work, int, str], Awaitable[Decision]]) -> Turn:
    """What the card showed binds: where anything of it changed, it is shown anew and nothing is done."""
    outcome = await do(visit.work, data["claim"], data["seal"])
    return answer(visit, await _reply(visit, outcome, data["card"]))


async def _reply(visit: Visit, outcome: Decision, card: str) -> Reply:
    match outcome:
        case OtherSum(one, payment):
            data = {"claim": one.id, "card": card, "seal": (await sight(visit.work, one)).seal}
            new = Button(admin_money.replace_button(visit.t, one.amount), Action("claim.correct", data))
            old = Button(admin_money.keep_button(visit.t, payment.amount), Action("claim.keep", data))
            return Reply(texts.other_sum(visit.t, one, payment), ((new, old),), card=card)
        case NotReplaced(one, error):
            return await claim_card(visit.work, visit.t, one, card, refusal(visit.t, error))
        case Confirmed(one, left):
            note = f"{admin_money.left(visit.t, left).capitalize()}."
            return await claim_card(visit.work, visit.t, one, card, note)
        case Changed(one):
            return await claim_card(visit.work, visit.t, one, card, admin_money.books_changed(visit.t))
        case Settled(one):
            return await claim_card(visit.work, visit.t, one, card)
