"""Backup and back: nothing is lost, nothing is changed, and nothing is mixed into data that is there."""

import asyncio
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from domain.payments import PaymentMethod
from jobs import bill_messages
from jobs.record_payment import PaymentSlip, record
from jobs.verify import verify_database
from jobs.work import Actor, Work
from storage import archive
from storage.archive import ArchiveError
from storage.database import open_database
from storage.migrate import migrate
from tests.billing import NOW, issue
from tests.society import SOCIETY, build, past, work


@pytest.fixture
async def filled(dsn: str) -> str:
    """A society with a bill, a payment, a photo with every byte, a name with tab, line end and backslash."""
    database = await open_database(dsn)
    async with database.transaction() as conn:
        town = await build(conn)
        await past(conn, town.flat("B17-FF"), date(2026, 10, 2), "146.50")
        await issue(work(conn, town.rekha, NOW), town.flat("B17-FF").flat_id, "146")
        slip = PaymentSlip("B17-FF", Decimal("1000.10"), PaymentMethod.CASH)
        await record(work(conn, town.rekha, NOW), slip, "one")
        await conn.execute(
            "insert into photos (sha256, content, width, height) values (sha256($1), $1, 1, 1)", bytes(range(256)) * 999
        )
        await conn.execute("update owners set name = E'A\\tB\\nC\\\\D श्री' where name = 'Mr Sharma'")
    await database.close()
    return dsn


@pytest.fixture
async def empty(empty_dsn: str) -> str:
    await migrate(empty_dsn)
    return empty_dsn


async def _everything(dsn: str) -> dict[str, str]:
    """A hash of each table's rows."""
    conn = await asyncpg.connect(dsn)
    try:
        names = await conn.fetch("select tablename as name from pg_policies where policyname = 'billing_service'")
        sql = "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') || count(*) from {} t"
        return {row["name"]: await conn.fetchval(sql.format(row["name"])) for row in names}
    finally:
        await conn.close()


async def test_everything_comes_back(filled: str, empty: str, tmp_path: Path) -> None:
    before = await _everything(filled)
    made = await archive.write(filled, tmp_path / "all.zip")
    restored = await archive.restore(empty, tmp_path / "all.zip")
    after = await _everything(empty)
    for changed in ("billing_migrations", "notifications", "job_pauses"):
        del before[changed], after[changed]
    assert after == before
    assert restored.archive == made
    assert (await verify_database(empty)).ok
    assert made.rows["flats"] == 11


async def test_ids_that_may_have_gone_out_after_the_backup_are_not_given_again(
    filled: str, empty: str, tmp_path: Path
) -> None:
    await archive.write(filled, tmp_path / "all.zip")
    await archive.restore(empty, tmp_path / "all.zip")
    conn = await asyncpg.connect(empty)
    for table in ("bills", "payment_attempts"):
        assert await conn.fetchval("select nextval(pg_get_serial_sequence($1, 'id'))", table) > 10_000
    await conn.close()


async def test_what_waited_to_be_sent_is_set_aside_and_listed(filled: str, empty: str, tmp_path: Path) -> None:
    database = await open_database(filled)
    async with database.transaction() as own:
        bill_id, flat_id = await own.fetchval("select (id, flat_id) from bills")
        office = Work(own, NOW, SOCIETY, Actor(None, "office"), "TEST")
        assert await bill_messages.send(office, bill_id, flat_id, bulk=True) == 1
    await database.close()
    await archive.write(filled, tmp_path / "all.zip")
    aside = (await archive.restore(empty, tmp_path / "all.zip")).aside
    assert aside.flats == ("B17-FF",)
    conn = await asyncpg.connect(empty)
    waiting = await conn.fetch("select kind from notifications where outbox and status = 'queued'")
    stopped = await conn.fetchval(
        "select count(*) from notifications where (status, error) = ('cancelled', 'restored')"
    )
    paused = await conn.fetchval("select job from job_pauses")
    await conn.close()
    assert {row["kind"] for row in waiting} == {"restored"}
    assert stopped == 1 + aside.others
    assert paused == "payment_reminders"


async def test_life_goes_on_with_the_next_number_and_the_guards_are_up(filled: str, empty: str, tmp_path: Path) -> None:
    await archive.write(filled, tmp_path / "all.zip")
    await archive.restore(empty, tmp_path / "all.zip")
    conn = await asyncpg.connect(empty)
    try:
        last = await conn.fetchval("select max(id) from account_entries")
        with pytest.raises(asyncpg.PostgresError):
            await conn.execute("delete from bills")
        database = await open_database(empty)
        async with database.transaction() as own:
            slip = PaymentSlip("B17-FF", Decimal(5), PaymentMethod.CASH)
            await record(Work(own, NOW, SOCIETY, Actor(None, "office"), "TEST"), slip, "two")
        await database.close()
        assert await conn.fetchval("select max(id) from account_entries") == last + 1
    finally:
        await conn.close()


async def test_a_database_with_data_is_refused_and_left_as_it_was(filled: str, tmp_path: Path) -> None:
    await archive.write(filled, tmp_path / "all.zip")
    before = await _everything(filled)
    with pytest.raises(ArchiveError, match="not empty"):
        await archive.restore(filled, tmp_path / "all.zip")
    assert await _everything(filled) == before


async def test_another_version_is_refused(filled: str, empty: str, tmp_path: Path) -> None:
    await archive.write(filled, tmp_path / "all.zip")
    conn = await asyncpg.connect(empty)
    await conn.execute("delete from billing_migrations where number = (select max(number) from billing_migrations)")
    await conn.close()
    with pytest.raises(ArchiveError, match="another version"):
        await archive.restore(empty, tmp_path / "all.zip")


async def test_a_column_of_the_former_project_comes_back_too(filled: str, empty: str, tmp_path: Path) -> None:
    conn = await asyncpg.connect(filled)
    await conn.execute("alter table flats add column colour text")
    await conn.execute("update flats set colour = 'blue' where code = 'B17-FF'")
    await conn.close()
    await archive.write(filled, tmp_path / "all.zip")
    await archive.restore(empty, tmp_path / "all.zip")
    conn = await asyncpg.connect(empty)
    assert await conn.fetchval("select colour from flats where code = 'B17-FF'") == "blue"
    await conn.close()


@pytest.mark.parametrize("wrong", ["no zip", "no manifest", "cut", "rows missing"])
async def test_a_damaged_file_restores_nothing(filled: str, empty: str, tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "all.zip"
    await archive.write(filled, path)
    if wrong == "no zip":
        path.write_text("hello")
    elif wrong == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        _rewrite(path, without="manifest.json" if wrong == "no manifest" else "tables/audit")
    before = await _everything(empty)
    with pytest.raises(ArchiveError):
        await archive.restore(empty, path)
    assert await _everything(empty) == before


def _rewrite(path: Path, without: str) -> None:
    with zipfile.ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    if without.startswith("tables/"):
        kept[without] = b""
    else:
        del kept[without]
    with zipfile.ZipFile(path, "w") as new:
        for name, content in kept.items():
            new.writestr(name, content)


async def test_it_is_one_moment_however_much_is_written_meanwhile(filled: str, empty: str, tmp_path: Path) -> None:
    """What is in the audit trail is on the account, too."""
    database = await open_database(filled)
    stop = asyncio.Event()

    async def pay() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            async with database.transaction() as conn:
                slip = PaymentSlip("B17-FF", Decimal(number), PaymentMethod.CASH)
                await record(Work(conn, NOW, SOCIETY, Actor(None, "office"), "TEST"), slip, f"busy {number}")

    paying = asyncio.create_task(pay())
    await asyncio.sleep(0.2)
    await archive.write(filled, tmp_path / "all.zip")
    stop.set()
    await paying
    await database.close()
    await archive.restore(empty, tmp_path / "all.zip")
    assert (await verify_database(empty)).ok
    with zipfile.ZipFile(tmp_path / "all.zip") as made:
        tables = json.loads(made.read("manifest.json"))["tables"]
    conn = await asyncpg.connect(empty)
    recorded = await conn.fetchval("select count(*) from audit where action = 'payment.recorded'")
    posted = await conn.fetchval("select count(*) from account_entries where kind = 'PAYMENT'")
    await conn.close()
    assert recorded == posted
    assert tables["audit"]["rows"] == recorded
