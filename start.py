"""Installs what the service needs into a folder of its own, then runs it. Needs nothing but Python.

python start.py              the demo: everything on this computer, nothing to configure
python start.py test [...]   the test suite; the rest goes to pytest
python start.py bench        the benchmark table
python start.py <command>    any other command of the service: doctor, run, migrate ... (--help lists them)
"""

import sys

OLDEST, NEWEST = (3, 11), (3, 14)  # NEWEST: the last Python for which every package has a ready-made file
if sys.version_info < OLDEST:
    sys.exit(
        "This needs Python 3.11 or newer; this one is {}.{}. Get it from python.org, or on Debian and Ubuntu:"
        " sudo apt install python3 python3-venv".format(*sys.version_info[:2]),
    )

import contextlib
import hashlib
import os
from collections.abc import Iterable
from typing import IO

ROOT = os.path.dirname(os.path.realpath(__file__))
WINDOWS = os.name == "nt"
PROGRAM = os.path.join("Scripts", "python.exe") if WINDOWS else os.path.join("bin", "python")
INTERRUPTED = 130
WORKERS = ("-n", "logical", "--maxprocesses", "4")  # a few processes, each with a PostgreSQL of its own
UNWANTED = {"PYTHONHOME", "PYTHONDONTWRITEBYTECODE"}  # the latter would have everything compiled at every start


NO_ENSUREPIP = (
    "This Python comes without its installer. On Debian and Ubuntu: sudo apt install python3-venv"
    " (or python{}.{}-venv), then start again."
)


class InstallError(Exception):
    """Nothing can be run; the text says why and what to do."""


def main(arguments: list[str]) -> int:
    """Exit code of what was run; does not return where the process becomes that program (all but Windows)."""
    developing = arguments[:1] in (["test"], ["bench"])
    try:
        environment = ready_environment("requirements-dev.txt" if developing else "requirements.txt")
    except InstallError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Start it again to go on where it was.", file=sys.stderr)
        return INTERRUPTED
    if developing:
        os.chdir(ROOT)
    else:
        os.environ["BILLING_STARTED_AS"] = started_as()
    return run(environment, module(arguments))


def started_as() -> str:
    """What was typed up to here, for messages that name a further command."""
    python = os.path.basename(sys.orig_argv[0]).removesuffix(".exe")
    script = f'"{sys.argv[0]}"' if " " in sys.argv[0] else sys.argv[0]
    return f"{python} {script}"


def module(arguments: list[str]) -> list[str]:
    """What Python is asked to run; -P keeps files of the current folder from posing as ours."""
    if arguments[:1] == ["test"]:
        return ["-m", "pytest", *WORKERS, *arguments[1:]]
    if arguments[:1] == ["bench"]:
        return ["-m", "tests.bench", *arguments[1:]]
    return ["-P", "-m", "bot", *(arguments or ["demo"])]


def run(environment: str, command: list[str]) -> int:
    python = os.path.join(environment, PROGRAM)
    sys.stdout.flush()
    if not WINDOWS:
        os.execve(python, [python, *command], variables(environment))
    return run_on_windows([python, *command], variables(environment))


def variables(environment: str) -> dict[str, str]:
    """Ours for whatever runs; compiled files go into the environment, never between the sources."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    paths = [ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    compiled = os.path.join(environment, "compiled")
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONPYCACHEPREFIX": compiled, "PYTHONUTF8": "1"}


def run_on_windows(command: list[str], environ: dict[str, str]) -> int:
    """Windows cannot replace a process; Ctrl-C reaches the child by itself, we wait for its own end."""
    import ctypes
    import subprocess

    ctypes.windll.kernel32.SetConsoleOutputCP(65001)  # type: ignore[attr-defined, unused-ignore]
    child = subprocess.Popen(command, env=environ)
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            return child.wait()


def ready_environment(requirements: str) -> str:
    """Folder of a virtual environment in which these requirements are installed."""
    digest = digest_of(requirements)
    places = possible_places()
    for place in places:
        if is_ready(place, digest):
            return place
    for place in places:
        lock = open_lock(place)
        if lock:
            with lock:
                wait_for(lock)
                if not is_ready(place, digest):
                    install(place, requirements)
            return place
    raise InstallError("No folder to install into. Make one of these writable:\n  " + "\n  ".join(places))


def digest_of(requirements: str) -> str:
    with open(os.path.join(ROOT, requirements), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def possible_places() -> list[str]:
    """Beside this file, else among the user's caches, else in a temporary folder that nobody else made."""
    name = hashlib.sha256(ROOT.encode()).hexdigest()[:12]
    caches = [os.path.join(user_cache(), "blessings-billing"), temporary_folder()]
    return [os.path.join(ROOT, ".venv"), *(os.path.join(cache, name) for cache in caches if is_ours(cache))]


def user_cache() -> str:
    if WINDOWS:
        return os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches")
    return os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")


def temporary_folder() -> str:
    user = "" if WINDOWS else f"-{os.getuid()}"
    parent = os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp"  # noqa: S108 - is_ours() looks at it
    return os.path.join(parent, f"blessings-billing{user}")


def is_ours(folder: str) -> bool:
    return WINDOWS or not os.path.lexists(folder) or os.lstat(folder).st_uid == os.getuid()


def is_ready(place: str, digest: str) -> bool:
    """Whether the stamp, written last, names these requirements and the Python that is still there."""
    try:
        with open(stamp_of(place), encoding="utf-8") as file:
            interpreter, *digests = file.read().splitlines()
    except (OSError, ValueError):
        return False
    return digest in digests and interpreter == interpreter_of(place) and os.path.exists(interpreter)


def stamp_of(place: str) -> str:
    return os.path.join(place, "installed.txt")


def interpreter_of(place: str) -> str:
    """What the environment's python leads to: another one after an upgrade of the system."""
    return os.path.realpath(os.path.join(place, PROGRAM))


def open_lock(place: str) -> IO[bytes] | None:
    """None where nothing can be written."""
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        lock = open(f"{place}.lock", "ab")  # noqa: SIM115 - the caller closes it
    except OSError:
        return None
    if os.path.exists(place) and not os.access(place, os.W_OK):
        lock.close()
        return None
    return lock


def wait_for(lock: IO[bytes]) -> None:
    """One installation at a time; the system frees the lock of a process that died."""
    try:
        take(lock, wait=False)
    except OSError:
        print("Another start is installing; waiting for it ...", flush=True)
        take(lock, wait=True)


def take(lock: IO[bytes], *, wait: bool) -> None:
    if sys.platform == "win32":
        import msvcrt
        import time

        while True:
            try:
                return msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    raise
                time.sleep(1)
    import fcntl

    return fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def install(place: str, requirements: str) -> None:
    """The stamp goes first and comes back last: what failed halfway is never taken as good."""
    digests = [digest_of(requirements)]
    if requirements == "requirements-dev.txt":
        digests.append(digest_of("requirements.txt"))  # a part of it
    try:
        with contextlib.suppress(FileNotFoundError):
            os.remove(stamp_of(place))
        make_environment(place)
        install_packages(place, requirements)
        with open(stamp_of(place), "w", encoding="utf-8") as file:
            file.write("\n".join([interpreter_of(place), *digests]))
    except OSError as error:
        raise InstallError(f"Installing into {place} failed: {error}. Free some disk space and start again.") from error


def make_environment(place: str) -> None:
    import importlib.util
    import subprocess

    if has_pip(os.path.join(place, PROGRAM)):
        return
    if not importlib.util.find_spec("ensurepip"):
        raise InstallError(NO_ENSUREPIP.format(*sys.version_info[:2]))
    print("First start: making room for the packages ...", flush=True)
    base = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([base, "-m", "venv", "--clear", place], capture_output=True, text=True, check=False)
    if made.returncode:
        raise InstallError(f"Python could not make {place}:\n{made.stdout}{made.stderr}")


def has_pip(python: str) -> bool:
    """False also where the environment was made halfway, or for a Python that has been replaced since."""
    import subprocess

    if not os.path.exists(python):
        return False
    return not subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode


def install_packages(place: str, requirements: str) -> None:
    """The index, proxy and cache are those that pip is configured with."""
    import subprocess

    source = os.path.join(ROOT, requirements)
    pip = [os.path.join(place, PROGRAM), "-m", "pip", "install", "--require-hashes", "--only-binary=:all:"]
    quiet = ["--no-input", "--no-compile", "--progress-bar=off", "--disable-pip-version-check"]
    with subprocess.Popen(
        [*pip, *quiet, "-r", source],
        env=pip_variables(),
        text=True,
        encoding="utf-8",
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        said = show_progress(child.stdout or (), total=package_count(source))
    if child.returncode:
        raise InstallError(explanation(place, said))


def pip_variables() -> dict[str, str]:
    """Ours, without settings that would install elsewhere."""
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PYTHONHOME", "PYTHONPATH"}
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return {**kept, "PIP_USER": "0", "PYTHONUTF8": "1"}


def package_count(source: str) -> int:
    with open(source, encoding="utf-8") as file:
        return sum("==" in line and not line.startswith("#") for line in file)


def show_progress(lines: Iterable[str], total: int) -> list[str]:
    """One line that counts on a terminal, one line in all elsewhere; returns what pip said."""
    print(f"Fetching {total} packages, once; about a minute ...", flush=True)
    said, count = [], 0
    for line in lines:
        said.append(line.rstrip())
        if line.startswith("Collecting "):
            count += 1
            show_now(f"{count} of {total}: {line.split()[1].split('=')[0]}")
        elif line.startswith("Installing collected"):
            show_now("unpacking")
    show_now("")
    return said


def show_now(text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r  {text:60}\r", end="", flush=True)


def explanation(place: str, said: list[str]) -> str:
    """One paragraph out of pip's pages, which stay in a file."""
    log = f"{place}.log"
    with contextlib.suppress(OSError), open(log, "w", encoding="utf-8") as file:
        file.write("\n".join(said))
    errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")]
    reason = errors[-1] if errors else (said or ["pip said nothing"])[-1]
    return (
        f"The packages could not be installed: {reason}\n{advice(' '.join(said))}\n"
        f"Then start again; nothing has to be cleaned up. All that pip said is in {log}"
    )


def advice(said: str) -> str:
    if "DO NOT MATCH THE HASHES" in said:
        return "A package arrived altered, perhaps by a proxy or mirror on the way: try another network."
    if "No space left" in said:
        return "Free some disk space: about 500 MB are needed."
    if sys.version_info[:2] > NEWEST:
        return f"The packages do not know this new Python yet: start with 3.{OLDEST[1]} to 3.{NEWEST[1]}."
    return "Check the internet connection; behind a proxy, set HTTPS_PROXY or pip's own configuration."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
