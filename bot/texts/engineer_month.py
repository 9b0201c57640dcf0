"""How far the month is, and what of it an engineer still has open."""

from __future__ import annotations

from collections.abc import Sequence

from bot.i18n import Translator, escape
from bot.texts.engineer import MOST_LISTED, amount, figure, returned_reason, short
from bot.texts.engineer_round import in_vain_count, vain_list
from domain.metering import ReadingMode
from jobs.progress import Progress
from storage.meters import MeterLine
from storage.readings import Reading


def month_line(t: Translator, found: Progress, next_up: MeterLine | None) -> str:
    """`37 of 152 meters read this month. Next: B18-FF`."""
    form = t.ngettext("{read} of {count} meter read this month.", "{read} of {count} meters read this month.",
                      found.meters)  # fmt: skip
    done = form.format(read=found.read, count=found.meters)
    if found.target:
        done = f"{done} {t.gettext('The aim is {target}.').format(target=found.target)}"
    if next_up is None:
        return done
    return f"{done} {t.gettext('Next: {flat}').format(flat=f'<b>{escape(next_up.flat_code)}</b>')}"


def read_already(t: Translator, mode: ReadingMode, reading: Reading, *, by_you: bool) -> str:
    """A meter of this month's round that has its reading."""
    who = t.gettext("you") if by_you else escape(reading.submitter or "")
    by = t.gettext(" by {who}").format(who=who) if who else ""
    head = t.gettext("<b>{flat} is read already</b>: {value} on {day}{by}, {state}.").format(
        flat=escape(reading.flat_code), value=amount(t, mode, reading.value), day=t.day(reading.date), by=by,
        state=_state(t, reading),
    )  # fmt: skip
    return head if reading.has_photo else f"{head} {t.gettext('Without photo.')}"


def sent_back(t: Translator, reading: Reading) -> str:
    """Why a meter is to be read once more."""
    reason = returned_reason(t, reading.returned_reason)
    return t.gettext("{reading} of {day} was sent back: {reason}.").format(
        reading=short(reading), day=t.day(reading.date), reason=reason
    )


def pending_list(t: Translator, found: Sequence[Reading], done: Progress) -> str:
    """What one sent that is not billed, and what the month still lacks."""
    if found:
        head = t.ngettext("{count} reading not billed yet", "{count} readings not billed yet", len(found))
        lines = [f"<b>{head.format(count=len(found))}</b>", *(_pending(t, one) for one in found[:MOST_LISTED])]
    else:
        lines = [t.gettext("Nothing of yours waits.")]
    if len(found) > MOST_LISTED:
        lines.append(t.gettext("and {count} more").format(count=len(found) - MOST_LISTED))
    return "\n".join([*lines, "", month_line(t, done, None), *_lacks(t, done)])


def _lacks(t: Translator, done: Progress) -> list[str]:
    """How much is unread, and where."""
    if not done.unread:
        return []
    vain = [f"{in_vain_count(t, done)}: {vain_list(t, done.in_vain)}"] if done.in_vain else []
    return [unread_count(t, done), *vain, *where_unread(t, done)]


def unread_count(t: Translator, done: Progress) -> str:
    """`109 meters unread`; with motors among them, `115 meters unread: 109 of flats, 6 of motors`."""
    count, motors = done.unread, done.unread_motors
    text = t.ngettext("{count} meter unread", "{count} meters unread", count).format(count=count)
    if not motors or motors == count:
        return text
    return f"{text}: {t.gettext('{flats} of flats, {motors} of motors').format(flats=count - motors, motors=motors)}"


def _pending(t: Translator, reading: Reading) -> str:
    line = (
        f"{escape(reading.flat_code)} · <b>{figure(reading.value)}</b> · {t.day(reading.date)} · {_state(t, reading)}"
    )
    return line if reading.has_photo else f"{line} · {t.gettext('no photo')}"


def _state(t: Translator, reading: Reading) -> str:
    match reading.state:
        case "returned":
            return t.gettext("sent back: {reason}").format(reason=returned_reason(t, reading.returned_reason))
        case "approved":
            return t.gettext("approved")
        case _:
            return t.gettext("with the office") if reading.confirmed else t.gettext("look again")


def where_unread(t: Translator, done: Progress) -> list[str]:
    """`B17: FF, SF` for each block that is begun, then the names of those that are not, in walking order."""
    lacking = [block for block in done.places if block.unread]
    whole = [escape(block.name) for block in lacking if not done.is_begun(block)]
    rows = [
        f"{escape(block.name)}: {', '.join(_place(line) for line in block.unread)}"
        for block in lacking
        if done.is_begun(block)
    ]
    return [*rows, t.gettext("Not begun: {blocks}").format(blocks=", ".join(whole))] if whole else rows


def _place(line: MeterLine) -> str:
    return escape(line.flat_code.partition("-")[2] or line.flat_code)
