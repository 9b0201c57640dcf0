"""Doing a correction as it was shown; after a void, billing the reading again or changing it first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import reading_card
from bot.flows.admin.correct import ask_for_value
from bot.flows.admin.correction import account_reply
from bot.flows.admin.correction_ask import restated
from bot.flows.admin.correction_binding import Begun, account_action
from bot.flows.admin.dialogue import answer
from bot.router import press
from bot.texts import admin_corrections as texts
from domain.period import local_date
from domain.roles import Permission
from jobs.ask_correction import Asked, Deed, carry_out
from jobs.correct_account import AlreadyPosted, AlreadyVoid, BalanceMoved, Posted, Refused, Voided
from jobs.draft_bill import draft
from jobs.issue_bill import Issued, NotIssued
from jobs.rebill import Moved, bill_again, reopen
from storage import readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from bot.visit import Visit

_ADJUST = Permission.ADJUST_ACCOUNT


@press("correct.do", permission=_ADJUST)
async def confirmed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Do what the card showed, while that is still what is owed."""
    one = Begun.of(data)
    outcome = await carry_out(visit.work, one.asked, one.token)
    match outcome:
        case Posted():
            reply = _posted(visit, one, outcome)
        case Voided():
            reply = await _voided(visit, one, outcome)
        case AlreadyPosted():
            reply = await _account(visit, one, texts.already(visit.t, outcome.line))
        case AlreadyVoid():
            reply = await _account(visit, one, _already_void(visit, outcome))
        case BalanceMoved():
            reply = await restated(visit, one, texts.balance_moved(visit.t))
        case Refused():
            reply = await _account(visit, one, texts.refusal(visit.t, outcome.error))
        case _:
            assert_never(outcome)
    return answer(visit, reply)


@press("rebill.issue", permission=_ADJUST)
async def rebilled(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Issue the replacement as it was shown; anything changed since shows the reading instead."""
    outcome = await bill_again(visit.work, data["reading"], Decimal(data["total"]))
    if isinstance(outcome, Issued):
        note = texts.billed_again(visit.t, outcome.bill, visit.work.actor.name, outcome.messages)
        return answer(visit, await account_reply(visit, data["flat"], data["card"], outcome.bill.id, note))
    if isinstance(outcome, NotIssued):
        await reopen(visit.work, data["reading"])
        changed = Reply(texts.not_billed(visit.t), card=data["card"])
        return answer(visit, changed, await reading_card(visit.work, visit.t, _below(visit, data)))
    if isinstance(outcome, Moved):
        return answer(visit, await reading_card(visit.work, visit.t, _below(visit, data)))
    assert_never(outcome)


@press("rebill.reopen", permission=Permission.REVIEW_READINGS)
async def reopened(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The reading waits in the queue again, and what it should have said is asked for; billed meanwhile: its card."""
    reading = await reopen(visit.work, data["reading"])
    account = await account_reply(visit, data["flat"], data["card"])
    if reading.state is not ReadingState.PENDING:
        return answer(visit, account, await reading_card(visit.work, visit.t, _below(visit, data)))
    asked = ask_for_value(visit, reading, _below(visit, data))
    return replace(asked, replies=(account, *asked.replies))


def _posted(visit: Visit, one: Begun, done: Posted) -> Reply:
    line = done.line
    head = texts.heading(visit.t, texts.what(visit.t, line), line.flat_code, abs(line.amount))
    text = texts.done(visit.t, head, visit.work.actor.name, done.owed, done.messages)
    account = Button(texts.account_button(visit.t), account_action(line.flat_code, None, one.bill))
    undo: tuple[Button, ...] = ()
    if one.asked.deed is not Deed.UNDO:
        back = Begun(Asked(Deed.UNDO, line.flat_code, line.entry_id), one.card, f"chat:{visit.key}", one.bill)
        undo = (Button(texts.confirm_undo_button(visit.t, abs(line.amount)), back.action("correct.begin")),)
    return Reply(text, ((*undo, account),), card=one.card)


async def _voided(visit: Visit, one: Begun, done: Voided) -> Reply:
    """What was voided, and what can be done with its reading."""
    head = texts.voided(visit.t, texts.void_heading(visit.t, done.bill))
    lines = [texts.done(visit.t, head, visit.work.actor.name, done.owed, done.messages)]
    buttons = await _with_reading(visit, one, done)
    if buttons:
        lines.append(texts.waits_again(visit.t))
    account = Button(texts.account_button(visit.t), account_action(done.bill.flat_code, None))
    return Reply("\n".join(lines), (*buttons, (account,)), card=one.card)


async def _with_reading(visit: Visit, one: Begun, done: Voided) -> tuple[tuple[Button, ...], ...]:
    reading_id = done.bill.flat_reading_id
    if reading_id is None:
        return ()
    reading = await readings.get(visit.work.conn, reading_id)
    if reading.state is not ReadingState.APPROVED:
        return ()
    agreed = await draft(visit.work, reading)
    bound = {"reading": reading_id, "flat": done.bill.flat_code, "card": one.card, "total": str(agreed.total)}
    change = (Button(texts.reopen_button(visit.t), Action("rebill.reopen", bound)),)
    if agreed.obstacle is not None:
        return (change,)
    return ((Button(texts.bill_again_button(visit.t, agreed.total), Action("rebill.issue", bound)), *change),)


async def _account(visit: Visit, one: Begun, note: str) -> Reply:
    return await account_reply(visit, one.asked.flat, one.card, one.bill, note)


def _already_void(visit: Visit, outcome: AlreadyVoid) -> str:
    day = local_date(outcome.void.voided_at, visit.work.society.zone)
    return texts.already_void(visit.t, outcome.bill, outcome.void, day)


def _below(visit: Visit, data: Mapping[str, Any]) -> Shown:
    return Shown(data["reading"], f"review:{visit.work.ref}")
