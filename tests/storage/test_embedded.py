"""The embedded server with its real programs and real processes; each test in a folder of its own."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from storage import postgres_home
from storage.embedded import EmbeddedPostgres, EmbeddedPostgresError

ROOT = Path(__file__).parents[2]
FAST = {"fsync": "off"}
NOBODY = 65534
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

pytestmark = pytest.mark.slow


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that other users may enter, unlike those of pytest; its name is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="billing ") as name:
        Path(name).chmod(0o711)
        yield Path(name)


async def ask(address: str, question: str = "SELECT 1") -> object:
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def server_pid(folder: Path) -> int | None:
    pid_file = folder / "data" / "postmaster.pid"
    return int(pid_file.read_text("ascii").split()[0]) if pid_file.exists() else None


def another_process(folder: Path, then: str) -> subprocess.Popen[str]:
    """Starts the server in `folder`, prints its address, goes on with `then`."""
    program = f"""
    import sys, time, os
    from pathlib import Path
    from storage.embedded import EmbeddedPostgres
    server = EmbeddedPostgres(Path({str(folder)!r}), {FAST!r})
    print(server.start(), flush=True)
    {then}
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def kill(process: psutil.Process) -> None:
    """It may stay on as a zombie where nobody asks for its exit code."""
    process.kill()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


class TestLife:
    @pytest.mark.parametrize("name", ["pg", "spaces ' & $HOME हिन्दी", "a, comma"])
    async def test_data_is_there_after_a_restart(self, open_folder: Path, name: str) -> None:
        folder = open_folder / name
        with EmbeddedPostgres(folder, FAST) as address:
            await ask(address, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert server_pid(folder) is None
        async with EmbeddedPostgres(folder, FAST) as address:
            assert await ask(address, "SELECT answer FROM kept") == 42
            assert await ask(address, "SELECT current_setting('server_version')::numeric >= 18")

    async def test_a_path_too_long_for_a_socket_listens_on_loopback_with_a_password(self, open_folder: Path) -> None:
        folder = open_folder / ("long" * 30)
        with EmbeddedPostgres(folder, FAST) as address:
            assert "@127.0.0.1:" in address
            assert await ask(address) == 1
            password = (folder / "password").read_text("ascii")
            with pytest.raises(asyncpg.InvalidPasswordError):
                await ask(address.replace(password, "guessed"))
            assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600

    async def test_a_socket_is_closed_to_other_users(self, open_folder: Path) -> None:
        with EmbeddedPostgres(open_folder / "pg", FAST) as address:
            assert "host=" in address
            assert await ask(address, "SELECT current_setting('listen_addresses')") == ""
            assert stat.S_IMODE((open_folder / "pg").stat().st_mode) == 0o700

    async def test_sorting_and_time_zone_are_the_same_everywhere(
        self, open_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LANG", "xx_YY.nonsense")
        monkeypatch.setenv("TZ", "America/New_York")
        with EmbeddedPostgres(open_folder / "pg", FAST) as address:
            assert await ask(address, "SELECT datlocale FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"
            assert await ask(address, "SELECT current_setting('timezone')") == "UTC"

    async def test_a_postgres_on_the_system_has_no_influence(
        self, open_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trap = open_folder / "system"
        trap.mkdir()
        for name in ("postgres", "pg_ctl", "initdb", "psql"):
            (trap / name).write_text("#!/bin/sh\nexit 97\n", "utf-8")
            (trap / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{trap}{os.pathsep}{os.environ['PATH']}")
        for name, value in {
            "PGHOST": "db.example.org",
            "PGPORT": "1",
            "PGDATA": "/x",
            "PGUSER": "x",
            "PGPASSWORD": "x",
            "PGDATABASE": "x",
            "PGOPTIONS": "-c geqo=off",
            "PGSSLMODE": "require",
        }.items():
            monkeypatch.setenv(name, value)
        with EmbeddedPostgres(open_folder / "pg", FAST) as address:
            assert await ask(address, "SELECT current_user::text") == "postgres"


class TestShared:
    async def test_the_last_one_ends_it(self, open_folder: Path) -> None:
        first, second = EmbeddedPostgres(open_folder / "pg", FAST), EmbeddedPostgres(open_folder / "pg")
        assert first.start() == second.start()
        first.stop()
        first.stop()
        with EmbeddedPostgres(open_folder / "pg") as address:
            assert await ask(address) == 1
        second.stop()
        assert server_pid(open_folder / "pg") is None

    async def test_another_process_keeps_it(self, open_folder: Path) -> None:
        with another_process(open_folder / "pg", "sys.stdin.read()") as other:
            assert other.stdout
            address = other.stdout.readline().strip()
            with EmbeddedPostgres(open_folder / "pg") as mine:
                assert mine == address
            assert await ask(address) == 1
            other.communicate()
        assert server_pid(open_folder / "pg") is None

    async def test_a_killed_process_leaves_it_to_the_next_which_ends_it(self, open_folder: Path) -> None:
        with another_process(open_folder / "pg", "os.kill(os.getpid(), 9)") as other:
            other.communicate()
        left = server_pid(open_folder / "pg")
        assert left is not None
        with EmbeddedPostgres(open_folder / "pg") as address:
            assert await ask(address) == 1
            assert server_pid(open_folder / "pg") == left
        assert server_pid(open_folder / "pg") is None

    def test_processes_that_start_at_once_share_one(self, open_folder: Path) -> None:
        others = [another_process(open_folder / "pg", "time.sleep(0.5)") for _ in range(3)]
        addresses = {other.communicate(timeout=60)[0] for other in others}
        assert len(addresses) == 1
        assert [other.returncode for other in others] == [0, 0, 0]
        assert server_pid(open_folder / "pg") is None


class TestErasing:
    async def test_the_next_start_is_a_first_one(self, open_folder: Path) -> None:
        server = EmbeddedPostgres(open_folder / "pg", FAST)
        server.erase()
        await ask(server.start(), "CREATE TABLE gone ()")
        server.stop()
        server.erase()
        assert server_pid(open_folder / "pg") is None
        with server as address:
            assert await ask(address, "SELECT to_regclass('gone') IS NULL") is True

    async def test_it_is_refused_while_somebody_uses_the_server(self, open_folder: Path) -> None:
        with EmbeddedPostgres(open_folder / "pg", FAST) as address:
            with pytest.raises(EmbeddedPostgresError, match="another process is using it"):
                EmbeddedPostgres(open_folder / "pg").erase()
            assert await ask(address) == 1


class TestRecovery:
    async def test_a_killed_server_starts_again(self, open_folder: Path) -> None:
        server = EmbeddedPostgres(open_folder / "pg")
        await ask(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
        kill(psutil.Process(server_pid(open_folder / "pg")))
        with EmbeddedPostgres(open_folder / "pg") as address:
            assert await ask(address, "SELECT answer FROM kept") == 42
        server.stop()

    async def test_files_that_a_loss_of_power_left_empty(self, open_folder: Path) -> None:
        folder = open_folder / "pg"
        with EmbeddedPostgres(folder, FAST) as address:
            await ask(address, "CREATE TABLE kept AS SELECT 42 AS answer")
        (folder / "data" / "postmaster.pid").touch()
        (folder / ".handle_pids.json").write_text("")
        with EmbeddedPostgres(folder, FAST) as address:
            assert await ask(address, "SELECT answer FROM kept") == 42

    async def test_a_pid_that_belongs_to_somebody_else_now(self, open_folder: Path) -> None:
        with EmbeddedPostgres(open_folder / "pg", FAST):
            was = (open_folder / "pg" / "data" / "postmaster.pid").read_text("ascii")
        lines = [str(os.getpid()), *was.splitlines()[1:]]
        (open_folder / "pg" / "data" / "postmaster.pid").write_text("\n".join(lines), "ascii")
        with EmbeddedPostgres(open_folder / "pg", FAST) as address:
            assert await ask(address) == 1

    def test_a_handle_whose_number_was_given_again_does_not_count(self, open_folder: Path) -> None:
        with EmbeddedPostgres(open_folder / "pg", FAST):
            handles = open_folder / "pg" / ".handle_pids.json"
            long_ago = psutil.Process(1).create_time() - 10 * 3600
            handles.write_text(json.dumps({**json.loads(handles.read_text("utf-8")), "old": [1, long_ago]}), "utf-8")
        assert server_pid(open_folder / "pg") is None

    async def test_an_interrupted_first_start_is_done_again(self, open_folder: Path) -> None:
        left = open_folder / "pg" / "data.new"
        left.mkdir(parents=True)
        (left / "PG_VERSION").write_text("18", "ascii")
        if IS_ROOT:
            (open_folder / "pg").chmod(0o700)
            account = postgres_home.service_account()
            for path in (open_folder / "pg", left):
                os.chown(path, account.uid, account.gid)
        with EmbeddedPostgres(open_folder / "pg", FAST) as address:
            assert await ask(address) == 1


class TestRefusal:
    def test_a_folder_that_cannot_be_made(self, open_folder: Path) -> None:
        (open_folder / "file").touch()
        with pytest.raises(EmbeddedPostgresError, match=r"DATA_DIR.*DATABASE_URL") as caught:
            EmbeddedPostgres(open_folder / "file" / "pg").start()
        assert str(open_folder / "file" / "pg") in str(caught.value)

    def test_a_cluster_of_another_version(self, open_folder: Path) -> None:
        with EmbeddedPostgres(open_folder / "pg", FAST):
            pass
        (open_folder / "pg" / "data" / "PG_VERSION").write_text("17\n", "ascii")
        with pytest.raises(EmbeddedPostgresError, match="17"):
            EmbeddedPostgres(open_folder / "pg", FAST).start()


def as_nobody(command: list[str], folder: Path, env: dict[str, str]) -> None:
    subprocess.run(command, check=True, cwd=folder, env=env, user=NOBODY, group=NOBODY, extra_groups=[])


@pytest.mark.skipif(not IS_ROOT, reason="only root becomes somebody else")
class TestRoot:
    def test_it_runs_as_a_user_without_rights(self, open_folder: Path) -> None:
        with EmbeddedPostgres(open_folder / "pg", FAST):
            assert psutil.Process(server_pid(open_folder / "pg")).uids().effective != 0

    async def test_closed_folders_stay_closed(self, open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        state = open_folder / "state"
        monkeypatch.setattr(postgres_home, "ROOT_STATE", state)
        home = open_folder / "root's home"
        home.mkdir(mode=0o700)
        for _ in range(2):
            with EmbeddedPostgres(home / "pg", FAST) as address:
                assert await ask(address) == 1
                assert (home / "pg").readlink().parent == state
        EmbeddedPostgres(home / "pg").erase()
        assert not list(state.iterdir())
        assert not (home / "pg").is_symlink()
        assert stat.S_IMODE(home.stat().st_mode) == 0o700

    async def test_programs_out_of_reach_are_copied(self, open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres_home, "ROOT_STATE", open_folder / "state")
        monkeypatch.setattr(postgres_home, "_open_to_all", lambda path: not path.match("bin/postgres"))
        with EmbeddedPostgres(open_folder / "pg", FAST) as address:
            assert await ask(address) == 1
        assert list((open_folder / "state").glob("postgres-*/*/pginstall18/bin/postgres"))

    async def test_a_folder_of_a_plain_user_stays_theirs(self, open_folder: Path) -> None:
        """As with sudo in somebody's project: they must be able to go on without it."""
        (open_folder / "theirs").mkdir()
        os.chown(open_folder / "theirs", NOBODY, NOBODY)
        program = "from storage.embedded import *; s = EmbeddedPostgres(Path('pg')); s.start(); s.stop()"
        python = next(filter(Path.exists, [Path("/usr/bin/python3"), Path(sys.executable)]))
        pythonpath = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
        for _ in range(2):
            env = {"PATH": os.defpath, "PYTHONPATH": pythonpath, "HOME": "/nonexistent"}
            await asyncio.to_thread(as_nobody, [str(python), "-c", program], open_folder / "theirs", env)
            with EmbeddedPostgres(open_folder / "theirs" / "pg", FAST) as address:
                assert await ask(address) == 1
                assert psutil.Process(server_pid(open_folder / "theirs" / "pg")).uids().effective == NOBODY
