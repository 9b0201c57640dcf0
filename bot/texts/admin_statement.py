"""What the office reads about a bank statement that it sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.i18n import Translator, escape
from bot.texts import admin_money
from domain.statement import Match, Verdict, Why
from jobs.statement import Overview, PostedRow, PostedRows, Taken
from jobs.statement_file import StatementFile
from storage.flats import Flat
from storage.payments import Payment
from storage.statements import StatementLine

_MOST_SHOWN = 12
_LONGEST_NARRATION = 80


def not_read(t: Translator, why: str) -> str:
    """The file is no statement; `why` says what it is and what to send instead."""
    return t.gettext("This file was not read. {why}").format(why=escape(why))


def no_file(t: Translator) -> str:
    return t.gettext("This file could not be read. Send a bank statement as an Excel workbook (.xlsx).")


def no_credits(t: Translator, file: StatementFile) -> str:
    """A statement in which no money came in."""
    return "\n".join([t.gettext("<b>No money came in on this statement.</b>"), *read_notes(t, file)])


def taken(t: Translator, file: StatementFile, done: Taken) -> list[str]:
    """What is to be known about the file itself, below its card."""
    known = len(file.rows) - done.new_rows
    if not done.is_new:
        return [t.gettext("This statement was sent before."), *read_notes(t, file)]
    before = t.ngettext("{count} row was on an earlier statement", "{count} rows were on an earlier statement", known)
    return [*([before.format(count=known)] if known else []), *read_notes(t, file)]


def read_notes(t: Translator, file: StatementFile) -> list[str]:
    """Rows that are no credits, and rows that could not be read."""
    notes = []
    if file.debits:
        out = t.ngettext(
            "Left out: {count} payment that went out", "Left out: {count} payments that went out", file.debits
        )
        notes.append(out.format(count=t.number(file.debits)))
    for row, why in file.problems[:_MOST_SHOWN]:
        notes.append(t.gettext("Row {row} was not read. {why}").format(row=row, why=escape(why)))
    more = len(file.problems) - _MOST_SHOWN
    rest = t.ngettext("… and {count} more row", "… and {count} more rows", more).format(count=more)
    return [*notes, *([rest] if more > 0 else [])]


def card(t: Translator, seen: Overview, notes: Sequence[str] = ()) -> str:
    """How many match, how many need somebody, how many are known; then what one press posts."""
    counts = [
        t.ngettext("{count} row matches", "{count} rows match", len(_posting(seen))).format(count=len(_posting(seen))),
        t.ngettext("{count} needs you", "{count} need you", len(seen.asked)).format(count=len(seen.asked)),
        t.ngettext("{count} is already recorded", "{count} are already recorded", len(seen.recorded)).format(
            count=len(seen.recorded)
        ),
    ]
    if seen.decided:
        counts.append(t.gettext("{count} done").format(count=len(seen.decided)))
    lines = [f"<b>{', '.join(counts)}</b>", *notes]
    lines += [_certain(t, one, seen.codes) for one in seen.certain[:_MOST_SHOWN]]
    more = len(seen.certain) - _MOST_SHOWN
    return "\n".join([*lines, *([t.gettext("… and {count} more").format(count=more)] if more > 0 else [])])


def _posting(seen: Overview) -> list[Match]:
    return [one for one in seen.matches if one.verdict is Verdict.POST]


def _certain(t: Translator, one: Match, codes: Mapping[int, str]) -> str:
    flat = escape(codes.get(one.flats[0], "?"))
    return f"{flat}: {t.rupees(one.credit.amount)}, {t.day(one.credit.day)}, {why(t, one, codes)}"


def why(t: Translator, one: Match, codes: Mapping[int, str]) -> str:
    """By what a row was matched, or why somebody has to look."""
    first, *others = [escape(codes.get(flat, "?")) for flat in one.flats] or ["?"]
    flats = {"flat": first, "others": ", ".join(others)}
    words = {
        Why.CLAIM: t.gettext("the owner sent this UTR"),
        Why.NOTE: t.gettext("the payer named the flat or the bill"),
        Why.CLAIM_FLAT: t.gettext("the UTR was sent for {flat}, but the payer named {others}").format(**flats),
        Why.PAYMENT: t.gettext("recorded already"),
        Why.PAYMENT_FLAT: t.gettext("its number is recorded for {flat}, but the payer named {others}").format(**flats),
        Why.PAYMENT_AGAIN: t.gettext(
            "its number and amount are recorded for {flat} already: the same payment, or another?"
        ).format(**flats),
        Why.OTHER_AMOUNT: t.gettext("its number is recorded with another amount"),
        Why.CLAIM_AMOUNT: t.gettext("an owner sent its UTR with another amount, or for several flats"),
        Why.NOTE_AMOUNT: t.gettext("the payer named the flat, but owes another amount"),
        Why.SEVERAL: t.gettext("it fits several flats"),
        Why.AMOUNT: t.gettext("only the amount fits"),
        Why.AGAIN: t.gettext("the flat is matched by another row already"),
        Why.FUTURE: t.gettext("its date is in the future"),
        Why.NOTHING: t.gettext("nothing tells whose it is"),
    }
    return words[one.why]


def post_button(t: Translator, seen: Overview) -> str:
    return t.gettext("Post {count}, {amount}").format(count=len(seen.certain), amount=t.rupees(seen.total))


def look_button(t: Translator, count: int) -> str:
    return t.gettext("Look at {count}").format(count=count)


def workbook_button(t: Translator) -> str:
    return t.gettext("All rows as a workbook")


def posted(t: Translator, done: PostedRows, who: str) -> str:
    """One press posted them, and who gets a receipt."""
    form = t.ngettext(
        "Posted {count} payment, {amount}, by {who}.", "Posted {count} payments, {amount}, by {who}.", done.count
    )
    said = form.format(count=done.count, amount=t.rupees(done.total), who=escape(who))
    return " ".join([said, *_receipts(t, done)])


def _receipts(t: Translator, done: PostedRows) -> list[str]:
    sent = done.count - len(done.unlinked)
    told = t.ngettext("The owner gets a receipt.", "The owners get their receipts.", sent)
    shown = [escape(code) for code in done.unlinked[:_MOST_SHOWN]]
    more = ["…"] if len(done.unlinked) > _MOST_SHOWN else []
    flats = ", ".join([*shown, *more])
    paper = [t.gettext("{flats}: no chat linked, receipt on paper.").format(flats=flats)] if shown else []
    return [*([told] if sent else []), *paper]


def changed(t: Translator) -> str:
    return t.gettext("The books changed since. Nothing was posted. It stands like this now:")


def row(t: Translator, line: StatementLine, one: Match, codes: Mapping[int, str], owed: Mapping[int, Decimal]) -> str:
    """One row that needs somebody: what the bank says, and what it may be for."""
    lines = _as_the_bank_has_it(t, line)
    reason = why(t, one, codes)
    stop = "" if reason.endswith("?") else "."
    lines.append(f"{reason[:1].upper()}{reason[1:]}{stop}")
    fitting = [
        f"{escape(codes[flat])} {admin_money.owed(t, owed[flat])}"
        for flat in one.flats
        if flat in codes and flat in owed
    ]
    return "\n".join([*lines, *fitting])


def _as_the_bank_has_it(t: Translator, line: StatementLine) -> list[str]:
    head = t.gettext("<b>Row {row}: {amount}</b>, {day}").format(
        row=line.row_number, amount=t.rupees(line.amount), day=t.day(line.day)
    )
    said = line.narration[:_LONGEST_NARRATION] or line.reference or ""
    lines = [head, f"<code>{escape(said)}</code>"] if said else [head]
    if line.reference and line.reference != said:
        lines.append(t.gettext("Reference {reference}").format(reference=f"<code>{escape(line.reference)}</code>"))
    return lines


def recorded_row(t: Translator, line: StatementLine, payment: Payment, count: int) -> str:
    """A row that counts by a payment of before, one of `count`."""
    head = t.ngettext("{count} row is recorded already", "{count} rows are recorded already", count)
    said = t.gettext("Recorded: {amount}, {reference} for <b>{flat}</b>, {day}, by {who}").format(
        amount=t.rupees(payment.amount),
        reference=escape(payment.reference or "") or t.gettext("no reference"),
        flat=escape(payment.flat_code),
        day=t.day(payment.value_date),
        who=escape(payment.recorder or "") or t.gettext("the service"),
    )
    return "\n".join([head.format(count=count), *_as_the_bank_has_it(t, line), said])


def recorded_button(t: Translator, count: int) -> str:
    return t.gettext("Already recorded: {count}").format(count=count)


def another_button(t: Translator) -> str:
    return t.gettext("It is another payment")


def to_flat_button(t: Translator, flat: str) -> str:
    return t.gettext("To {flat}").format(flat=flat)


def other_flat_button(t: Translator) -> str:
    return t.gettext("Another flat…")


def ignore_button(t: Translator) -> str:
    return t.gettext("Not for a flat")


def next_button(t: Translator) -> str:
    return t.gettext("Next")


def statement_button(t: Translator) -> str:
    return t.gettext("The statement")


def ask_flat(t: Translator, line: StatementLine) -> str:
    return t.gettext("Row {row}, {amount}: for which flat? Send its code, such as B17-FF.").format(
        row=line.row_number, amount=t.rupees(line.amount)
    )


def confirm_flat(t: Translator, line: StatementLine, flat: Flat, owed: Decimal) -> str:
    """Before it is posted to a flat that was typed."""
    head = t.gettext("Row {row}: <b>{amount}</b> for <b>{flat}</b>").format(
        row=line.row_number, amount=t.rupees(line.amount), flat=escape(flat.code)
    )
    return admin_money.before_posting(t, head, flat, owed, line.amount)


def row_posted(t: Translator, line: StatementLine, done: PostedRow) -> str:
    amount, flat = t.rupees(done.payment.amount), escape(done.payment.flat_code)
    if done.left is None:
        return t.gettext("Row {row} was recorded already: {amount} for {flat}.").format(
            row=line.row_number, amount=amount, flat=flat
        )
    head = t.gettext("Row {row}: {amount} posted to {flat}.").format(row=line.row_number, amount=amount, flat=flat)
    said = f"{head} {admin_money.left(t, done.left).capitalize()}."
    return said if done.messages else f"{said} {t.gettext('No chat linked: receipt on paper.')}"


def row_decided(t: Translator, line: StatementLine) -> str:
    """It was decided before, or just now left out."""
    who = escape(line.decider or "") or t.gettext("the service")
    if line.state == "ignored":
        return t.gettext("Row {row}, {amount}: not for a flat, said {who}.").format(
            row=line.row_number, amount=t.rupees(line.amount), who=who
        )
    if line.state == "recorded":
        return t.gettext("Row {row}, {amount}, is recorded for {flat} already.").format(
            row=line.row_number, amount=t.rupees(line.amount), flat=escape(line.flat_code or "?")
        )
    return t.gettext("Row {row}, {amount}, was posted to {flat} by {who}.").format(
        row=line.row_number, amount=t.rupees(line.amount), flat=escape(line.flat_code or "?"), who=who
    )


def other_sum(t: Translator, line: StatementLine, payment: Payment) -> str:
    return t.gettext(
        "This number is recorded for <b>{flat}</b> with <b>{before}</b> on {day}; the bank says <b>{after}</b>. "
        "Which is right?"
    ).format(
        flat=escape(payment.flat_code),
        before=t.rupees(payment.amount),
        day=t.day(payment.value_date),
        after=t.rupees(line.amount),
    )


def impossible(t: Translator) -> str:
    return t.gettext("That cannot be posted from here: look at the flat's account.")


def all_done(t: Translator) -> str:
    return t.gettext("No row needs you any more.")


def workbook_caption(t: Translator, seen: Overview) -> str:
    count = len(seen.lines)
    return t.ngettext("{count} row of the statement", "{count} rows of the statement", count).format(count=count)


def headings(t: Translator) -> tuple[str, ...]:
    return (
        t.gettext("Row"),
        t.gettext("Date"),
        t.gettext("Amount"),
        t.gettext("Reference"),
        t.gettext("Narration"),
        t.gettext("State"),
        t.gettext("Flat"),
        t.gettext("Why"),
    )


def sheet_title(t: Translator) -> str:
    return t.gettext("Statement")


def state_word(t: Translator, line: StatementLine, one: Match | None) -> str:
    """What became of a row, or what would."""
    if line.state == "ignored":
        return t.gettext("not for a flat")
    if line.state == "posted":
        return t.gettext("posted")
    if line.state == "recorded":
        return t.gettext("already recorded")
    return t.gettext("matches") if one and one.verdict is Verdict.POST else t.gettext("needs you")
