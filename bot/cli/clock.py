"""Commands about what runs by itself: look, run now, pause, resume."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import bootstrap
from bot.cli.app import Json, app, print_json, say, stop
from bot.cli.session import at_work, house_at_work, run, settings, who
from bot.i18n import Translator
from bot.texts import admin_jobs as texts
from storage.invocation import command

if TYPE_CHECKING:
    from bot.settings import Settings
    from jobs.job_control import JobState, Resumed
    from storage.job_runs import LastRun

_t = Translator("en")
jobs_app = typer.Typer(no_args_is_help=True, help="What runs by itself: look, run now, pause, resume.")
app.add_typer(jobs_app, name="jobs")


def _known(name: str) -> str:
    from jobs.schedule import JOBS

    if name not in JOBS:
        raise typer.BadParameter(f"There is no job {name}. There are: {', '.join(JOBS)}")
    return name


_Name = Annotated[str, typer.Argument(metavar="NAME", callback=_known, help="As `jobs list` shows it.")]


@jobs_app.command("list")
def jobs_list(json: Json = False) -> None:
    """Every job with its next and last run."""
    using = settings()
    states = run(_states(using))
    if json:
        print_json({"jobs": [_state_json(state) for state in states]})
        return
    for state in states:
        following = "paused" if state.next_run is None else f"next {state.next_run:%Y-%m-%d %H:%M}"
        say(f"{state.name}  {following}  {_last_line(state.last, using)}")


async def _states(using: Settings) -> list[JobState]:
    from jobs.job_control import states

    async with at_work(using) as work:
        return await states(work)


def _last_line(last: LastRun | None, using: Settings) -> str:
    from jobs.ports import plain

    line = texts.last_run(_t, last, using.timezone, bootstrap.now())
    return plain(line if last is None or last.error is None else f"{line} ({last.error})")


def _state_json(state: JobState) -> dict[str, Any]:
    return {
        "name": state.name,
        "paused": state.paused,
        "next_run": state.next_run.isoformat() if state.next_run else None,
        "last_run": state.last and _run_json(state.last),
    }


def _run_json(last: LastRun) -> dict[str, Any]:
    return {
        "period": last.period.partition("/")[0],
        "state": last.state,
        "started_at": last.started_at.isoformat(),
        "finished_at": last.finished_at.isoformat() if last.finished_at else None,
        "attempts": last.attempts,
        "result": dict(last.result),
        "error": last.error,
    }


@jobs_app.command("run")
def jobs_run(name: _Name) -> None:
    """Runs a job now, in this process, and says what came of it."""
    using = settings()
    last = run(_run_job(using, name))
    if last is None or last.state != "done":
        stop(f"{name} did not succeed: {last.error if last else 'it is gone'}. A running service tries it again.")
    say(f"{name}: {_last_line(last, using)}")


async def _run_job(using: Settings, name: str) -> LastRun | None:
    from jobs.job_control import carried_out, run_here
    from jobs.work import Actor, Work

    async with house_at_work(using) as house:
        async with house.database.transaction() as conn:
            work = Work(conn, house.clock(), house.society, Actor(None, who()), secrets.token_hex(2).upper())
            begun = await run_here(house, work, name)
        return await carried_out(house, begun)


@jobs_app.command("pause")
def jobs_pause(name: _Name) -> None:
    """A job is not begun any more until it is resumed."""
    paused = run(_pause(settings(), name))
    say(f"{name} is paused." if paused else f"{name} was paused already.")


async def _pause(using: Settings, name: str) -> bool:
    from jobs.job_control import pause

    async with at_work(using) as work:
        return await pause(work, name)


@jobs_app.command("resume")
def jobs_resume(name: _Name) -> None:
    """A paused job goes on; the bills of months that were missed are left to `issue`."""
    resumed = run(_resume(settings(), name))
    say(f"{name} goes on." if resumed.changed else f"{name} is not paused.")
    for month in resumed.missed:
        say(f"Nothing was issued for {month} while it was paused: {command(f'issue --month {month} --dry-run')}")


async def _resume(using: Settings, name: str) -> Resumed:
    from jobs.job_control import resume

    async with at_work(using) as work:
        return await resume(work, name)
