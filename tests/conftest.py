"""A real PostgreSQL for every test that asks for one, and no network beyond this machine."""

import asyncio
import ipaddress
import os
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import psutil
import pytest

from storage.database import Database, open_database
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate

# A machine that pauses for a moment is no finding, and a red run must be red again elsewhere.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


class NetworkUsedError(RuntimeError):
    """A test tried to reach something beyond this machine."""


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        _refuse_unless_local(arguments[1][0])
    elif event == "socket.getaddrinfo":
        _refuse_unless_local(arguments[0])


def _refuse_unless_local(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        local = ipaddress.ip_address(str(name)).is_loopback or str(name) == "0.0.0.0"  # noqa: S104 - to listen on
    except ValueError:
        local = False
    if not local:
        raise NetworkUsedError(name)


sys.addaudithook(_refuse_network)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of an own server of this test process, as its superuser."""
    user = os.getuid() if sys.platform != "win32" else 0
    family = Path(tempfile.gettempdir()) / f"billing-tests-{user}"
    family.mkdir(exist_ok=True)
    family.chmod(0o711)
    _end_abandoned(family)
    folder = family / str(os.getpid())
    with EmbeddedPostgres(folder, _FAST) as address:
        yield address
    shutil.rmtree(folder)


def _end_abandoned(family: Path) -> None:
    """Servers of test runs that were killed."""
    for folder in family.iterdir():
        if not psutil.pid_exists(int(folder.name)):
            with suppress(OSError, ValueError, psutil.Error):
                pid = int((folder / "data" / "postmaster.pid").read_text("ascii").splitlines()[0])
                server = psutil.Process(pid)
                if server.name().startswith("postgres"):
                    server.send_signal(signal.SIGINT)
                    server.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(postgres: str) -> str:
    """Name of a database in which every migration has run; tests get copies of it."""
    name = "template_migrated"
    _now(_execute(postgres, f"CREATE DATABASE {name}"))
    _now(migrate(_address(postgres, name)))
    return name


@pytest.fixture
def dsn(postgres: str, template_database: str) -> Iterator[str]:
    """Address of a migrated database of this test alone."""
    with _database(postgres, template_database) as address:
        yield address


@pytest.fixture
async def db(dsn: str) -> AsyncIterator[Database]:
    """A pool, as the running service's role, on a migrated database of this test alone."""
    database = await open_database(dsn)
    yield database
    await database.close()


@pytest.fixture
def empty_dsn(postgres: str) -> Iterator[str]:
    """Address of an empty database of this test alone, for migrations and adoption."""
    with _database(postgres, "template1") as address:
        yield address


@contextmanager
def _database(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    _now(_execute(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _address(server, name)
    _now(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


def _address(server: str, database: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


async def _execute(address: str, statement: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _now(work: Coroutine[Any, Any, object]) -> None:
    """In a thread: the event loop of the test must not notice."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
