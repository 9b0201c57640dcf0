"""`billing photo-eval`: how well photos are read, measured on photos of which the truth is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import bootstrap
from bot.cli.app import Json, app, note, print_json, print_table, stop
from bot.cli.session import run, settings
from domain.photo_report import Outcome, report
from domain.plural import counted
from jobs.measure_photos import Measured, Problem, TruthError, known_photos, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.photo_report import Report
    from jobs.measure_photos import Known
    from jobs.photo_readers import PhotoReader

_Folder = typer.Argument(
    exists=True, file_okay=False, help="Holds photos/*.jpg and truth.csv with file, reading, serial, previous."
)
_EVERY = 25
_NOT_RIGHT = {Outcome.WRONG, Outcome.WRONG_FLAGGED, Outcome.DECLINED}


@dataclass(slots=True)
class _Results:
    """What was measured, and what could not be."""

    measured: list[Measured] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, one: Measured | Problem) -> None:
        """Either of them, to its own kind."""
        if isinstance(one, Measured):
            self.measured.append(one)
        else:
            self.problems.append(one)

    @property
    def count(self) -> int:
        return len(self.measured)

    @property
    def report(self) -> Report:
        return report(one.outcome for one in self.measured)

    @property
    def seconds(self) -> float:
        return median(one.seconds for one in self.measured) if self.measured else 0.0


@app.command("photo-eval")
def photo_eval(folder: Annotated[Path, _Folder], json: Json = False) -> None:
    """Reads a folder's photos offline and reports how many are exact, wrong, declined; exit 1 if any has a problem."""
    try:
        photos, problems = known_photos(folder)
    except TruthError as error:
        stop(str(error))
    readers = bootstrap.photo_readers(settings())
    if not readers:
        stop("Nobody reads photos on this machine. Set PHOTO_READER=offline for this command.")
    results = run(_measured(photos, readers[-1], problems))
    if json:
        print_json(_document(results))
    else:
        _print(results)
    if results.problems or not results.measured:
        raise typer.Exit(1)


async def _measured(photos: Sequence[Known], reader: PhotoReader, problems: list[Problem]) -> _Results:
    results = _Results(problems=problems)
    try:
        async for one in measured(photos, reader, bootstrap.prepared_photo):
            results.add(one)
            if results.count % _EVERY == 0:
                note(f"{results.count} of {len(photos)}")
    finally:
        await reader.close()
    return results


def _print(results: _Results) -> None:
    for one in results.measured:
        if one.outcome in _NOT_RIGHT:
            note(f"{one.name}: {_row(one)['outcome']}; shows {one.truth.reading}, read {one.choice.value}")
    for problem in results.problems:
        note(f"{problem.where}: {problem.reason}")
    print_table(("", "photos", "%"), _lines(results.report))
    note(f"{counted(len(results.measured), 'photo')}, half of them within {results.seconds:.2f} s each.")


def _lines(told: Report) -> list[tuple[str, str, str]]:
    counts = {
        "exact": told.exact,
        "  of them flagged": told.exact_flagged,
        "wrong": told.wrong,
        "  of them not flagged": told.wrong_not_flagged,
        "declined": told.declined,
        "rightly declined": told.rightly_declined,
        "all": told.photos,
    }
    return [(name, str(count), f"{100 * count / max(told.photos, 1):.1f}") for name, count in counts.items()]


def _document(results: _Results) -> dict[str, Any]:
    told = results.report
    return {
        "photos": told.photos,
        "exact": told.exact,
        "exact_flagged": told.exact_flagged,
        "wrong": told.wrong,
        "wrong_not_flagged": told.wrong_not_flagged,
        "declined": told.declined,
        "rightly_declined": told.rightly_declined,
        "exact_percent": str(told.exact_share),
        "wrong_not_flagged_percent": str(told.wrong_not_flagged_share),
        "median_seconds": round(results.seconds, 3),
        "results": [_row(one) for one in results.measured],
        "problems": [{"where": one.where, "reason": one.reason} for one in results.problems],
    }


def _row(one: Measured) -> dict[str, Any]:
    return {
        "file": one.name,
        "outcome": one.outcome.value,
        "reading": _text(one.truth.reading),
        "read": _text(one.choice.value),
        "why": one.choice.why.value if one.choice.why else None,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
