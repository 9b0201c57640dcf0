"""What engineers are told unasked: a reading was sent back, or its photo says something else."""

from __future__ import annotations

from bot.announcements import announces
from bot.conversation import Action, Button, Reply
from bot.flows.engineer.binding import showing, tied
from bot.i18n import Translator
from bot.texts import engineer as texts
from bot.texts import engineer_buttons as labels
from bot.texts import photo_checks
from domain.photo_checks import Check, DoubtKind
from domain.roles import Permission
from jobs.check_photos import CONTRADICTS, check_of
from jobs.find_meter import find_meter
from jobs.ports import Notice
from jobs.take_photo import may_lose_photo
from jobs.work import Work
from storage import readings
from storage.meters import Meter
from storage.readings import UNBILLED, Reading, ReadingState


@announces("reading_returned", permission=Permission.SUBMIT_READING)
async def returned(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """In reply to the engineer's own message; not if it was mended or taken back since."""
    reading = await readings.get(work.conn, int(notice.source_id))
    if reading.state is not ReadingState.RETURNED:
        return None
    text = texts.returned(t, reading, str(notice.payload.get("reason", "")), str(notice.payload.get("by", "")))
    fix = Button(labels.re_enter(t), Action("reading.fix", showing(reading)))
    undo = Button(labels.undo(t), Action("reading.undo", showing(reading)))
    return tied(Reply(text, ((fix, undo),), card=notice.card, reply_to=_own_message(reading, notice)))


@announces(CONTRADICTS, permission=Permission.SUBMIT_READING)
async def contradicted(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The photo says something else: while the engineer is still at the meter; not if it was mended since."""
    reading = await readings.get(work.conn, int(notice.source_id))
    check = await check_of(work, reading)
    if reading.state not in UNBILLED or reading.version != notice.sequence or not check.contradictions:
        return None
    again = Button(labels.re_enter(t), Action("reading.fix", showing(reading)))
    right = Button(labels.it_is_right(t), Action("reading.confirm", showing(reading)))
    text = photo_checks.contradicts(t, reading, check)
    other = await _of_other(work, t, reading, check)
    rows = ((again, right), (other,)) if other else ((again, right),)
    return tied(Reply(text, rows, card=notice.card, reply_to=_own_message(reading, notice)))


async def _of_other(work: Work, t: Translator, reading: Reading, check: Check) -> Button | None:
    """Put the photo where it belongs, if it shows another meter that is in use."""
    doubt = next((one for one in check.contradictions if one.kind is DoubtKind.OTHER_METER), None)
    if doubt is None or not may_lose_photo(reading):
        return None
    found = [await find_meter(work.conn, name) for name in (doubt.number, doubt.place.upper())]
    meter = next((one for one in found if isinstance(one, Meter)), None)
    if meter is None or meter.id == reading.meter.id:
        return None
    data = {"id": reading.id, "photo": doubt.photo_id, "meter": meter.id, "by": reading.submitted_by}
    return Button(labels.it_is_of(t, meter.place), Action("photo.of_other", data))


def _own_message(reading: Reading, notice: Notice) -> str | None:
    """The message that brought it, where it is in the chat that is written to."""
    return reading.chat_message_id if reading.chat_id == notice.chat_id else None
