"""How the month's round stands, for the office."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from bot.i18n import Translator, escape
from bot.texts.engineer_month import where_unread
from bot.texts.engineer_round import head, lacking

if TYPE_CHECKING:
    from datetime import date

    from jobs.round_state import RoundState
    from storage.rounds import Round


def about_round(t: Translator) -> str:
    return t.gettext("how far the month's reading is, and who walks where")


def state(t: Translator, found: RoundState, zone: tzinfo, today: date) -> str:
    """What is read, what is not and why, who walks where, and which blocks lack something."""
    done = found.done
    title = t.gettext("{month} · {progress}").format(month=t.month_name(done.month), progress=head(t, done, ""))
    lines = [f"<b>{title}</b>"]
    if done.unread:
        lines.append(lacking(t, done.unread, done.in_vain.values()))
    lines += [_walk(t, one, found, zone, today) for one in found.walks]
    walking = {one.who for one in found.walks}
    lines += [_read(t, who, count) for who, count in found.read_by if who not in walking]
    return "\n".join([*lines, *(where_unread(t, done) if done.unread else [])])


def _read(t: Translator, who: str, count: int) -> str:
    return t.ngettext("{who}: {count} read", "{who}: {count} read", count).format(who=escape(who), count=count)


def _walk(t: Translator, one: Round, found: RoundState, zone: tzinfo, today: date) -> str:
    """`Ravi: 20 read, at B18-FF since 10:42`."""
    line = _read(t, one.who, dict(found.read_by).get(one.who, 0))
    if one.ended_at is not None:
        return t.gettext("{read}, stopped at {place}").format(read=line, place=escape(one.place or ""))
    if one.asked_at is None or one.meter_id is None:
        return line
    asked = one.asked_at.astimezone(zone)
    when = t.clock(asked) if asked.date() == today else t.day(asked.date())
    place = next((m.flat_code for p in found.done.places for m in p.meters if m.meter_id == one.meter_id), one.place)
    return t.gettext("{read}, at {place} since {when}").format(read=line, place=escape(place or ""), when=when)


def finished(t: Translator, found: RoundState) -> str:
    """Every meter of the month was read or could not be."""
    done = found.done
    title = t.gettext("{month}: the round is done").format(month=t.month_name(done.month))
    counts = t.gettext("{read} of {count} read").format(read=done.read, count=done.meters)
    left = [lacking(t, done.unread, done.in_vain.values())] if done.unread else []
    return "\n".join([f"<b>{title}</b>", counts, *left])
