"""Reminders, looked at again at the moment of sending: what was paid, read or is under way is not asked for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from bot.announcements import announces
from bot.conversation import Action, Button, Reply
from bot.flows import openings, owner_templates
from bot.flows.bill_card import pay_row
from bot.texts import reminders as texts
from domain.roles import Role
from jobs import reading_reminders, send_reminders
from jobs.consent import SHOWN_ON_REQUEST
from storage import bill_views, people

if TYPE_CHECKING:
    from bot.i18n import Translator
    from jobs.ports import Notice
    from jobs.work import Work


@announces("payment_reminder")
async def payment_reminder(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To an owner of the flat, while its newest bill is owed and nothing is under way; at night in the morning."""
    reader = notice.person_id
    if reader is None or notice.bill_id is None or not await people.is_chat_of(work.conn, notice.chat_id, reader):
        return None
    view = await bill_views.owned_bill(work.conn, reader, notice.bill_id)
    if view is None or view.parked or view.is_void or not view.is_newest or not view.is_owed:
        return None
    if not await send_reminders.may_be_said(work, view.flat_id):
        return None
    if await _is_too_late(work, notice):
        await send_reminders.put_off(work, notice)
        return None
    text = texts.payment(t, view.flat_code, view.balance, view.due_date, work.today)
    paid = Button(texts.already_paid_button(t), Action("claim.begin", {"flat": view.flat_code}))
    rows = (*await pay_row(work, t, view, reader), (paid,))
    return await openings.on_reminder(work, t, view, Reply(text, rows, template=owner_templates.reminder(t, view)))


@announces("reading_reminder")
async def reading_reminder(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To an engineer, while anything is unread; not at night, unless asked for."""
    found = await reading_reminders.unread(work, date.fromisoformat(notice.source_id))
    is_engineer = Role.ENGINEER in await people.roles(work.conn, notice.person_id)
    if not found.unread or not is_engineer or await _is_too_late(work, notice):
        return None
    return Reply(texts.reading(t, found))


async def _is_too_late(work: Work, notice: Notice) -> bool:
    """At night, unless its reader asked to see it."""
    return await send_reminders.is_night(work) and not notice.payload.get(SHOWN_ON_REQUEST)
