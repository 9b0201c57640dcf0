"""What the installer's check finds in the data."""

from datetime import UTC, datetime

from jobs.examine import examine
from storage.database import Database
from tests import society

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


async def test_what_is_missing_is_named(db: Database) -> None:
    async with db.transaction() as conn:
        town = await society.build(conn)
        work = society.work(conn, town.rekha, NOW)
        whole = await examine(work)
        home, other = town.flat("B17-SF"), town.flat("B7-FF")
        await conn.execute("update flat_owners set until = '2026-10-01' where flat_id = $1", home.flat_id)
        await conn.execute("delete from tariffs where flat_id = $1", other.flat_id)
        found = await examine(work)
    assert (whole.counts.flats, whole.counts.active_meters) == (11, 13)
    assert (whole.counts.admins, whole.counts.engineers, whole.counts.owners_linked) == (2, 2, 1)
    assert (whole.default_priced, whole.without_owner, whole.parked) == ((), (), ())
    assert found.without_owner == ("B17-SF",)
    assert found.default_priced == ("B7-FF",)


async def test_an_empty_database_is_looked_at_without_a_word_of_complaint(db: Database) -> None:
    async with db.transaction() as conn:
        town_less = await examine(society.work(conn, (await society.build(conn)).rekha, NOW))
        assert town_less.master_data
        await conn.execute("delete from tariffs")
        assert not (await examine(society.work(conn, society.Resident("x", 1, 1, "1", frozenset()), NOW))).master_data
