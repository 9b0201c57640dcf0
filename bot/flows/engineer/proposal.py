"""What is asked about a photo that came alone: the number it shows, whose meter it is, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.announcements import announces
from bot.conversation import Action, Button, Reply
from bot.flows.engineer import album
from bot.flows.engineer.binding import showing, tied
from bot.flows.engineer.photo_binding import in_pairs, line_of, whose
from bot.i18n import Translator
from bot.texts import engineer as reading_texts
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_proposals as texts
from domain.metering import ReadingMode
from domain.period import Month, local_date
from domain.roles import Permission, allowed
from jobs.ports import Notice
from jobs.propose_reading import KIND, MOST_OFFERED, Question, question
from jobs.work import Work
from storage import bills, loose_photos, people
from storage.loose_photos import Loose
from storage.meters import Meter, MeterLine
from storage.readings import UNBILLED, Reading

Buttons = tuple[tuple[Button, ...], ...]


@announces(KIND)
async def proposed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """In the place of the first answer; not if the photo belongs to a reading by now, or was sent again since."""
    loose = await loose_photos.find(work.conn, notice.chat_id, int(notice.source_id))
    if loose is None or loose.card is None or loose.card != notice.card:
        return None
    if not allowed(await people.roles(work.conn, loose.person_id), Permission.SUBMIT_READING):
        return None
    return await asked(work, t, loose)


async def asked(work: Work, t: Translator, loose: Loose, *, further: bool = False, sure: bool = False) -> Reply:
    """The question about the photo as it is now, or the table of its album, on the message that asks it.

    `sure`: its sender stands by its meter, whatever is written on the photo.
    """
    if loose.album is not None:
        return await album.table(work, t, loose)
    reply = await _reply(work, t, await question(work, loose, further=further, sure=sure))
    return tied(reply)


async def _reply(work: Work, t: Translator, about: Question) -> Reply:
    mode, card = work.society.reading_mode, about.loose.card
    if about.meter is None:
        return Reply(texts.which_flat(t, about.shows), _which(about), card=card)
    if about.written is not None:
        return _of_either(t, about.loose, about.meter, about.written)
    if about.read is not None:
        return _showing(t, about, await _read_before(work, t, about, about.read))
    rows = _rows(t, about, _yes(work, t, about))
    return Reply(_text(t, mode, about, about.meter), rows, card=card)


def _text(t: Translator, mode: ReadingMode, about: Question, meter: Meter) -> str:
    if about.loose.value is not None:
        return texts.typed_below(t, mode, meter, about.loose.value, _before(t, about))
    if not about.looked:
        return texts.not_looked(t, mode, meter)
    if mode is ReadingMode.REGISTER:
        before = _before(t, about)
        return texts.not_sure(t, meter, before) if about.value is None else texts.reads(t, meter, about.value, before)
    if about.value is not None and about.shows is not None and about.last is not None:
        return texts.increase(t, meter, about.shows, about.value, about.last.on)
    return texts.how_many(t, meter, about.shows, about.swap)


def _before(t: Translator, about: Question) -> str:
    return dialogue.before(t, about.last.value, about.last.on) if about.last else ""


def _yes(work: Work, t: Translator, about: Question) -> Button | None:
    """Stores exactly the number that stands on it."""
    if about.value is None or about.meter is None:
        return None
    line = line_of(work, about.loose, about.meter, about.value)
    return Button(texts.yes(t, about.value), Action("photo.take", {**whose(about.loose), "line": line}))


def _rows(t: Translator, about: Question, yes: Button | None) -> Buttons:
    typed = Button(texts.type_it(t), Action("photo.type", whose(about.loose)))
    other = _other(t, about.loose)
    return ((yes, typed), (other,)) if yes else ((typed, other),)


def _other(t: Translator, loose: Loose) -> Button:
    return Button(texts.other_meter(t), Action("photo.other", whose(loose)))


def _of_either(t: Translator, loose: Loose, meter: Meter, written: Meter) -> Reply:
    """The photo names another meter than its sender did."""
    either = tuple(
        Button(one.place if meter.place != written.place else one.number, _of(loose, one.id))
        for one in (written, meter)
    )
    return Reply(texts.of_either(t, meter, written), (either, (_other(t, loose),)), card=loose.card)


def _which(about: Question) -> Buttons:
    give = [
        Button(labels.of_reading(one), Action("photo.give", {**whose(about.loose), "reading": one.id}))
        for one in about.lacking[: MOST_OFFERED // 2]
    ]
    room = MOST_OFFERED + 2 - len(give)
    return in_pairs([*give, *flats(about.loose, about.offers[:room])])


def flats(loose: Loose, offers: Sequence[MeterLine]) -> list[Button]:
    """A button for each meter that the photo may be of."""
    return [Button(one.flat_code, _of(loose, one.meter_id)) for one in offers]


def _of(loose: Loose, meter_id: int) -> Action:
    return Action("photo.of", {**whose(loose), "meter": meter_id})


async def _read_before(work: Work, t: Translator, about: Question, reading: Reading) -> Reply:
    """The month has a reading of this meter: replace it, keep it, or give it the photo."""
    card, further = about.loose.card, _further(t, about, reading)
    if reading.state not in UNBILLED:
        text, ask = await _billed(work, t, about, reading)
        return Reply(text, ((ask, _other(t, about.loose)), *((further,) if further else ())), card=card)
    give = {**whose(about.loose), "reading": reading.id}
    add = Button(labels.add_photo(t), Action("photo.give", give))
    rows = (_replacing(work, t, about, reading), (add, _other(t, about.loose)), further)
    by = None if reading.submitted_by == about.loose.person_id else reading.submitter
    text = texts.read_before(t, reading, about.value, by, typed=about.loose.value is not None)
    return Reply(text, tuple(row for row in rows if row), card=card)


def _replacing(work: Work, t: Translator, about: Question, reading: Reading) -> tuple[Button, ...]:
    if about.value == reading.value:
        return ()
    bound = {**whose(about.loose), **showing(reading)}
    keep = Button(labels.keep(t, reading.value), Action("reading.keep", bound))
    if about.value is None:
        return (Button(labels.replace_it(t), Action("reading.fix", bound)), keep)
    new = {**bound, "new": line_of(work, about.loose, reading.meter, about.value)}
    return (Button(labels.replace(t, about.value), Action("photo.replace", new)), keep)


async def _billed(work: Work, t: Translator, about: Question, reading: Reading) -> tuple[str, Button]:
    """Only the office can correct it."""
    bill = await bills.of_reading(work.conn, reading.id)
    month = Month.of(bill.period_end if bill else reading.date)
    issued_on = local_date(bill.issued_at, work.society.zone) if bill else None
    text = reading_texts.already_billed(t, reading, month, issued_on)
    other = None if about.value in {None, reading.value} else str(about.value)
    asks = {**whose(about.loose), "id": reading.id, "value": other}
    return text, Button(labels.ask_office(t), Action("reading.ask_office", asks))


def _showing(t: Translator, about: Question, asked: Reply) -> Reply:
    """With the register that the photo shows, where that does not tell the units."""
    if about.shows is None or about.value is not None:
        return asked
    return replace(asked, text=f"{asked.text} {texts.shown(t, about.shows)}")


def _further(t: Translator, about: Question, reading: Reading) -> tuple[Button, ...]:
    """A month may end a day late and the next one a day early: both readings are then of one month."""
    if reading.date >= about.on:
        return ()
    on = {**whose(about.loose), "meter": reading.meter.id, "further": True}
    return (Button(labels.another(t), Action("photo.of", on)),)
