"""What the installer's check finds in the data."""

from datetime import UTC, datetime

from jobs.examine import examine
from jobs.work import Actor, Work
from storage.database import Database
from tests import society

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


async def test_what_is_missing_is_named(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        work = society.work(conn, town.rekha, NOW)
        whole = await examine(work)
        without_owner = "update flat_owners set until = '2026-10-01' where flat_id = $1"
        await conn.execute(without_owner, town.flat("B17-SF").flat_id)
        without_price = "insert into tariffs (flat_id, valid_from, source) values ($1, '2026-01-01', 'test')"
        await conn.execute(without_price, town.flat("B7-FF").flat_id)
        found = await examine(work)
    assert (whole.counts.flats, whole.counts.active_meters) == (11, 13)
    assert (whole.counts.admins, whole.counts.engineers, whole.counts.owners_linked) == (2, 2, 1)
    assert (whole.default_priced, whole.without_owner, whole.parked) == ((), (), ())
    assert found.without_owner == ("B17-SF",)
    assert found.default_priced == ("B7-FF",)


async def test_an_empty_database_has_nothing_to_complain_about_but_its_prices(db: Database) -> None:
    async with db.transaction() as conn:
        found = await examine(Work(conn, NOW, society.SOCIETY, Actor(None, "doctor"), "TEST"))
    assert (found.counts.flats, found.default_priced, found.without_owner) == (0, (), ())
    assert not found.master_data
