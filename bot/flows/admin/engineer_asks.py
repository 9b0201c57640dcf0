"""An engineer asks about a billed reading: the bill to correct, and an answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.billed_reading import bill_row, see_button
from bot.flows.admin.dialogue import answer
from bot.flows.admin.typed import is_reading
from bot.flows.engineer.message import take
from bot.router import Occasion, press, step
from bot.texts import admin, admin_card
from bot.texts import admin_asks as texts
from domain.number_text import clean_text
from domain.roles import Permission
from jobs import ask_office
from storage import bills, readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work
    from storage.bills import Bill
    from storage.readings import Reading

_REVIEW = Permission.REVIEW_READINGS
_LONGEST = 200
Rows = tuple[tuple[Button, ...], ...]


@announces(ask_office.ASKED, permission=_REVIEW)
async def asked(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To the admins: what it is about, with the ways to put it right and to answer."""
    facts = notice.payload
    reading = await readings.get(work.conn, facts["reading"])
    if reading.state is ReadingState.WITHDRAWN:
        return None
    bill = await _bill(work, reading)
    value = Decimal(facts["value"]) if facts.get("value") else None
    lines = [texts.asked(t, reading, facts["by"], value), _standing(work, t, reading, bill)]
    return Reply("\n".join(lines), _ways(t, reading, bill, notice), card=notice.card)


@announces(ask_office.ANSWERED, permission=_REVIEW)
async def answered(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """In the place of the question: another admin need not answer."""
    facts = notice.payload
    reading = await readings.get(work.conn, facts["reading"])
    text = f"{texts.asked(t, reading, facts['asker'], None)}\n{texts.answered(t, facts['by'], facts['words'])}"
    return Reply(text, ((see_button(t, reading),),), card=notice.card)


@announces(ask_office.ANSWER, permission=Permission.SUBMIT_READING)
async def told(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To who asked, in reply to their own message where it is in this chat."""
    facts = notice.payload
    reading = await readings.get(work.conn, facts["reading"])
    own = reading.chat_message_id if reading.chat_id == notice.chat_id else None
    return Reply(texts.answer(t, reading, facts["by"], facts["words"]), reply_to=own)


@press("asked.answer", permission=_REVIEW)
async def begun(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The usual answers as buttons; another one is typed."""
    t = visit.t
    reading = await readings.get(visit.work.conn, data["reading"])
    usual = (texts.corrected_button(t), "corrected"), (texts.stays_button(t), "stays")
    buttons = tuple(Button(label, Action("asked.say", {**data, "words": words})) for label, words in usual)
    cancel = Button(admin.cancel(t), Action("review.leave"))
    reply = Reply(texts.ask_words(t, reading, data["by"]), (buttons, (cancel,)), card=_question(data))
    return Turn((reply,), State("review", "asked", dict(data)))


@press("asked.say", permission=_REVIEW)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, await _said(visit, data, data["words"]))


@step("review", "asked", permission=_REVIEW, claims=(Occasion.READING,))
async def typed(visit: Visit) -> Turn:
    """The answer in the admin's own words."""
    if is_reading(visit):
        return await take(visit)
    words = clean_text(visit.text)
    if visit.state is None or not 0 < len(words) <= _LONGEST:
        return Turn((Reply(admin_card.reason_too_long(visit.t)),), keep_state=True)
    return answer(visit, await _said(visit, visit.state.data, words))


async def _said(visit: Visit, data: Mapping[str, Any], words: str) -> Reply:
    asker = ask_office.Asker(data["person_id"], data["by"])
    reached = await ask_office.answer(visit.work, data["reading"], asker, words, data["card"])
    text = texts.told(visit.t, data["by"], words) if reached else texts.unreached(visit.t, data["by"])
    return Reply(text, card=_question(data))


def _question(data: Mapping[str, Any]) -> str:
    return f"answer:{data['card']}"


async def _bill(work: Work, reading: Reading) -> Bill | None:
    used = await bills.of_reading(work.conn, reading.id)
    return await bills.get_bill(work.conn, used.bill_id) if used else None


def _standing(work: Work, t: Translator, reading: Reading, bill: Bill | None) -> str:
    if bill is not None:
        return texts.billed(t, bill, admin_card.bill_number(bill, work.society.zone))
    if reading.state is ReadingState.HISTORY:
        return texts.from_before(t)
    return texts.shared(t) if reading.state is ReadingState.BILLED else texts.free(t)


def _ways(t: Translator, reading: Reading, bill: Bill | None, notice: Notice) -> Rows:
    facts = {"reading": reading.id, "card": notice.card, "by": notice.payload["by"]}
    to_asker = Action("asked.answer", {**facts, "person_id": notice.payload["person_id"]})
    reply = Button(texts.answer_button(t, notice.payload["by"]), to_asker)
    account = (bill_row(t, bill.flat_code, bill.id),) if bill else ()
    return (*account, (see_button(t, reading), reply))
