"""What the office reads about a month as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.i18n import Translator, escape
from domain.money import ZERO
from domain.period import Month
from storage.month_books import BlockUse, FlatUse, MonthFigures

_MOST_BLOCKS = 12


def about_report(t: Translator) -> str:
    return t.gettext("a month: billed, collected, outstanding")


def usage(t: Translator) -> str:
    return t.gettext("Send the month as year and month: /report 2026-10")


def not_begun(t: Translator, month: Month) -> str:
    return t.gettext("{month} has not begun. Send a month that has, like /report 2026-10").format(month=t.month(month))


def report(t: Translator, sums: MonthFigures, blocks: Sequence[BlockUse], top: Sequence[FlatUse]) -> str:
    """Figures before words: money, then units."""
    billed = t.ngettext("Billed {amount}, {count} bill", "Billed {amount}, {count} bills", sums.bills)
    lines = [
        f"<b>{title(t, sums)}</b>",
        billed.format(amount=t.rupees(sums.billed), count=t.number(sums.bills)),
        _collected(t, sums),
        _outstanding(t, sums),
        t.gettext("Units {units}, water motors {share}").format(units=t.number(sums.units), share=t.number(sums.share)),
        "",
        f"<b>{accounts_title(t)}</b>",
        *[f"{name}: {amount}" for name, amount in account_lines(t, sums)],
    ]
    book = t.gettext("The workbook has every bill, reading and account entry.")
    return "\n".join([*lines, *_advance(t, sums), "", *_blocks(t, blocks), *_top(t, top), book])


def title(t: Translator, sums: MonthFigures) -> str:
    """The month; while it lasts with the day that the figures are of."""
    if sums.until == sums.month.last_day:
        return t.month(sums.month)
    return t.gettext("{month} until {day}").format(month=t.month(sums.month), day=t.day(sums.until))


def _collected(t: Translator, sums: MonthFigures) -> str:
    collected = t.gettext("Collected {amount}").format(amount=t.rupees(sums.collected))
    share = rate(sums)
    return collected if share is None else f"{collected} ({t.number(share)} %)"


def _outstanding(t: Translator, sums: MonthFigures) -> str:
    form = t.ngettext(
        "Outstanding {amount}, {count} flat, on {day}", "Outstanding {amount}, {count} flats, on {day}", sums.owing
    )
    return form.format(amount=t.rupees(sums.outstanding), count=t.number(sums.owing), day=t.day(sums.until))


def accounts_title(t: Translator) -> str:
    """Above what the month did to all accounts."""
    return t.gettext("All accounts in these days")


def account_lines(t: Translator, sums: MonthFigures) -> list[tuple[str, str]]:
    """Name and amount of each line: the first, and what follows with its sign, come to the last."""
    accounts = sums.accounts
    taken_over = [(t.gettext("Taken over from before"), _signed(t, accounts.taken_over))] if accounts.taken_over else []
    return [
        (t.gettext("Owed before {day}").format(day=t.day(sums.month.first_day)), t.rupees(accounts.opening)),
        *taken_over,
        (t.gettext("Bills issued"), _signed(t, accounts.issued)),
        (t.gettext("Credit and debit notes"), _signed(t, accounts.notes)),
        (t.gettext("Payments"), _signed(t, -accounts.collected)),
        (t.gettext("Owed on {day}").format(day=t.day(sums.until)), t.rupees(accounts.closing)),
    ]


def _advance(t: Translator, sums: MonthFigures) -> list[str]:
    """Why the last line is less than what is outstanding."""
    if not sums.accounts.advance:
        return []
    form = t.gettext("That is {owed} outstanding, less {advance} paid in advance.")
    return [form.format(owed=t.rupees(sums.outstanding), advance=t.rupees(sums.accounts.advance))]


def _signed(t: Translator, amount: Decimal) -> str:
    return f"{'−' if amount < ZERO else '+'}{t.rupees(abs(amount))}"


def picture_button(t: Translator) -> str:
    return t.gettext("As a picture")


def picture_sent(t: Translator, month: Month) -> str:
    return t.gettext("{month} as a picture.").format(month=t.month(month))


def picture_failed(t: Translator) -> str:
    return t.gettext("The picture could not be made. The figures above stand; please tell whoever looks after this.")


def money_bars(t: Translator, sums: MonthFigures) -> list[tuple[str, Decimal]]:
    """Name and rupees of each bar."""
    return [
        (t.gettext("Billed"), sums.billed),
        (t.gettext("Collected"), sums.collected),
        (t.gettext("Outstanding"), sums.outstanding),
    ]


def units_by_block(t: Translator) -> str:
    return t.gettext("Units by block")


def more_blocks(t: Translator, count: int) -> str:
    """Below the bars; nothing where all are shown."""
    return t.gettext("{count} more in the workbook").format(count=count) if count > 0 else ""


def rate(sums: MonthFigures) -> Decimal | None:
    """What was collected in percent of what was billed, to one place; None where nothing was billed."""
    return round(sums.collected * 100 / sums.billed, 1) if sums.billed else None


def _blocks(t: Translator, blocks: Sequence[BlockUse]) -> list[str]:
    shown = [f"{escape(one.block)} {t.number(one.units)}" for one in blocks[:_MOST_BLOCKS]]
    more = [t.gettext("{count} more in the workbook").format(count=len(blocks) - _MOST_BLOCKS)]
    parts = [*shown, *(more if len(blocks) > _MOST_BLOCKS else [])]
    return [t.gettext("Units by block: {blocks}").format(blocks=", ".join(parts))] if parts else []


def _top(t: Translator, top: Sequence[FlatUse]) -> list[str]:
    shown = ", ".join(f"{escape(one.flat_code)} {t.number(one.units)}" for one in top)
    return [t.gettext("Most units: {flats}").format(flats=shown)] if shown else []


def sheet_title(t: Translator, kind: str) -> str:
    words = {
        "summary": t.gettext("Summary"),
        "blocks": t.gettext("Blocks"),
        "bills": t.gettext("Bills"),
        "readings": t.gettext("Readings"),
        "ledger": t.gettext("Ledger"),
    }
    return words[kind]


def summary_headings(t: Translator) -> tuple[str, ...]:
    return (t.gettext("What"), t.gettext("Figure"))


def summary_rows(t: Translator, sums: MonthFigures) -> tuple[tuple[str, Decimal | int | None], ...]:
    """Those of all accounts add up: what was owed before, and what follows, come to what is owed at the end."""
    accounts = sums.accounts
    return (
        (t.gettext("Bills"), sums.bills),
        (t.gettext("Billed, rupees"), sums.billed),
        (t.gettext("Collected, rupees"), sums.collected),
        (t.gettext("Collected of billed, percent"), rate(sums)),
        (t.gettext("Outstanding at the end, rupees"), sums.outstanding),
        (t.gettext("Flats that owe"), sums.owing),
        (t.gettext("Units"), sums.units),
        (t.gettext("Units of water motors"), sums.share),
        (t.gettext("All accounts: owed before, rupees"), accounts.opening),
        (t.gettext("All accounts: taken over from before, rupees"), accounts.taken_over),
        (t.gettext("All accounts: bills issued, rupees"), accounts.issued),
        (t.gettext("All accounts: credit and debit notes, rupees"), accounts.notes),
        (t.gettext("All accounts: payments, rupees"), -accounts.collected),
        (t.gettext("All accounts: owed at the end, rupees"), accounts.closing),
        (t.gettext("Paid in advance at the end, rupees"), accounts.advance),
    )


def block_headings(t: Translator) -> tuple[str, ...]:
    return (t.gettext("Block"), t.gettext("Bills"), t.gettext("Units"), t.gettext("Billed, rupees"))


def bill_headings(t: Translator) -> tuple[str, ...]:
    return (
        t.gettext("Bill"),
        t.gettext("Flat"),
        t.gettext("Owner"),
        t.gettext("From"),
        t.gettext("To"),
        t.gettext("Due date"),
        t.gettext("Units"),
        t.gettext("Motor share"),
        t.gettext("Rate"),
        t.gettext("Energy"),
        t.gettext("Fixed charge"),
        t.gettext("Arrears"),
        t.gettext("Total"),
        t.gettext("Status"),
    )


def reading_headings(t: Translator) -> tuple[str, ...]:
    return (
        t.gettext("Reading"),
        t.gettext("Flat"),
        t.gettext("Motor"),
        t.gettext("Meter"),
        t.gettext("Date"),
        t.gettext("Value"),
        t.gettext("Motor share"),
        t.gettext("State"),
        t.gettext("By"),
    )


def ledger_headings(t: Translator) -> tuple[str, ...]:
    return (
        t.gettext("Entry"),
        t.gettext("Flat"),
        t.gettext("Posted on"),
        t.gettext("Money came on"),
        t.gettext("Kind"),
        t.gettext("Amount"),
        t.gettext("Method"),
        t.gettext("Reference"),
        t.gettext("Bill"),
        t.gettext("Note"),
        t.gettext("By"),
    )
