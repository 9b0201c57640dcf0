"""What the office reads about a month as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.i18n import Translator, escape
from domain.period import Month
from storage.month_books import BlockUse, FlatUse, MonthFigures

_MOST_BLOCKS = 12


def about_report(t: Translator) -> str:
    return t.gettext("a month: billed, collected, outstanding")


def usage(t: Translator) -> str:
    return t.gettext("Send the month as year and month: /report 2026-10")


def report(t: Translator, month: Month, sums: MonthFigures, blocks: Sequence[BlockUse], top: Sequence[FlatUse]) -> str:
    """Figures before words: money, then units."""
    lines = [
        f"<b>{t.month(month)}</b>",
        t.gettext("Billed {amount}, {count} bills").format(amount=t.rupees(sums.billed), count=t.number(sums.bills)),
        _collected(t, sums),
        t.gettext("Outstanding {amount}, {count} flats, on {day}").format(
            amount=t.rupees(sums.outstanding), count=t.number(sums.owing), day=t.day(month.last_day)
        ),
        t.gettext("Units {units}, water motors {share}").format(units=t.number(sums.units), share=t.number(sums.share)),
    ]
    return "\n".join([*lines, *_blocks(t, blocks), *_top(t, top)])


def _collected(t: Translator, sums: MonthFigures) -> str:
    collected = t.gettext("Collected {amount}").format(amount=t.rupees(sums.collected))
    share = rate(sums)
    return collected if share is None else f"{collected} ({t.number(share)} %)"


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
    return (
        (t.gettext("Bills"), sums.bills),
        (t.gettext("Billed, rupees"), sums.billed),
        (t.gettext("Collected, rupees"), sums.collected),
        (t.gettext("Collected of billed, percent"), rate(sums)),
        (t.gettext("Outstanding at the end, rupees"), sums.outstanding),
        (t.gettext("Flats that owe"), sums.owing),
        (t.gettext("Units"), sums.units),
        (t.gettext("Units of water motors"), sums.share),
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
        t.gettext("Date"),
        t.gettext("Kind"),
        t.gettext("Amount"),
        t.gettext("Method"),
        t.gettext("Reference"),
        t.gettext("Bill"),
        t.gettext("Note"),
        t.gettext("By"),
    )
