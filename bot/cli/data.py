"""Commands of the installer: migrations, checks, master data, the sample society."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import bootstrap
from bot.cli.app import Json, app, note, print_json, say, stop
from bot.cli.session import at_work, run, settings
from bot.database_address import bare_database_address
from domain.period import local_date
from domain.plural import counted
from storage.invocation import command

if TYPE_CHECKING:
    from bot.settings import Settings
    from jobs.import_master_data import Change, ImportPlan
    from jobs.master_workbook import MasterWorkbook, RowProblem
    from jobs.take_over_photos import TakenOver
    from jobs.verify import Report
    from storage.migrate import Applied, Step

_MOST_LINES = 40


@app.command("migrate")
def migrate(
    status: Annotated[bool, typer.Option("--status", help="Only show what was applied and what is to come.")] = False,
    old_data: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="Folder of the former screen: meter_photos, meter_photo_links.json."
        ),
    ] = None,
) -> None:
    """Brings the database up to date; an existing Supabase project is adopted in place."""
    using = settings()
    using.refuse_forgotten_database()
    if status:
        _show_steps(run(_status(using)))
        return
    _show_applied(run(_migrate(using)))
    if old_data is not None:
        _show_taken_over(run(_take_over(using, old_data)))


async def _status(using: Settings) -> list[Step]:
    from storage.migrate import status

    async with bare_database_address(using) as dsn:
        return await status(dsn)


async def _migrate(using: Settings) -> list[Applied]:
    from storage.migrate import migrate

    async with bare_database_address(using) as dsn:
        return await migrate(dsn, today=local_date(datetime.now(UTC), using.timezone))


def _show_steps(steps: list[Step]) -> None:
    for step in steps:
        say(f"{step.name}  {'applied ' + step.applied_at.isoformat(' ', 'seconds') if step.applied_at else 'to come'}")


def _show_applied(applied: list[Applied]) -> None:
    for one in applied:
        say(one.name)
        for line in one.notes:
            say(f"  {line}")
    say("The database is up to date.")


async def _take_over(using: Settings, folder: Path) -> TakenOver:
    async with at_work(using) as work:
        return await bootstrap.take_over_photos(work, folder)


def _show_taken_over(taken: TakenOver) -> None:
    new = f"{counted(taken.photos, 'photo')} and {counted(taken.links, 'link')}"
    say(f"Old photos: {new} taken over, {taken.known} known already.")
    for problem in taken.problems[:_MOST_LINES]:
        note(f"  {problem.where}: {problem.reason}")
    if len(taken.problems) > _MOST_LINES:
        note(f"  … and {len(taken.problems) - _MOST_LINES} more")


@app.command("verify")
def verify(json: Json = False) -> None:
    """Checks the books without changing anything; exit 1 on any finding."""
    from jobs.verify import as_json

    report = run(_verify(settings()))
    if json:
        print_json(as_json(report))
    else:
        _show_report(report)
    if not report.ok:
        raise typer.Exit(1)


async def _verify(using: Settings) -> Report:
    from jobs.verify import verify_database

    async with bare_database_address(using) as dsn:
        return await verify_database(dsn)


def _show_report(report: Report) -> None:
    if not report.migrated:
        next_step = command("migrate")
        note(f"The database is not migrated yet: only what is there was looked at. Next: {next_step}")
    for finding in report.findings:
        place = " ".join(filter(None, [finding.flat, f"bill {finding.bill_id}" if finding.bill_id else None]))
        say(f"{finding.rule}  {place}  {finding.message}")
    for bill in report.foreign_bills:
        say(f"outside  {bill.flat_code} bill {bill.bill_id}, {bill.total_amount:.2f}: not issued by this service")
    for orphan in report.orphans:
        say(f"orphan  {orphan.table} {orphan.id}: {orphan.column} {orphan.value} does not exist")
    for month in report.locked_months:
        state = "unchanged" if month.unchanged else "CHANGED"
        bills = counted(month.now.count, "bill")
        say(f"locked  {month.month}: {bills}, {month.now.total:.2f}, {month.now.hash[:12]}, {state}")
    for flat in report.parked:
        say(f"parked  {flat.code}: {flat.reason}")
    say(_verdict(report))


def _verdict(report: Report) -> str:
    if not report.ok:
        return "The books need a look: see above."
    return "The books are in order." if report.migrated else "Nothing wrong so far. There are no books to check yet."


@app.command("seed")
def seed() -> None:
    """Puts the sample society into an empty database."""
    flats = run(_seed(settings()))
    say(f"The sample society is there: {counted(flats, 'unit')}. Everybody in it is made up.")


async def _seed(using: Settings) -> int:
    from jobs.seed import seed

    async with at_work(using) as work:
        return await seed(work, bootstrap.read_master(bootstrap.SAMPLE))


@app.command("import-master")
def import_master(
    file: Annotated[Path, typer.Argument(help="The master workbook (.xlsx).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    valid_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day from which new prices count; today if not given.")
    ] = None,
    json: Json = False,
) -> None:
    """Master workbook in: flats, owners, meters, motors and prices; every bad row with its reason."""
    workbook = bootstrap.read_master(file)
    day = valid_from.date() if valid_from else None
    plan = run(_import(settings(), workbook, file.name, day, dry_run=dry_run))
    if json:
        print_json(_plan_json(plan, dry_run=dry_run))
    else:
        _show_plan(plan, dry_run=dry_run)
    if not plan.rows:
        stop("No row could be used.")


async def _import(
    using: Settings, workbook: MasterWorkbook, name: str, day: date | None, *, dry_run: bool
) -> ImportPlan:
    from jobs.import_master_data import import_master, plan_import

    async with at_work(using) as work:
        return await (plan_import(work, workbook, day) if dry_run else import_master(work, workbook, name, day))


def _show_plan(plan: ImportPlan, *, dry_run: bool) -> None:
    done = "would be imported" if dry_run else "imported"
    new = counted(len(plan.new_flats), "new unit")
    say(f"{counted(plan.rows, 'row')} {done}: {new}, {counted(len(plan.changes), 'value')} changed.")
    for problem in plan.problems[:_MOST_LINES]:
        say(f"  row {problem.row}, {problem.column}: {problem.reason}{_shown(problem)}")
    for change in plan.kept[:_MOST_LINES]:
        say(f"  {change.flat_code}: {change.field} stays {change.before}; the workbook says {change.after}")
    if not plan.new_flats:
        for change in plan.changes[:_MOST_LINES]:
            say(f"  {change.flat_code}: {change.field} {change.before or 'nothing'} → {change.after or 'nothing'}")


def _shown(problem: RowProblem) -> str:
    return f" ({problem.value})" if problem.value else ""


def _plan_json(plan: ImportPlan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "imported": not dry_run,
        "rows": plan.rows,
        "new_flats": list(plan.new_flats),
        "changes": [_change_json(change) for change in plan.changes],
        "kept": [_change_json(change) for change in plan.kept],
        "problems": [
            {
                "row": problem.row,
                "column": problem.column,
                "value": problem.value,
                "reason": problem.reason,
                "severity": problem.severity.value,
            }
            for problem in plan.problems
        ],
        "valid_from": plan.valid_from.isoformat(),
    }


def _change_json(change: Change) -> dict[str, str | None]:
    return {"flat": change.flat_code, "field": change.field.value, "before": change.before, "after": change.after}


@app.command("template")
def template(file: Annotated[Path, typer.Argument(help="Where to write the workbook (.xlsx).")]) -> None:
    """Writes an empty master workbook with one example row."""
    try:
        with file.open("xb") as target:
            target.write(bootstrap.master_template())
    except FileExistsError:
        stop(f"{file} is there already and was left as it is. Choose another name.")
    except OSError as error:
        stop(f"{file} cannot be written: {error.strerror}. Choose another place.")
    name = f'"{file}"' if " " in str(file) else file
    say(f"{file} is there. Fill it in and run: {command(f'import-master {name}')}")
