"""Requests to replace a meter: told to the admins, decided by one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_never

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.typed import is_reading
from bot.flows.engineer.message import take
from bot.router import Occasion, press, step
from bot.texts import admin
from bot.texts import admin_buttons as labels
from bot.texts import meter_life as texts
from domain.metering import ReadingMode
from domain.number_text import clean_text
from domain.roles import Permission
from jobs import replace_meter
from jobs.check_replacement import doubts_of
from jobs.replace_meter import DecidedBefore, Done, Hindered, Hitch, OwnRequest
from storage import meter_replacements
from storage.meter_replacements import ReplacementState

if TYPE_CHECKING:
    from bot.i18n import Translator
    from bot.visit import Visit
    from jobs.ports import Notice
    from jobs.replace_meter import Decision
    from jobs.work import Work
    from storage.meter_replacements import Replacement

Rows = tuple[tuple[Button, ...], ...]

_REVIEW = Permission.REVIEW_READINGS
_LONGEST = 200
_REASONS = ("unclear_photo", "wrong_meter")


@announces(replace_meter.ASKED, permission=_REVIEW)
async def asked(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To the admins: what is to be decided; nothing where somebody has."""
    found = await meter_replacements.get(work.conn, notice.payload["id"])
    return await _card(work, t, found, notice.card) if found.state is ReplacementState.ASKED else None


@announces(replace_meter.DECIDED, permission=_REVIEW)
async def decided(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """In the place of the request: what became of it, and by whom."""
    return await _card(work, t, await meter_replacements.get(work.conn, notice.payload["id"]), notice.card)


@announces(replace_meter.ANSWER, permission=Permission.SUBMIT_READING)
async def told(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To who asked."""
    return Reply(texts.answer(t, await meter_replacements.get(work.conn, notice.payload["id"])))


@press("replacement.show", permission=_REVIEW)
async def show(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The request as it stands."""
    return answer(visit, await _now(visit, data))


@press("replacement.approve", permission=_REVIEW)
async def approved(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The new meter is put in the old one's place."""
    return answer(visit, await _outcome(visit, data, await replace_meter.approve(visit.work, data["id"])))


@press("replacement.back", permission=_REVIEW)
async def reason_asked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The reasons as buttons; one in words may be typed."""
    found = await meter_replacements.get(visit.work.conn, data["id"])
    if found.state is not ReplacementState.ASKED:
        return answer(visit, await _now(visit, data))
    reasons = tuple(
        Button(labels.reason(visit.t, code), Action("replacement.reason", {**data, "reason": code}))
        for code in _REASONS
    )
    stop = Button(admin.cancel(visit.t), Action("replacement.show", dict(data)))
    reply = Reply(texts.ask_reason(visit.t, found), (reasons, (stop,)), card=data["card"])
    return Turn((reply,), State("replacement", "reason", dict(data)))


@press("replacement.reason", permission=_REVIEW)
async def chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    outcome = await replace_meter.send_back(visit.work, data["id"], data["reason"])
    return answer(visit, await _outcome(visit, data, outcome))


@step("replacement", "reason", permission=_REVIEW, claims=(Occasion.READING,))
async def typed(visit: Visit) -> Turn:
    """The reason in the admin's own words."""
    if is_reading(visit):
        return await take(visit)
    words = clean_text(visit.text)
    if visit.state is None or not 0 < len(words) <= _LONGEST:
        return Turn((Reply(texts.reason_too_long(visit.t)),), keep_state=True)
    outcome = await replace_meter.send_back(visit.work, visit.state.data["id"], words)
    return answer(visit, await _outcome(visit, visit.state.data, outcome))


@press("replacement.photo", permission=_REVIEW)
async def photo(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """One of the two photos, below the card."""
    found = await meter_replacements.get(visit.work.conn, data["id"])
    photo_id = found.what.closing_photo if data["old"] else found.what.opening_photo
    if photo_id not in found.kept:
        return answer(visit, await _now(visit, data))
    return answer(visit, Reply(texts.photo_of(visit.t, found, old=data["old"]), photo_id=photo_id))


async def _outcome(visit: Visit, data: Mapping[str, Any], outcome: Decision) -> Reply:
    match outcome:
        case Done() | DecidedBefore() | OwnRequest():
            return await _now(visit, data)
        case Hindered(hitch=Hitch.LOWER):
            return await _now(visit, data, texts.correct_first(visit.t))
        case Hindered(hitch=Hitch.NOT_BEGUN_ANEW):
            return await _now(visit, data, texts.not_begun_anew(visit.t, outcome))
        case Hindered():
            return await _now(visit, data, texts.hindered(visit.t, outcome))
        case _:
            assert_never(outcome)


async def _now(visit: Visit, data: Mapping[str, Any], note: str = "") -> Reply:
    found = await meter_replacements.get(visit.work.conn, data["id"])
    own = replace_meter.is_own(visit.work, found)
    return await _card(visit.work, visit.t, found, data["card"], own=own, note=note)


async def _card(
    work: Work, t: Translator, found: Replacement, card: str | None, *, own: bool = False, note: str = ""
) -> Reply:
    units, doubts = work.society.reading_mode is ReadingMode.UNITS, await doubts_of(work, found)
    text = "\n".join(filter(None, [note, texts.card(t, found, doubts, zone=work.society.zone, own=own, units=units)]))
    bound = {"id": found.id, "card": card}
    return Reply(text, (*_decisions(t, found, bound, own=own), *_photos(t, found, bound)), card=card)


def _decisions(t: Translator, found: Replacement, bound: Mapping[str, Any], *, own: bool) -> Rows:
    if found.state is not ReplacementState.ASKED:
        return ()
    back = Button(labels.send_back(t), Action("replacement.back", bound))
    return ((back,),) if own else ((Button(texts.approve_button(t), Action("replacement.approve", bound)), back),)


def _photos(t: Translator, found: Replacement, bound: Mapping[str, Any]) -> Rows:
    known = {
        texts.old_photo_button(t): (found.what.closing_photo, True),
        texts.new_photo_button(t): (found.what.opening_photo, False),
    }
    row = tuple(
        Button(label, Action("replacement.photo", {**bound, "old": old}))
        for label, (photo_id, old) in known.items()
        if photo_id in found.kept
    )
    return (row,) if row else ()
