"""What the office is told without asking, and an engineer about a correction."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.announcements import announces
from bot.conversation import Action, Button, Reply
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import reading_card
from bot.flows.admin.pending import queue_card
from bot.texts import admin_notices as texts
from bot.texts import admin_queue
from domain.roles import Permission, Role
from jobs.motor_notes import owed_notes
from jobs.pending import live_card, queue
from jobs.work import Actor, Work
from storage import flats, people, readings, review
from storage.readings import ReadingState

if TYPE_CHECKING:
    from bot.i18n import Translator
    from jobs.ports import Notice

_REVIEW = Permission.REVIEW_READINGS


@announces("reading_waiting", permission=_REVIEW)
async def reading_waiting(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """A single reading waits: its card. Where more wait by now, the queue's card tells it."""
    count, _ = await review.pending_count(work.conn)
    if count != 1:
        return None
    seen_by = await as_admin(work, notice)
    reading_id = notice.payload["reading"]
    if seen_by is None or not reading_id or notice.card is None:
        return None
    reading = await readings.get(work.conn, reading_id)
    return (
        None
        if reading.state is not ReadingState.PENDING
        else await reading_card(seen_by, t, Shown(reading_id, notice.card))
    )


@announces("queue_changed", permission=_REVIEW)
async def queue_changed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The live card of the queue; a newer one was shown as it stood then. It stays live only where it can be edited."""
    seen_by = await as_admin(work, notice)
    if seen_by is None or notice.card is None or notice.card != await live_card(work, notice.chat_id):
        return None
    return replace(queue_card(seen_by, t, await queue(seen_by), notice.card), passing=True)


@announces("queue_moved", permission=_REVIEW)
async def queue_moved(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The card of before, which a newer one at the end of the chat follows."""
    seen_by = await as_admin(work, notice)
    if seen_by is None or notice.card is None or notice.card == await live_card(work, notice.chat_id):
        return None
    return Reply(admin_queue.moved(t), card=notice.card, passing=True)


@announces("reading_decided", permission=_REVIEW)
async def reading_decided(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The decided card again, with how far the bill's message is."""
    seen_by = await as_admin(work, notice)
    if seen_by is None or notice.card is None:
        return None
    reading = await readings.get(work.conn, int(notice.source_id))
    if reading.state is ReadingState.PENDING:
        return None
    return await reading_card(seen_by, t, Shown(reading.id, notice.card))


@announces("batch_issued", permission=_REVIEW)
async def batch_issued(_work: Work, notice: Notice, t: Translator) -> Reply | None:
    """What came of a batch, in the message that approved it."""
    return Reply(admin_queue.issued(t, notice.payload, admin_queue.failure_words(t)))


@announces("batch_not_issued", permission=_REVIEW)
async def batch_not_issued(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """Aloud to the admins with the ways through the queue, and in the message that approved it."""
    facts = notice.payload
    text = admin_queue.not_issued(t, facts["by"], facts["flats"], facts["why"])
    seen_by = await as_admin(work, notice) if notice.card is None else None
    if seen_by is None:
        return Reply(text, card=notice.card) if notice.card else None
    return Reply(text, queue_card(seen_by, t, await queue(seen_by), "").buttons)


@announces("flat_parked", permission=_REVIEW)
async def flat_parked(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """A flat was set aside."""
    flat = await flats.flat_by_id(work.conn, int(notice.source_id))
    if flat is None:
        return None
    open_flat = Button(flat.code, Action("flat.show", {"flat": flat.code}))
    return Reply(texts.flat_parked(t, flat.code, notice.payload["parked"]), ((open_flat,),))


@announces("motor_shares_owed", permission=Permission.ADJUST_ACCOUNT)
async def motor_shares_owed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """Flats were billed before their motor was read: the motor's card, with what could be added."""
    seen_by = await as_admin(work, notice)
    reading_id = int(notice.source_id)
    if seen_by is None or not await owed_notes(work, reading_id):
        return None
    return await reading_card(seen_by, t, Shown(reading_id, f"motor:{reading_id}"))


@announces("reading_corrected", permission=Permission.SUBMIT_READING)
async def reading_corrected(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To the engineer whose reading an admin corrected."""
    reading = await readings.get(work.conn, int(notice.source_id))
    if reading.state is ReadingState.WITHDRAWN:
        return None
    before, by = Decimal(notice.payload["before"]), str(notice.payload["by"])
    own = reading.chat_message_id if reading.chat_id == notice.chat_id else None
    return Reply(texts.reading_corrected(t, reading, before, by), reply_to=own)


async def as_admin(work: Work, notice: Notice) -> Work | None:
    """The recipient as who looks, with rights as they are now; None when they are no admin any more."""
    if notice.person_id is None:
        return None
    roles = await people.roles(work.conn, notice.person_id)
    person = await people.person(work.conn, notice.person_id)
    return replace(work, actor=Actor(person.id, person.name, roles)) if Role.ADMIN in roles else None
