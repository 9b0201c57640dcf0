"""`/lock 2026-10`: what the month holds and lacks; one admin asks, another confirms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_never

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.claims import claim_card
from bot.flows.admin.dialogue import answer
from bot.router import Occasion, command, press, step
from bot.texts import admin
from bot.texts import admin_lock as texts
from bot.texts.people import invite_button
from domain.period import Month, MonthError, local_date
from domain.roles import Permission, Role
from jobs.claim_payment import card_of
from jobs.lock_month import (
    LOCK,
    LONGEST_REASON,
    UNLOCK,
    BillsChanged,
    Decided,
    Done,
    MonthSheet,
    OwnRequest,
    ask,
    cancel,
    confirm,
    sheet,
)
from jobs.monthly_run import month_just_ended
from storage import lock_requests, payment_claims

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work

_LOCK = Permission.LOCK_MONTHS
_MOST = 5
Rows = tuple[tuple[Button, ...], ...]


@command("lock", permission=_LOCK, about=texts.about_lock)
async def shown(visit: Visit, text: str) -> Turn:
    """A dry run: nothing is changed by looking."""
    try:
        month = Month.parse(text) if text else month_just_ended(visit.work.now, visit.work.society.zone)
    except MonthError:
        return answer(visit, Reply(texts.usage(visit.t)))
    return answer(visit, await _card(visit.work, visit.t, month, f"lock:{visit.work.ref}"))


@press("lock.ask", permission=_LOCK)
async def asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The request goes to the other admins."""
    month = Month.parse(data["month"])
    seen = await sheet(visit.work, month)
    if seen.bills.hash != data["hash"]:
        return answer(visit, _drawn(visit.work, visit.t, seen, data["card"], texts.changed(visit.t)))
    await ask(visit.work, month, LOCK)
    return answer(visit, await _card(visit.work, visit.t, month, data["card"]))


@press("lock.open", permission=_LOCK)
async def reason_wanted(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Opening a month needs a reason."""
    seen = await sheet(visit.work, Month.parse(data["month"]))
    stop = Button(admin.cancel(visit.t), Action("lock.look", dict(data)))
    reply = Reply(texts.ask_reason(visit.t, seen), ((stop,),), card=data["card"])
    return Turn((reply,), State("lock", "reason", dict(data)))


@step("lock", "reason", permission=_LOCK, claims=(Occasion.READING,))
async def reason_given(visit: Visit) -> Turn:
    """The request to open it goes to the other admins."""
    reason, data = visit.text, visit.state.data if visit.state else {}
    if not reason or len(reason) > LONGEST_REASON:
        return Turn((Reply(texts.no_reason(visit.t, LONGEST_REASON)),), keep_state=True)
    month = Month.parse(data["month"])
    await ask(visit.work, month, UNLOCK, reason)
    return Turn((await _card(visit.work, visit.t, month, f"lock:{visit.work.ref}"),))


@press("lock.look", permission=_LOCK)
async def again(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, await _card(visit.work, visit.t, Month.parse(data["month"]), data["card"]))


@press("lock.confirm", permission=_LOCK)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """By another admin than the one who asked."""
    outcome = await confirm(visit.work, data["request"], data["hash"])
    match outcome:
        case Done() | Decided():
            reply = Reply(texts.decided(visit.t, outcome.request), card=data["card"])
        case OwnRequest():
            reply = Reply("", toast=texts.own_request(visit.t))
        case BillsChanged():
            reply = _drawn(visit.work, visit.t, outcome.sheet, data["card"], texts.changed(visit.t))
        case _:
            assert_never(outcome)
    return answer(visit, reply)


@press("lock.cancel", permission=_LOCK)
async def cancelled(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The request is taken back, or refused."""
    request = await cancel(visit.work, data["request"])
    return answer(visit, Reply(texts.decided(visit.t, request), card=data["card"]))


@press("lock.claims", permission=Permission.RECORD_PAYMENT)
async def claims(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The oldest of the month's payments that owners told us of, each to be answered."""
    zone, month = visit.work.society.zone, Month.parse(data["month"])
    found = [
        one
        for one in await payment_claims.waiting(visit.work.conn)
        if Month.of(local_date(one.claimed_at, zone)) == month
    ]
    if not found:
        return answer(visit, Reply("", toast=texts.no_claims(visit.t)))
    cards = [f"{card_of(one.id)}:{visit.work.ref}" for one in found[:_MOST]]
    shown = zip(found, cards, strict=False)
    return answer(visit, *[await claim_card(visit.work, visit.t, one, card) for one, card in shown])


@announces("lock_asked", permission=_LOCK)
async def lock_asked(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To the other admins, while it waits."""
    request = await lock_requests.get(work.conn, int(notice.source_id))
    if request.state != "waiting":
        return None
    seen, card = await sheet(work, request.month), f"lock:N{notice.id}"
    return Reply(_text(work, t, seen, may_confirm=True), _decision(t, seen, card, may_confirm=True), card=card)


@announces("lock_decided", permission=_LOCK)
async def lock_decided(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To the one who asked."""
    return Reply(texts.decided(t, await lock_requests.get(work.conn, int(notice.source_id))))


async def _card(work: Work, t: Translator, month: Month, card: str) -> Reply:
    return _drawn(work, t, await sheet(work, month), card)


def _drawn(work: Work, t: Translator, seen: MonthSheet, card: str, note: str = "") -> Reply:
    text = _text(work, t, seen, note, may_confirm=_may_confirm(work, seen))
    return Reply(text, _buttons(work, t, seen, card), card=card)


def _may_confirm(work: Work, seen: MonthSheet) -> bool:
    """Who asked does not confirm, but where there is a single admin."""
    asker = seen.request.requested_by if seen.request else None
    return work.society.single_admin or asker != work.actor.person_id


def _text(work: Work, t: Translator, seen: MonthSheet, note: str = "", *, may_confirm: bool) -> str:
    locked_at = seen.lock.locked_at.astimezone(work.society.zone) if seen.lock else None
    text = texts.sheet(t, seen, locked_at, note, may_confirm=may_confirm)
    return f"{text}\n{texts.no_second_admin(t, seen)}" if _is_stuck(work, seen) else text


def _is_stuck(work: Work, seen: MonthSheet) -> bool:
    """Nobody is there to confirm what this admin could ask for."""
    possible = seen.may_unlock if seen.lock else seen.ended
    return possible and len(seen.admins) == 1 and not work.society.single_admin


def _buttons(work: Work, t: Translator, seen: MonthSheet, card: str) -> Rows:
    data = {"month": str(seen.month), "hash": seen.bills.hash, "card": card}
    if seen.request is not None:
        return _decision(t, seen, card, may_confirm=_may_confirm(work, seen))
    if seen.lock is not None:
        change = Button(texts.unlock_button(t, seen), Action("lock.open", data)) if seen.may_unlock else None
    else:
        change = Button(texts.lock_button(t, seen), Action("lock.ask", data)) if seen.ended else None
    if _is_stuck(work, seen):
        new = {"role": Role.ADMIN, "card": f"people:{work.ref}"}
        change = Button(invite_button(t, Role.ADMIN), Action("people.invite", new))
    return tuple((button,) for button in (change, _claims(t, seen)) if button)


def _claims(t: Translator, seen: MonthSheet) -> Button | None:
    if seen.lock is not None or not seen.gaps.claims:
        return None
    return Button(texts.claims_button(t, seen.gaps.claims), Action("lock.claims", {"month": str(seen.month)}))


def _decision(t: Translator, seen: MonthSheet, card: str, *, may_confirm: bool) -> Rows:
    if seen.request is None:
        return ()
    data = {"request": seen.request.id, "hash": seen.bills.hash, "card": card}
    locks = seen.request.what == LOCK
    label = texts.confirm_lock_button(t, seen) if locks else texts.confirm_unlock_button(t, seen)
    go = (Button(label, Action("lock.confirm", data)),) if may_confirm else ()
    return ((*go, Button(admin.cancel(t), Action("lock.cancel", data))),)
