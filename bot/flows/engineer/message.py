"""Readings in one message: a line, several lines, a photo's caption, an edited message."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation import Reply, Turn
from bot.flows.engineer import cards
from bot.flows.engineer.binding import card_of, submission_of
from bot.flows.engineer.place import here, sent_day, turn
from bot.flows.engineer.results import Result, batch_of, table
from bot.flows.engineer.unused import keep_not_understood, keep_refused
from bot.router import Occasion, on
from bot.texts import engineer as texts
from bot.texts import engineer_dialogue as dialogue
from bot.visit import Visit
from domain.reading_text import BadLine, ReadingLine, looks_like_reading, parse_reading_message
from domain.roles import Permission
from jobs import take_photo
from jobs.submit_reading import (
    AlreadyBilled,
    AlreadyStored,
    BadDate,
    Duplicate,
    Saved,
    Stale,
    billed,
    correct_own,
    submit,
)
from jobs.taken_out import TakenOut
from jobs.undo_reading import undo
from storage import chat_readings
from storage.readings import UNBILLED, Reading, ReadingState


@on(Occasion.READING, permission=Permission.SUBMIT_READING)
async def said(visit: Visit) -> Turn:
    """One reading or many, typed."""
    return await take(visit)


@on(Occasion.EDITED, permission=Permission.SUBMIT_READING)
async def edited(visit: Visit) -> Turn:
    """Editing one's own message corrects what it brought; what is no longer in it is taken back."""
    known = await _brought(visit)
    if not known and not looks_like_reading(visit.text):
        return here()
    lines, bad = parse_reading_message(visit.text, sent_day(visit))
    found, gone, left = await _corrected(visit, lines, known)
    if bad or not lines:
        left, notes = [*left, *gone], []
    else:
        notes = [note for old in gone if (note := await _withdrawn(visit, old))]
    changed = [_note_on_old(visit, old, found) for old in known if old.id not in {one.id for one in gone}]
    told = await _told(visit, found, bad)
    stays = [cards.stays(visit, left)] if left else []
    return turn(visit, *notes, *(note for note in changed if note), *told.replies, *stays, state=told.state)


async def take(visit: Visit, photo_ids: Sequence[int] = ()) -> Turn:
    """Submit every line of the message; the photos, and those that waited for it, go with its readings."""
    lines, bad = parse_reading_message(visit.text, sent_day(visit))
    targets, sent_at = [line.target for line in lines], visit.incoming.sent_at
    waiting = await take_photo.waiting(visit.work, visit.chat.id, sent_at, targets) if lines else ()
    shared = shares_of([*waiting, *photo_ids], len(lines))
    found = [await _submitted(visit, line, n, own) for n, (line, own) in enumerate(zip(lines, shared, strict=True))]
    await (keep_refused(visit, found) if lines else keep_not_understood(visit, bad, photo_ids))
    told = await _told(visit, found, bad)
    return turn(visit, *told.replies, state=told.state)


def shares_of(photo_ids: Sequence[int], lines: int) -> list[tuple[int, ...]]:
    """Which photos go with which line: one each in order, what is left over with the last."""
    if not lines:
        return []
    return [*((photo_id,) for photo_id in photo_ids[: lines - 1]), *_rest(photo_ids, lines)]


def _rest(photo_ids: Sequence[int], lines: int) -> list[tuple[int, ...]]:
    missing = max(0, lines - 1 - len(photo_ids))
    return [*(() for _ in range(missing)), tuple(photo_ids[lines - 1 :])]


async def _submitted(visit: Visit, line: ReadingLine, place: int, photo_ids: Sequence[int]) -> Result:
    submission = submission_of(visit, line, place, photo_ids)
    return Result(submission, await submit(visit.work, submission))


async def _told(visit: Visit, found: Sequence[Result], bad: Sequence[BadLine]) -> Turn:
    """One answer for one line, a table for more, for an album and for a burst."""
    if batch_of(visit) or len(found) + len(bad) > 1:
        replies, state = await table(visit, found, bad)
        return Turn(replies, state)
    if bad:
        return Turn((Reply(dialogue.bad_line(visit.t, bad[0])),))
    return Turn(tuple([await cards.answer(visit, one.outcome, one.submission) for one in found]))


async def _brought(visit: Visit) -> list[Reading]:
    message_id = visit.incoming.message_id
    return await chat_readings.of_message(visit.work.conn, visit.chat.id, message_id) if message_id else []


async def _corrected(
    visit: Visit, lines: Sequence[ReadingLine], known: Sequence[Reading]
) -> tuple[list[Result], list[Reading], list[Reading]]:
    """What became of each line, the readings that no line names any more, and those whose line was not taken."""
    unnamed, refused, found = list(known), [], []
    for place, line in enumerate(lines):
        old = next((one for one in unnamed if line.target in {one.flat_code, one.meter.number.upper()}), None)
        if old is None:
            found.append(await _resubmitted(visit, line, place))
            continue
        unnamed.remove(old)
        submission = submission_of(visit, line, place)
        found.append(Result(submission, await correct_own(visit.work, old.id, None, submission)))
        if isinstance(found[-1].outcome, BadDate | TakenOut | Duplicate):
            refused.append(old)
    return found, _standing(unnamed), _standing(refused)


def _standing(found: Sequence[Reading]) -> list[Reading]:
    return [one for one in found if one.state is not ReadingState.WITHDRAWN]


async def _resubmitted(visit: Visit, line: ReadingLine, place: int) -> Result:
    """A line whose reading is not this message's: new, or replaced since by somebody who must not be overruled."""
    result = await _submitted(visit, line, place, ())
    if not isinstance(result.outcome, AlreadyStored):
        return result
    now = result.outcome.reading
    if now.state is ReadingState.WITHDRAWN or _says(line, now):
        return result
    stands = Stale(now) if now.state in UNBILLED else await billed(visit.work, now)
    return Result(result.submission, stands)


def _says(line: ReadingLine, reading: Reading) -> bool:
    same = line.motor_share in {None, reading.motor_share} and line.on in {None, reading.date}
    return same and line.value == reading.value


async def _withdrawn(visit: Visit, old: Reading) -> Reply | None:
    outcome = await undo(visit.work, old.id, old.version)
    if isinstance(outcome, AlreadyBilled):
        return cards.billed(visit, outcome)
    return Reply(texts.undone(visit.t, old), card=card_of(old)) if old.state in UNBILLED else None


def _note_on_old(visit: Visit, old: Reading, found: Sequence[Result]) -> Reply | None:
    """The card of the earlier version says what it is now."""
    saved = [one.outcome.reading for one in found if isinstance(one.outcome, Saved)]
    now = next((reading for reading in saved if reading.id == old.id), None)
    return Reply(texts.changed_since(visit.t, now), card=card_of(old)) if now else None
