import socket

import asyncpg
import pytest


def test_the_network_is_out_of_reach() -> None:
    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 443))
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.create_connection(("example.org", 443), timeout=1)


async def test_each_test_has_its_own_database(dsn: str, empty_dsn: str) -> None:
    first, second = [await asyncpg.connect(url) for url in (dsn, empty_dsn)]
    names = {await connection.fetchval("SELECT current_database()") for connection in (first, second)}
    await first.close()
    await second.close()
    assert len(names) == 2
