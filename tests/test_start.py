"""start.py as people run it: in a folder of its own, with a real pip and packages made up here."""

import base64
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import start

ROOT = Path(start.ROOT)
NOBODY = 65534
REPORTS_ITSELF = """
import os, sys, time, made_up
print("arguments", sys.argv[1:], "package", made_up.VERSION, flush=True)
print("python", sys.executable, flush=True)
print("started as", os.environ.get("BILLING_STARTED_AS"), flush=True)
if "wait" in sys.argv:
    time.sleep(60)
sys.exit(7)
"""


@dataclass(frozen=True)
class Project:
    """A project of one package; `wheels` is all that pip can see."""

    folder: Path
    wheels: Path
    python: str = sys._base_executable  # type: ignore[attr-defined]

    def require(self, version: str, *, sha256: str | None = None) -> None:
        sha256 = sha256 or hashlib.sha256(make_wheel(self.wheels, version).read_bytes()).hexdigest()
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.folder / name).write_text(f"made-up=={version} --hash=sha256:{sha256}\n", "utf-8")

    def start(self, *arguments: str, user: int | None = None, **variables: object) -> subprocess.CompletedProcess[str]:
        with self.begin(*arguments, user=user, **variables) as process:
            out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def begin(self, *arguments: str, user: int | None = None, **variables: object) -> subprocess.Popen[str]:
        base = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
        offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": self.wheels.as_uri()}
        return subprocess.Popen(
            [self.python, self.folder / "start.py", *arguments],
            env={**base, **offline, **{name: str(value) for name, value in variables.items()}},
            cwd="/" if os.name != "nt" else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )

    @property
    def stamp(self) -> Path:
        return self.folder / ".venv" / "installed.txt"


def make_wheel(folder: Path, version: str) -> Path:
    path = folder / f"made_up-{version}-py3-none-any.whl"
    info = f"made_up-{version}.dist-info"
    files = {
        "made_up.py": f"VERSION = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: made-up\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{name},{_digest(text)},{len(text)}" for name, text in files.items()]
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": "\n".join([*record, f"{info}/RECORD,,\n"])}.items():
            wheel.writestr(zipfile.ZipInfo(name), text)
    return path


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return new_project(tmp_path)


def new_project(parent: Path) -> Project:
    """Not installed yet, in a path with spaces."""
    made = Project(parent / "my billing", parent / "wheels")
    made.wheels.mkdir()
    (made.folder / "bot").mkdir(parents=True)
    (made.folder / "bot" / "__main__.py").write_text(REPORTS_ITSELF, "utf-8")
    shutil.copy(ROOT / "start.py", made.folder)
    made.require("1.0")
    return made


@contextmanager
def hearing_ctrl_c() -> Iterator[None]:
    """Programs inherit that Ctrl-C is ignored, as it is where a shell runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, subprocess.CompletedProcess[str]]:
    project = new_project(tmp_path_factory.mktemp("first"))
    return project, project.start()


@pytest.fixture
def installed(first_start: tuple[Project, subprocess.CompletedProcess[str]], tmp_path: Path) -> Project:
    """A copy: moved, as people move folders."""
    shutil.copytree(first_start[0].folder.parent, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Project(tmp_path / "my billing", tmp_path / "wheels")


@pytest.mark.slow
class TestStarting:
    def test_the_first_start_installs_and_runs_the_demo(
        self, first_start: tuple[Project, subprocess.CompletedProcess[str]]
    ) -> None:
        project, done = first_start
        assert "arguments ['demo'] package 1.0" in done.stdout
        assert str(project.folder / ".venv") in done.stdout
        assert done.returncode == 7

    def test_later_starts_need_no_network_and_lose_no_time(self, installed: Project) -> None:
        shutil.rmtree(installed.wheels)
        began = time.perf_counter()
        done = installed.start("quote", "B17-FF", "two words")
        assert time.perf_counter() - began < 2
        assert done.stdout.startswith("arguments ['quote', 'B17-FF', 'two words']")
        assert (done.stderr, done.returncode) == ("", 7)

    def test_messages_can_name_commands_as_they_were_typed(self, installed: Project) -> None:
        name = Path(installed.python).name.removesuffix(".exe")
        assert f'started as {name} "{installed.folder / "start.py"}"' in installed.start("doctor").stdout

    def test_changed_requirements_are_installed_at_the_next_start(self, installed: Project) -> None:
        installed.require("1.1")
        assert "package 1.1" in installed.start().stdout

    def test_tests_run_by_pytest_in_the_project_folder(self, installed: Project) -> None:
        site = next((installed.folder / ".venv").rglob("site-packages"))
        (site / "pytest.py").write_text("import os, sys; print(os.getcwd(), sys.argv[1:])", "utf-8")
        said = installed.start("test", "-k", "money").stdout.strip()
        assert said.startswith(f"{installed.folder} ['-n', ")
        assert said.endswith(", '-k', 'money']")

    @pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a console, not to a process")
    def test_ctrl_c_reaches_the_program(self, installed: Project) -> None:
        with hearing_ctrl_c(), installed.begin("wait") as process:
            assert process.stdout
            assert "wait" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == -signal.SIGINT
            process.communicate()

    def test_two_first_starts_at_once_install_once(self, project: Project) -> None:
        with project.begin() as one, project.begin() as other:
            said = [process.communicate(timeout=60)[0] for process in (one, other)]
        assert [one.returncode, other.returncode] == [7, 7]
        assert sum("Fetching" in text for text in said) == 1


@pytest.mark.slow
class TestFailedInstall:
    def test_a_missing_package_is_told_in_a_paragraph_and_mended_by_the_next_start(self, installed: Project) -> None:
        installed.require("1.1")
        wheel = installed.wheels / "made_up-1.1-py3-none-any.whl"
        away = wheel.rename(installed.folder / wheel.name)
        failed = installed.start()
        assert failed.returncode == 1
        assert "Check the internet connection" in failed.stderr
        assert "Traceback" not in failed.stderr
        assert not installed.stamp.exists()
        away.rename(wheel)
        assert installed.start().returncode == 7

    def test_an_altered_package_is_refused(self, installed: Project) -> None:
        make_wheel(installed.wheels, "1.1")
        installed.require("1.1", sha256="0" * 64)
        failed = installed.start()
        assert (failed.returncode, installed.stamp.exists()) == (1, False)
        assert "arrived altered" in failed.stderr

    @pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a console, not to a process")
    def test_ctrl_c_while_installing_leaves_nothing_that_looks_good(self, project: Project) -> None:
        with hearing_ctrl_c(), project.begin() as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        assert (process.returncode, project.stamp.exists()) == (start.INTERRUPTED, False), out
        assert "Traceback" not in err
        assert project.start().returncode == 7

    def test_a_replaced_python_makes_the_environment_anew(self, installed: Project) -> None:
        """As after an upgrade of the system: the link leads elsewhere."""
        lines = installed.stamp.read_text("utf-8").splitlines()
        installed.stamp.write_text("\n".join(["/usr/bin/python3.2", *lines[1:]]), "utf-8")
        (installed.folder / ".venv" / "bin" / "python").unlink()
        assert installed.start().returncode == 7


def open_to_all(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def is_ours(folder: Path) -> bool:
    return "pytest" in str(folder)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as another user")
class TestOtherUser:
    """Somebody who can read the project, write nothing beside it and has no home."""

    @pytest.fixture
    def opened(self, project: Project) -> Project:
        pythons = [Path(project.python), Path("/usr/bin/python3")]
        reachable = [str(python) for python in pythons if all(map(open_to_all, python.resolve().parents))]
        if not reachable:
            pytest.skip("every Python here is hidden in root's home")
        for folder in filter(is_ours, project.folder.parents):
            folder.chmod(0o755)
        return replace(project, python=reachable[0])

    def test_unwritable_project_and_home(self, opened: Project, tmp_path: Path) -> None:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        temporary.chmod(0o1777)
        done = opened.start(user=NOBODY, HOME="/nonexistent", TMPDIR=temporary)
        assert (done.returncode, done.stderr) == (7, "")
        assert f"python {temporary}/blessings-billing-{NOBODY}/" in done.stdout
        assert not (opened.folder / ".venv").exists()

    def test_a_folder_planted_by_somebody_else_is_not_used(self, opened: Project, tmp_path: Path) -> None:
        planted = tmp_path / "temporary" / f"blessings-billing-{NOBODY}"
        planted.mkdir(parents=True)
        planted.chmod(0o777)
        done = opened.start(user=NOBODY, HOME="/nonexistent", TMPDIR=planted.parent)
        assert done.returncode == 1
        assert "No folder to install into" in done.stderr

    def test_an_environment_made_by_the_owner_is_used(self, opened: Project) -> None:
        assert opened.start().returncode == 7
        done = opened.start(user=NOBODY, HOME="/nonexistent")
        assert f"python {opened.folder}/.venv/" in done.stdout


def test_an_old_python_is_told_what_to_install() -> None:
    pretend = f"import sys; sys.version_info = (3, 9, 2); exec(open({str(ROOT / 'start.py')!r}).read())"
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
    assert done.stderr.startswith("This needs Python 3.11 or newer; this one is 3.9.")
    assert done.returncode == 1


def test_debian_without_its_venv_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(start.InstallError, match="sudo apt install python3-venv"):
        start.make_environment(str(tmp_path / ".venv"))


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], ["-P", "-m", "bot", "demo"]),
        (["doctor", "--json"], ["-P", "-m", "bot", "doctor", "--json"]),
        (["test", "-x"], ["-m", "pytest", "-n", "logical", "--maxprocesses", "4", "-x"]),
        (["bench"], ["-m", "tests.bench"]),
    ],
)
def test_what_the_words_after_it_mean(arguments: list[str], asked: list[str]) -> None:
    assert start.module(arguments) == asked


class TestRequirements:
    @pytest.fixture(params=["requirements.txt", "requirements-dev.txt"])
    def locked(self, request: pytest.FixtureRequest) -> str:
        name: str = request.param
        return (ROOT / name).read_text("utf-8")

    def test_no_index_is_named(self, locked: str) -> None:
        assert not re.search(r"://|^\s*-(?!-hash=)", locked, re.MULTILINE)

    def test_every_package_is_pinned_and_hashed(self, locked: str) -> None:
        entries = re.sub(r" \\\n\s+", " ", re.sub(r"^#.*\n", "", locked, flags=re.MULTILINE)).splitlines()
        assert entries
        for entry in entries:
            assert re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==\S+( ; [^\\]+?)?( --hash=sha256:[0-9a-f]{64})+", entry), entry

    def test_what_runs_is_a_part_of_what_is_tested(self) -> None:
        runtime, everything = (
            set(re.findall(r"^\S+==\S+", (ROOT / name).read_text("utf-8"), re.MULTILINE))
            for name in ("requirements.txt", "requirements-dev.txt")
        )
        assert runtime < everything

    @pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
    def test_nothing_declared_is_missing(self, name: str) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        declared = [*project["dependencies"], *(project["optional-dependencies"]["dev"] if "dev" in name else [])]
        pinned = set(
            re.findall(r"^([\w.-]+)==", (ROOT / name).read_text("utf-8").replace("[rate-limiter]", ""), re.MULTILINE)
        )
        assert {re.split(r"[^\w.-]", line)[0] for line in declared} <= pinned
