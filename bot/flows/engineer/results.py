"""Several readings at once (lines, an album, a burst after hours offline): one table, kept up to date in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from bot.conversation import Action, Button, Reply, State
from bot.flows.engineer import cards
from bot.flows.engineer.binding import fresh, showing
from bot.texts import engineer_buttons as labels
from bot.texts import engineer_dialogue as texts
from bot.texts import taken_out
from bot.texts.engineer import figure, typed
from bot.visit import Visit
from domain.reading_text import BadLine
from jobs.find_meter import Inactive, NoFlat, NoMeter, NoOwner, NoSuchTarget, NotFound, SeveralMeters
from jobs.submit_reading import (
    AlreadyBilled,
    AlreadyStored,
    BadDate,
    Duplicate,
    Measured,
    Saved,
    ShareOfMotor,
    Stale,
    Submission,
    Submitted,
)
from jobs.taken_out import TakenOut

MOST_CARDS = 8
"""Messages of their own about readings that need somebody; the others are in the table and in /pending."""
_MOST_KEPT = 60
_EMPTY: Mapping[str, Any] = {
    "rows": [], "failed": [], "undo": [], "saved": 0, "waiting": 0, "photos": 0, "album": None, "album_readings": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One submission and what became of it."""

    submission: Submission
    outcome: Submitted | Measured


def batch_of(visit: Visit) -> str | None:
    """Name of the running summary that this message belongs to: a burst's or an album's."""
    return visit.burst or (f"album:{visit.incoming.album}" if visit.incoming.album else None)


async def table(
    visit: Visit, found: Sequence[Result], bad: Sequence[BadLine]
) -> tuple[tuple[Reply, ...], State | None]:
    """The table with everything of the batch so far, then a card for each that needs a decision."""
    name = batch_of(visit)
    data = _added(visit, name, found, bad)
    need = [one for one in found if _asks(one)][:MOST_CARDS]
    asked = [await _card(visit, one) for one in need]
    return (_table(visit, name, data), *asked), State("results", name, data) if name else None


def album_readings(visit: Visit) -> list[int]:
    """Readings that came with earlier photos of the same album, in order."""
    state, album = visit.state, visit.incoming.album
    if state is None or state.flow != "results" or not album or state.data["album"] != album:
        return []
    return list(state.data["album_readings"])


def with_photo(visit: Visit) -> tuple[Reply, State] | None:
    """The running summary with one photo more; `None` where the message belongs to none."""
    state, name = visit.state, batch_of(visit)
    if state is None or name is None or state.flow != "results" or state.step != name:
        return None
    data = {**state.data, "photos": state.data["photos"] + 1}
    return _table(visit, name, data), State("results", name, data)


def _added(visit: Visit, name: str | None, found: Sequence[Result], bad: Sequence[BadLine]) -> dict[str, Any]:
    state = visit.state
    same = state is not None and name is not None and state.flow == "results" and state.step == name
    old: Any = state.data if same and state else _EMPTY
    lost = [one for one in found if not _is_in(one) and not _asks(one)]
    rows = [[_name(one), figure(one.submission.value), _note(visit, one.outcome)] for one in found if one not in lost]
    mend = [texts.failed(_line(one.submission), _note(visit, one.outcome)) for one in lost]
    mend += [texts.failed(line.raw, texts.line_problem(visit.t, line)) for line in bad]
    stored = [list(showing(one.outcome.reading).values()) for one in found if isinstance(one.outcome, Saved)]
    album = visit.incoming.album
    before = old["album_readings"] if album and old["album"] == album else []
    here = [one.outcome.reading.id for one in found if isinstance(one.outcome, Saved | AlreadyStored)]
    return {
        "rows": [*old["rows"], *rows][-_MOST_KEPT:],
        "failed": [*old["failed"], *mend][-_MOST_KEPT:],
        "undo": [*old["undo"], *stored],
        "saved": old["saved"] + len(stored),
        "waiting": old["waiting"] + sum(map(_asks, found)) + len(mend),
        "photos": old["photos"] + sum(len(one.submission.photo_ids) for one in found if _is_in(one)),
        "album": album,
        "album_readings": [*before, *here] if album else [],
    }


def _table(visit: Visit, name: str | None, data: dict[str, Any]) -> Reply:
    head = texts.results_head(visit.t, data["saved"], data["photos"], data["waiting"])
    rows = [(flat, value, note) for flat, value, note in data["rows"]]
    text = texts.results(visit.t, head, rows, data["failed"])
    undo = Button(labels.undo_all(visit.t, data["saved"]), Action("reading.undo_all", {"readings": data["undo"]}))
    card = name or fresh(visit, "table")
    return Reply(text, ((undo,),) if data["saved"] > 1 else (), card=card)


async def _card(visit: Visit, result: Result) -> Reply:
    if isinstance(result.outcome, Saved):
        return await cards.saved(visit, result.outcome, month=False)
    return await cards.answer(visit, result.outcome, result.submission)


def _is_in(result: Result) -> bool:
    return isinstance(result.outcome, Saved | AlreadyStored)


def _asks(result: Result) -> bool:
    """Whether a button of its own leads on."""
    match result.outcome:
        case Saved(reading=reading):
            return not reading.confirmed
        case Duplicate() | AlreadyBilled() | SeveralMeters() | Stale():
            return True
        case NoSuchTarget(near=near):
            return bool(near)
        case _:
            return False


def _name(result: Result) -> str:
    """The flat, also where its meter's number was sent."""
    match result.outcome:
        case Saved(reading=reading) | AlreadyStored(reading=reading) | Duplicate(reading=reading):
            return reading.flat_code
        case AlreadyBilled(reading=reading) | Stale(reading=reading):
            return reading.flat_code
        case _:
            return result.submission.target


def _note(visit: Visit, outcome: Submitted | Measured) -> str:
    """What came of a reading, or why it was not taken, in a few words."""
    t = visit.t
    match outcome:
        case Saved(reading=reading):
            return texts.note_saved(t) if reading.confirmed else texts.note_odd(t)
        case AlreadyStored():
            return texts.note_same(t)
        case Duplicate(reading=reading):
            return texts.note_duplicate(t, reading.value)
        case AlreadyBilled():
            return texts.note_billed(t)
        case Stale(reading=reading):
            return texts.note_changed(t, reading.value)
        case BadDate(problem=problem, limit=limit):
            return texts.note_date(t, problem, limit)
        case ShareOfMotor():
            return texts.note_motor(t)
        case _:
            return lacking(visit, outcome)


def lacking(visit: Visit, outcome: NotFound | TakenOut) -> str:
    """Why there is no meter of what was typed."""
    t = visit.t
    match outcome:
        case NoSuchTarget(target=target):
            return texts.note_unknown(t, target)
        case SeveralMeters():
            return texts.note_several(t)
        case NoMeter():
            return texts.note_no_meter(t)
        case NoFlat():
            return texts.note_no_flat(t)
        case NoOwner():
            return texts.note_no_owner(t)
        case Inactive(successor=successor):
            return texts.note_inactive(t, successor)
        case TakenOut():
            return taken_out.note(t, outcome)
        case _:
            assert_never(outcome)


def _line(submission: Submission) -> str:
    """The line as it would be typed."""
    return typed(submission.target, submission.value, submission.motor_share, submission.on)
