"""A month's entries as a table: bills by the number on them, reasons in words."""

from decimal import Decimal

from bot.i18n import Translator
from bot.month_tables import Exported, table_of
from domain.period import Month
from jobs.correct_account import Note, Posted, debit_note
from storage.database import Database, connect
from tests.billing import NOW, issue
from tests.society import build, work


async def test_the_ledger_names_bills_by_their_number_and_reasons_in_words(db: Database) -> None:
    owner = await connect(db.dsn)
    await owner.execute("select setval(pg_get_serial_sequence('bills', 'id'), 10438)")
    await owner.close()
    async with db.transaction() as conn:
        town = await build(conn)
        office, flat = work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id
        bill = await issue(office, flat, "100")
        assert isinstance(await debit_note(office, Note(flat, Decimal(5), "wrong_price"), "token"), Posted)
        assert isinstance(await debit_note(office, Note(flat, Decimal(6), "=typed"), "other"), Posted)
        table = await table_of(conn, Translator("en"), Exported.LEDGER, Month(2026, 11))
    column = {name: [row[number] for row in table.rows] for number, name in enumerate(table.headings)}
    assert bill.id == 10_439
    assert column["Bill"] == [f"2026-{bill.id:04}", None, None]
    assert column["Note"] == [None, "wrong price", "=typed"]
