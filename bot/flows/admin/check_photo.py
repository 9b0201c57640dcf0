"""Having photos read once more, and what the admins are told when one speaks against what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, assert_never

from bot.announcements import announces
from bot.conversation import Reply, Turn
from bot.flows.admin.announcements import as_admin
from bot.flows.admin.binding import Shown
from bot.flows.admin.card import reading_card
from bot.flows.admin.dialogue import answer
from bot.router import command, press
from bot.texts import admin
from bot.texts import photo_checks as texts
from domain.roles import Permission
from domain.target_text import take_target
from jobs.check_photos import TOO_LATE, check_of
from jobs.find_meter import find_meter
from jobs.look_again import Again, in_doubt, latest_of, look_again
from jobs.photo_seen import LOOKED
from storage import readings
from storage.meters import Meter
from storage.readings import ReadingState

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.work import Work
    from storage.readings import Reading

_REVIEW = Permission.REVIEW_READINGS


@press("review.check", permission=_REVIEW)
async def pressed(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The photo of the card's reading is read again; the card says so, and what comes of it."""
    reading = await readings.get(visit.work.conn, data["id"])
    return answer(visit, await _asked(visit, reading, Shown.of(data), Reply("")))


@command("check", permission=_REVIEW, about=texts.about_check)
async def check(visit: Visit, typed: str) -> Turn:
    """One flat's or meter's photo, or those of all that wait and are in doubt."""
    if not visit.work.society.reads_photos:
        return answer(visit, Reply(texts.nobody_reads(visit.t)))
    return answer(visit, await _one(visit, typed) if typed.strip() else await _all(visit))


async def _one(visit: Visit, typed: str) -> Reply:
    target = take_target(typed.strip().upper())
    meter = await find_meter(visit.work.conn, target.target) if target else None
    if not isinstance(meter, Meter):
        return Reply(admin.not_found(visit.t, typed))
    reading = await latest_of(visit.work, meter)
    if reading is None:
        return Reply(texts.no_reading(visit.t, meter.place))
    return await _asked(visit, reading, Shown(reading.id, f"review:{visit.work.ref}"), None)


async def _all(visit: Visit) -> Reply:
    chosen = await in_doubt(visit.work)
    for one in chosen:
        await look_again(visit.work, one, visit.chat.id, {})
    if not chosen:
        return Reply(texts.nothing_to_check(visit.t))
    return Reply(texts.checking(visit.t, [one.flat_code for one in chosen]))


async def _asked(visit: Visit, reading: Reading, shown: Shown, refused: Reply | None) -> Reply:
    """The card while it is looked at; else why not, beside the card (`refused`) or in a message of its own."""
    outcome = await look_again(visit.work, reading, visit.chat.id, shown.data())
    match outcome:
        case Again.LOOKING:
            return await reading_card(visit.work, visit.t, shown)
        case Again.NO_PHOTO:
            text = texts.no_photo(visit.t, reading)
        case Again.GONE:
            text = texts.photo_gone(visit.t, reading)
        case Again.NOBODY_READS:
            text = texts.nobody_reads(visit.t)
        case _:
            assert_never(outcome)
    return Reply(text) if refused is None else replace(refused, toast=text)


@announces(LOOKED, permission=_REVIEW)
async def looked(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """The card again, with what was seen; of several photos the last says that the look is over."""
    seen_by = await as_admin(work, notice)
    if seen_by is None or notice.card is None:
        return None
    shown = Shown.of(notice.payload)
    card = await reading_card(seen_by, t, shown)
    if (await check_of(work, await readings.get(work.conn, shown.reading_id))).waits:
        return card
    again = texts.looked_again(t, work.now.astimezone(work.society.zone))
    return replace(card, text=f"{card.text}\n{again}")


@announces(TOO_LATE, permission=_REVIEW)
async def too_late(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """A photo came, or was read, after the decision: the card with what it says."""
    seen_by = await as_admin(work, notice)
    reading = await readings.get(work.conn, int(notice.source_id))
    decided = reading.state in {ReadingState.APPROVED, ReadingState.BILLED}
    if seen_by is None or notice.card is None or not decided or not (await check_of(work, reading)).contradictions:
        return None
    card = await reading_card(seen_by, t, Shown(reading.id, notice.card))
    return replace(card, text=f"{texts.decided_before(t, reading)}\n{card.text}")
