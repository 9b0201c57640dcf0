"""The walk through the month's meters: how far it is, the next meter, what could not be read and why."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from bot.i18n import Translator, escape
from bot.texts.engineer import whose
from bot.texts.engineer_dialogue import what
from domain.cant_read import Reason
from domain.identifiers import block_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from domain.metering import ReadingMode
    from jobs.progress import Block, Progress
    from jobs.rounds import Walk
    from storage.cant_read import CantRead
    from storage.meters import Meter, MeterLine

_MOST_NAMED = 6
_FOLLOWING = 2
_LONGEST_WORDS = 60


def about_round(t: Translator) -> str:
    return t.gettext("walk the month's meters, one after the other")


def key_cant_read(t: Translator) -> str:
    return t.gettext("Can't read")


def skip(t: Translator) -> str:
    return t.gettext("Skip")


def other_block(t: Translator) -> str:
    return t.gettext("Other block")


def stop(t: Translator) -> str:
    return t.gettext("End round")


def go_on(t: Translator) -> str:
    return t.gettext("Go on")


def reason(t: Translator, why: Reason) -> str:
    """What stands on the button, and is understood when it is typed."""
    match why:
        case Reason.LOCKED:
            return t.gettext("Locked")
        case Reason.NO_DISPLAY:
            return t.gettext("No display")
        case Reason.BLOCKED:
            return t.gettext("Blocked")
        case Reason.UNSAFE:
            return t.gettext("Unsafe")
        case Reason.NOT_FOUND:
            return t.gettext("Not found")
        case Reason.OTHER:
            return t.gettext("Other")


def reason_word(t: Translator, why: Reason) -> str:
    """The same within a sentence."""
    return reason(t, why).lower()


def why_not(t: Translator, one: CantRead) -> str:
    """`locked`, or the engineer's own words."""
    return escape(one.words) if one.words else reason_word(t, one.reason)


def asked(t: Translator, mode: ReadingMode, walk: Walk, meter: Meter, facts: Sequence[str]) -> str:
    """How far it is, the next meter as the main thing with what is known of it, and what comes then."""
    lines = [
        head(t, walk.done, block_of(meter.place)),
        _next(t, walk.ahead[0]),
        " ".join([_device(t, meter), *facts]),
        t.gettext("Send the {what}, or a photo.").format(what=what(t, mode)),
        *_then(t, walk),
    ]
    return "\n".join(lines)


def head(t: Translator, done: Progress, block: str) -> str:
    """`37 of 152 read, aim 146 · B18 · 2 could not be read`."""
    text = t.gettext("{read} of {count} read").format(read=done.read, count=done.meters)
    if done.target:
        text = t.gettext("{progress}, aim {target}").format(progress=text, target=done.target)
    return " · ".join(filter(None, (text, escape(block), in_vain_count(t, done))))


def in_vain_count(t: Translator, done: Progress) -> str:
    """`2 could not be read`; empty without any."""
    count = len(done.in_vain)
    return (
        t.ngettext("{count} could not be read", "{count} could not be read", count).format(count=count) if count else ""
    )


def _next(t: Translator, line: MeterLine) -> str:
    flat = f"<b>{escape(line.flat_code)}</b>"
    known = ", ".join(escape(word) for word in (line.floor, line.owner_name) if word)
    return t.gettext("Next: {flat}").format(flat=f"{flat} · {known}" if known else flat)


def _device(t: Translator, meter: Meter) -> str:
    if meter.is_motor:
        return whose(t, meter)
    return t.gettext("Meter {number}.").format(number=escape(meter.number))


def was_in_vain(t: Translator, vain: CantRead, on: date) -> str:
    """Why it comes once more."""
    text = t.gettext("Could not be read on {day}: {reason}.")
    return text.format(day=t.near_day(on), reason=why_not(t, vain))


def was_skipped(t: Translator, words: str) -> str:
    """The same, with what its engineer wrote."""
    return t.gettext("Skipped: {reason}.").format(reason=escape(words))


def _then(t: Translator, walk: Walk) -> list[str]:
    """The two that follow, as they are found; at the end all that is to be revisited."""
    left = walk.left_over
    if left:
        text = t.ngettext("{count} left to revisit: {flats}", "{count} left to revisit: {flats}", len(left))
        return [text.format(count=len(left), flats=named(t, [line.flat_code for line in left]))]
    return [
        t.gettext("Then: {flat}").format(flat=_row(line)) if n == 0 else _row(line)
        for n, line in enumerate(walk.ahead[1 : 1 + _FOLLOWING])
    ]


def _row(line: MeterLine) -> str:
    known = ", ".join(escape(word) for word in (line.floor, line.owner_name) if word)
    return f"{escape(line.flat_code)} · {known}" if known else escape(line.flat_code)


def named(t: Translator, places: Sequence[str]) -> str:
    """A few by name, the rest by number."""
    shown = ", ".join(escape(place) for place in places[:_MOST_NAMED])
    rest = len(places) - _MOST_NAMED
    return t.gettext("{flats} and {count} more").format(flats=shown, count=rest) if rest > 0 else shown


def walked(t: Translator, done: Progress) -> str:
    """Nothing is ahead."""
    if not done.in_vain:
        return t.gettext("Every meter is read this month.")
    text = t.gettext("<b>The round is done:</b> {read} of {count} read, {unread}.")
    return text.format(
        read=done.read, count=done.meters, unread=f"{in_vain_count(t, done)}: {vain_list(t, done.in_vain)}"
    )


def vain_list(t: Translator, in_vain: Mapping[int, CantRead]) -> str:
    """`B17-FF locked, B5-GF no display`."""
    found = list(in_vain.values())
    shown = ", ".join(f"{escape(one.place)} {why_not(t, one)}" for one in found[:_MOST_NAMED])
    rest = len(found) - _MOST_NAMED
    return t.gettext("{flats} and {count} more").format(flats=shown, count=rest) if rest > 0 else shown


def then_goes_on(t: Translator, flat: str) -> str:
    """While an odd reading holds the walk up."""
    return t.gettext("Then the round goes on with {flat}.").format(flat=escape(flat))


def stopped(t: Translator, done: Progress) -> str:
    """The round is left; nothing of it is lost."""
    text = t.gettext("Stopped at {progress}. /round goes on from here, today or another day.")
    return text.format(progress=head(t, done, ""))


def skipped(t: Translator, flat: str) -> str:
    return t.gettext("{flat} comes again at the end.").format(flat=f"<b>{escape(flat)}</b>")


def given_up(t: Translator, flat: str) -> str:
    """It could not be read before, and now neither."""
    return t.gettext("{flat} stays unread.").format(flat=f"<b>{escape(flat)}</b>")


def choose_block(t: Translator) -> str:
    return t.gettext("Which block? Tap it, or type it.")


def block_label(block: Block, unread: int, who: Sequence[str]) -> str:
    """`B18 · 3`, and who walks there."""
    return " · ".join([block.name, str(unread), *who])


def which_cant(t: Translator, example: str) -> str:
    text = t.gettext("Which meter can't be read? Send its flat, like <code>{example}</code>")
    return text.format(example=escape(example))


def no_such_cant(t: Translator, typed: str, example: str) -> str:
    text = t.gettext("No flat or meter {typed}. Send the one that can't be read, like <code>{example}</code>")
    return text.format(typed=escape(typed), example=escape(example))


def ask_reason(t: Translator, flat: str, *, has_photo: bool) -> str:
    head_line = t.gettext("{flat} can't be read: why?").format(flat=f"<b>{escape(flat)}</b>")
    photo = t.gettext("The photo is kept with it.") if has_photo else t.gettext("A photo of it may come first.")
    return f"{head_line}\n{photo}"


def ask_words(t: Translator, flat: str) -> str:
    return t.gettext("Write in a few words why {flat} can't be read.").format(flat=f"<b>{escape(flat)}</b>")


def noted(t: Translator, one: CantRead) -> str:
    """Kept."""
    text = t.gettext("{flat} · could not be read: {reason}. The office sees it.")
    line = text.format(flat=f"<b>{escape(one.place)}</b>", reason=why_not(t, one))
    return line if one.photo_id is None else f"{line} {t.gettext('With photo.')}"


def taken_back(t: Translator, one: CantRead) -> str:
    return t.gettext("Taken back: {flat} is to be read.").format(flat=f"<b>{escape(one.place)}</b>")


def taken_back_before(t: Translator) -> str:
    return t.gettext("This was taken back already.")


def send_photo_of(t: Translator, flat: str) -> str:
    return t.gettext("Send the photo of {flat} now.").format(flat=f"<b>{escape(flat)}</b>")


def no_photo(t: Translator) -> str:
    return t.gettext("That is no photo. It is noted, with or without one.")


def lacking(t: Translator, unread: int, in_vain: Collection[CantRead]) -> str:
    """`8 unread: 2 locked (B17-FF, B5-GF), 1 other (C8-GF: dog), 5 not visited`; plain without any in vain."""
    text = t.gettext("{count} unread").format(count=unread)
    if not in_vain:
        return text
    parts = [_of_reason(t, why, [one for one in in_vain if one.reason is why]) for why in Reason]
    left = unread - len(in_vain)
    parts.append(t.gettext("{count} not visited").format(count=left) if left > 0 else "")
    return f"{text}: {', '.join(filter(None, parts))}"


def _of_reason(t: Translator, why: Reason, found: Sequence[CantRead]) -> str:
    if not found:
        return ""
    places = named(t, [_with_words(one) for one in found])
    return f"{len(found)} {reason_word(t, why)} ({places})"


def _with_words(one: CantRead) -> str:
    """`B5-SF: dog in the yard`, the engineer's own words as far as there is room."""
    words = shorten(one.words, _LONGEST_WORDS, placeholder="…")
    return f"{one.place}: {words}" if words else one.place
