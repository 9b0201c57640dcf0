"""`billing user forget`: shown first, done with --yes, once."""

import asyncio

import asyncpg

from tests.bot.cli.conftest import Billing


def _leave(dsn: str) -> str:
    """The owner of a flat of the sample society leaves it; their name."""

    async def leave() -> str:
        conn = await asyncpg.connect(dsn)
        try:
            flat, owner, name = await conn.fetchrow(
                """select fo.flat_id, o.id, o.name from flat_owners fo join owners o on o.id = fo.owner_id
                   where (select count(*) from flat_owners x where x.owner_id = o.id) = 1
                     and not exists (select from owner_people where owner_id = o.id) order by o.id limit 1"""
            ) or (0, 0, "")
            await conn.execute(
                "update flat_owners set until = '2026-10-01' where flat_id = $1 and owner_id = $2", flat, owner
            )
            return str(name)
        finally:
            await conn.close()

    return asyncio.run(leave())


def test_it_is_shown_first_and_done_with_yes(seeded: Billing, dsn: str) -> None:
    name = _leave(dsn)
    assert name in seeded("user", "forget").out
    shown = seeded("user", "forget", name)
    assert shown.code == 0
    assert "Goes for good: the name" in shown.out
    assert "--yes" in shown.err
    dry = seeded("user", "forget", name, "--dry-run", "--json").document
    assert dry["state"] == "to forget"
    assert set(dry["goes"]) == {"phones", "emails", "chats", "messages_sent", "messages_received", "invites"}
    done = seeded("user", "forget", name, "--yes", "--json")
    assert (done.code, done.document["state"]) == (0, "forgotten")
    assert name not in done.out
    assert seeded("user", "forget", name, "--yes").code == 1
    assert seeded("user", "forget", "--json").document == {"state": "nothing done", "owners": []}


def test_yes_and_dry_run_together_are_wrong_usage(seeded: Billing) -> None:
    assert seeded("user", "forget", "x", "--yes", "--dry-run").code == 2
