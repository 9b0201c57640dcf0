"""What is said about a meter's life: its register began anew, it was replaced by another. English, for staff."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from bot.i18n import Translator, escape
from bot.texts import photo_checks
from bot.texts.engineer import figure, returned_reason
from bot.texts.registers import padded
from jobs.replace_meter import Hindered, Hitch
from jobs.submit_reading import BadDate, DateProblem, Saved
from storage.meter_replacements import Missing, Replacement, ReplacementState

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from domain.metering import ReadingMode
    from domain.photo_checks import Check
    from jobs.check_replacement import Doubts
    from storage.meters import Meter
    from storage.readings import PastReading


def about_replace(t: Translator) -> str:
    """In the list of commands."""
    return t.gettext("a meter was replaced by another one")


def not_in_place(t: Translator, bad: BadDate) -> str:
    """A date on which the meter was not there."""
    text = (
        t.gettext("Meter {number} of {place} is there since {limit} only: nothing was saved. Send that day or later.")
        if bad.problem is DateProblem.BEFORE_METER
        else t.gettext(
            "Meter {number} of {place} was taken out on {limit}: nothing was saved. Send that day or before."
        )
    )
    return text.format(
        number=escape(bad.meter.number), place=f"<b>{escape(bad.meter.place)}</b>", limit=t.day(bad.limit)
    )


def began_with(t: Translator, opening: Decimal) -> str:
    """Beside what the meter that it replaced showed."""
    return t.gettext("This meter is new since and began with {value}.").format(value=figure(opening))


# The register began anew


def turned(t: Translator, result: Saved, turn: Decimal) -> str:
    """`99950 → 00062: has the meter gone past 99999? 112 units`. It is saved, and nothing is assumed."""
    reading = result.reading
    text = t.gettext(
        "<b>{place}</b> · {before} → <b>{now}</b>: has the meter gone past {last}? That would be {units} units.\n"
        "It is saved. Please look at the meter again."
    )
    before = reading.shown_last or Decimal(0)
    return text.format(
        place=escape(reading.flat_code),
        before=padded(before, turn),
        now=padded(reading.value, turn),
        last=figure(turn - 1),
        units=figure(turn + reading.value - before),
    )


def rolled_over_button(t: Translator) -> str:
    return t.gettext("Yes, it rolled over")


def replaced_button(t: Translator) -> str:
    return t.gettext("Meter replaced")


# Asking for a replacement


def which(t: Translator) -> str:
    return t.gettext("Which meter was replaced? Send its flat, as <code>/replace B17-FF</code>")


def ask_closing(t: Translator, mode: ReadingMode, meter: Meter, last: PastReading | None) -> str:
    """The first question: the old meter's last number."""
    text = t.gettext("<b>{place}</b>, old meter {number}: what does it show now? A photo with the number is best.")
    lines = [text.format(place=escape(meter.place), number=escape(meter.number))]
    if last is not None and mode == "register":
        lines.append(t.gettext("Before: {value} on {day}.").format(value=figure(last.value), day=t.day(last.date)))
    return "\n".join(lines)


def photo_kept(t: Translator) -> str:
    """A photo came without its number."""
    return t.gettext("Photo kept. Now send the number that it shows.")


def ask_closing_photo(t: Translator) -> str:
    return t.gettext("Please send a photo of the old meter.")


def ask_number(t: Translator) -> str:
    return t.gettext("What is the number on the new meter? Send it as printed, like <code>AB123456</code>")


def ask_opening(t: Translator) -> str:
    return t.gettext("With which number does the new meter begin? Often it is 0. A photo with the number is best.")


def ask_opening_photo(t: Translator) -> str:
    return t.gettext("Please send a photo of the new meter.")


def bad_register(t: Translator) -> str:
    return t.gettext("That is not what a meter shows. Send only its number, like <code>1234</code>")


def bad_number(t: Translator) -> str:
    return t.gettext("That is not a meter's number: 3 to 20 letters and digits, like <code>AB123456</code>")


def summary(t: Translator, meter: Meter, closing: str, number: str, opening: str) -> str:
    """All that would be sent; `closing` and `opening` as worded by `closing_of` and `opening_of`."""
    text = t.gettext("<b>{place}</b>: replace its meter?\nOld {old}: {closing}\nNew {new}: {opening}")
    return text.format(
        place=escape(meter.place), old=escape(meter.number), closing=closing, new=escape(number), opening=opening
    )


def closing_of(
    t: Translator, closing: Decimal | None, missing: Missing | None, turn: Decimal | None, *, photo: bool, units: bool
) -> str:
    """`last number 1234, with photo`. `units`: what was read of the meter before are no numbers that it showed."""
    if missing is Missing.DEAD and units:
        return t.gettext("display dead, its last number is not known")
    if missing is Missing.DEAD:
        if closing is None:
            return t.gettext("display dead, never read before")
        return t.gettext("display dead, its last reading {value} counts").format(value=figure(closing))
    shown = t.gettext("last number {value}").format(value=figure(closing or Decimal(0)))
    past = t.gettext("went past {last}").format(last=figure(turn - 1)) if turn else ""
    return ", ".join(filter(None, [shown, past, _photo(t, missing, photo=photo)]))


def opening_of(t: Translator, opening: Decimal, *, photo: bool) -> str:
    """`begins with 0, without photo`."""
    shown = t.gettext("begins with {value}").format(value=figure(opening))
    return f"{shown}, {_photo(t, None, photo=photo)}"


def _photo(t: Translator, missing: Missing | None, *, photo: bool) -> str:
    if photo:
        return t.gettext("with photo")
    return t.gettext("without photo: the meter is gone") if missing is Missing.GONE else t.gettext("without photo")


def closing_turned(t: Translator, meter: Meter, before: Decimal, closing: Decimal, turn: Decimal) -> str:
    """The old meter's last number is lower than before."""
    text = t.gettext("<b>{place}</b> · {before} → <b>{now}</b>: has the old meter gone past {last}? {units} units")
    return text.format(
        place=escape(meter.place),
        before=padded(before, turn),
        now=padded(closing, turn),
        last=figure(turn - 1),
        units=figure(turn + closing - before),
    )


def hindered(t: Translator, found: Hindered) -> str:
    """Why it cannot be done as asked, and what to do instead."""
    meter, last = found.meter, found.last
    facts = {"place": escape(meter.place), "old": escape(meter.number), "number": escape(found.number)}
    match found.hitch:
        case Hitch.OUT_OF_USE:
            return t.gettext(
                "Meter {old} of {place} is out of use already. See /flat {place} for its meter now."
            ).format(**facts)
        case Hitch.SAME_NUMBER:
            return t.gettext("{number} is the old meter. Send the number printed on the new one.").format(**facts)
        case Hitch.TAKEN:
            return t.gettext(
                "Meter {number} is in use at {holder}. Look at the number again; if it is right, the office has to "
                "give {holder} its own meter first."
            ).format(**facts, holder=f"<b>{escape(found.holder)}</b>")
        case Hitch.READ_SINCE if last is not None:
            return t.gettext("Meter {old} was read again since, {value} on {day}. Send the replacement anew.").format(
                **facts, value=figure(last.value), day=t.day(last.date)
            )
        case Hitch.LOWER if last is not None:
            return t.gettext("That is lower than {value} of {day}. Look at the old meter again.").format(
                value=figure(last.value), day=t.day(last.date)
            )
        case Hitch.NOT_BEGUN_ANEW if last is not None:
            text = t.gettext("Meter {old} showed {value} on {day}: it has not gone past its end since.")
            return text.format(**facts, value=figure(last.value), day=t.day(last.date))
        case Hitch.READ_SINCE | Hitch.LOWER | Hitch.NOT_BEGUN_ANEW:
            return t.gettext("The numbers of meter {old} changed since. Send the replacement anew.").format(**facts)
        case _:
            assert_never(found.hitch)


def lower(t: Translator, closing: Decimal, last: PastReading | None) -> str:
    """The old meter's last number is lower than the one before."""
    again = t.gettext("Look at the old meter again: it may be right, or its display dead.")
    return f"{_is_lower(t, closing, last)} {again}"


def office_corrects(t: Translator, last: PastReading | None) -> str:
    """To who stands by a last number that is lower than the one before."""
    if last is None:
        return t.gettext("It is lower than what the meter began with: the office looks at that first.")
    text = t.gettext("It is lower than {value} of {day}: the office looks at that first.")
    return text.format(value=figure(last.value), day=t.day(last.date))


def correct_first(t: Translator) -> str:
    """Why it is not approved."""
    return t.gettext("<b>Not approved yet:</b> the number before has to be corrected first.")


def not_begun_anew(t: Translator, found: Hindered) -> str:
    """Why it is not approved: the last number was said to be past the register's end."""
    return t.gettext("<b>Not approved yet:</b> {why} Send it back, for its last number to be sent anew.").format(
        why=hindered(t, found)
    )


def _is_lower(t: Translator, closing: Decimal, last: PastReading | None) -> str:
    if last is None:
        return t.gettext("{closing} is lower than what the meter began with.").format(closing=figure(closing))
    text = t.gettext("{closing} is lower than {value} of {day}.")
    return text.format(closing=figure(closing), value=figure(last.value), day=t.day(last.date))


def asked(t: Translator, found: Replacement, *, told: bool) -> str:
    """To who asked."""
    text = t.gettext("<b>{place}</b>: the office decides about new meter {number}. Until then nothing changes.")
    said = text.format(place=escape(found.old.place), number=escape(found.what.number))
    if told:
        return said
    return f"{said}\n{t.gettext('Nobody of the office is in this chat yet: call them too.')}"


def open_before(t: Translator, found: Replacement) -> str:
    """Another request waits."""
    text = t.gettext(
        "<b>{place}</b>: {who} asked for new meter {number} on {day} already. The office decides about it."
    )
    return text.format(
        place=escape(found.old.place),
        who=escape(found.asker or "") or t.gettext("The office"),
        number=escape(found.what.number),
        day=t.day(found.what.on),
    )


def stopped(t: Translator) -> str:
    return t.gettext("Nothing is sent. The meter stays as it is.")


# Deciding about one


def card(t: Translator, found: Replacement, doubts: Doubts, *, zone: ZoneInfo, own: bool, units: bool) -> str:
    """The request as an admin reads it. `units`: numbers of registers do not count here."""
    what = found.what
    head = t.gettext("<b>{place}</b> · {owner}: meter replaced on {day}").format(
        place=escape(found.old.place),
        owner=escape(found.old.owner_name or "") or t.gettext("motor"),
        day=t.day(what.on),
    )
    closing = closing_of(
        t, what.closing, what.missing, what.rolled_over, photo=what.closing_photo is not None, units=units
    )
    lines = [
        head,
        t.gettext("Old {number}: {said}").format(number=escape(found.old.number), said=closing),
        *_of_photo(t, doubts.old, what.closing),
        *_of_lower(t, found, doubts),
        t.gettext("New {number}: {said}").format(
            number=escape(what.number), said=opening_of(t, what.opening, photo=what.opening_photo is not None)
        ),
        *_of_photo(t, doubts.new, what.opening),
        _asker(t, found, zone),
        *_meaning(t, found, units=units),
    ]
    if own and found.state is ReplacementState.ASKED:
        lines.append(t.gettext("You asked for this yourself: another admin has to approve it."))
    return "\n".join(lines)


def _of_photo(t: Translator, seen: Check, sent: Decimal | None) -> list[str]:
    """What its photo reads, and what speaks against it."""
    shown = ", ".join(photo_checks.shows(t, seen))
    doubts = photo_checks.reasons(t, seen, sent or Decimal(0), stood_by=False)
    return [*([shown] if shown else []), *doubts]


def _of_lower(t: Translator, found: Replacement, doubts: Doubts) -> list[str]:
    if doubts.lower is None or found.what.closing is None:
        return []
    text = t.gettext("(!) {lower} If it is right, correct the reading before first (/flat {place}), then approve.")
    lower = _is_lower(t, found.what.closing, doubts.lower.last)
    return [text.format(lower=lower, place=escape(found.old.place))]


def _asker(t: Translator, found: Replacement, zone: ZoneInfo) -> str:
    at = found.asked_at.astimezone(zone)
    return t.gettext("{who}, {day} {time}").format(
        who=escape(found.asker or "") or t.gettext("the office"), day=t.day(at.date()), time=t.clock(at)
    )


def _meaning(t: Translator, found: Replacement, *, units: bool) -> list[str]:
    match found.state:
        case ReplacementState.ASKED if units:
            return [t.gettext("Units are sent here: the numbers are only noted, bills are not changed by them.")]
        case ReplacementState.ASKED:
            return [t.gettext("The next bill sums what both meters counted.")]
        case ReplacementState.APPROVED:
            return [t.gettext("Approved by {who}. The new meter is in use.").format(who=escape(found.decider or ""))]
        case ReplacementState.RETURNED:
            reason = returned_reason(t, found.reason)
            return [t.gettext("Sent back by {who}: {reason}").format(who=escape(found.decider or ""), reason=reason)]
        case _:
            assert_never(found.state)


def approve_button(t: Translator) -> str:
    return t.gettext("Approve")


def ask_reason(t: Translator, found: Replacement) -> str:
    return t.gettext("<b>{place}</b>: send the new meter back to {who}, why? Press, or send it in a few words.").format(
        place=escape(found.old.place), who=escape(found.asker or "") or t.gettext("its sender")
    )


def reason_too_long(t: Translator) -> str:
    return t.gettext("Please say it in at most 200 letters.")


def old_photo_button(t: Translator) -> str:
    return t.gettext("Photo of the old")


def new_photo_button(t: Translator) -> str:
    return t.gettext("Photo of the new")


def photo_of(t: Translator, found: Replacement, *, old: bool) -> str:
    """Under a photo."""
    number = found.old.number if old else found.what.number
    text = t.gettext("{place}, old meter {number}") if old else t.gettext("{place}, new meter {number}")
    return text.format(place=escape(found.old.place), number=escape(number))


def answer(t: Translator, found: Replacement) -> str:
    """To who asked, once it is decided."""
    facts = {"place": escape(found.old.place), "number": escape(found.what.number), "who": escape(found.decider or "")}
    if found.state is ReplacementState.APPROVED:
        text = t.gettext("<b>{place}</b> has meter {number} now, approved by {who}. Read the new one from here on.")
        return text.format(**facts)
    text = t.gettext("{who} sent back new meter {number} of <b>{place}</b>: {reason}. Ask again with /replace {place}")
    return text.format(**facts, reason=returned_reason(t, found.reason))


# Buttons of the dialogue


def dead_button(t: Translator) -> str:
    return t.gettext("Display is dead")


def gone_button(t: Translator) -> str:
    return t.gettext("Old meter is gone")


def no_camera_button(t: Translator) -> str:
    return t.gettext("No camera")


def anew_button(t: Translator) -> str:
    return t.gettext("Start again")


def new_meter_button(t: Translator, place: str) -> str:
    """In the queue."""
    return t.gettext("New meter {place}").format(place=place)
