"""What runs by itself: when it ran and runs next, run now, pause, resume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.announcements import announces
from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import command, press
from bot.texts import admin_jobs as texts
from bot.visit import Visit
from domain.roles import Permission
from jobs import job_control
from jobs.job_control import JobState
from jobs.monthly_run import month_just_ended
from jobs.work import Work
from storage import job_runs

if TYPE_CHECKING:
    from bot.i18n import Translator
    from domain.period import Month
    from jobs.ports import Notice

_MANAGE = Permission.MANAGE_JOBS
_BILLS = "monthly_bills"
Rows = tuple[tuple[Button, ...], ...]


@command("jobs", permission=_MANAGE, about=texts.about_jobs)
async def listed(visit: Visit, _: str) -> Turn:
    return answer(visit, await _list(visit.work, visit.t, f"jobs:{visit.work.ref}"))


@press("jobs.list", permission=_MANAGE)
async def back(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, await _list(visit.work, visit.t, data["card"]))


@press("jobs.show", permission=_MANAGE)
async def show(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, await _card(visit.work, visit.t, data["job"], data["card"]))


@press("jobs.run", permission=_MANAGE)
async def run(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Asked for once more while one is under way, it would only run twice; bills are issued as they were shown."""
    name, card = data["job"], data["card"]
    if name == _BILLS:
        return answer(visit, await _card(visit.work, visit.t, name, card))
    state = await _state(visit.work, name)
    if state.last is None or state.last.state != "running":
        await job_control.run_soon(visit.work, name, visit.chat.id, card)
    return answer(visit, await _card(visit.work, visit.t, name, card, texts.started(visit.t)))


@press("jobs.pause", permission=_MANAGE)
async def pause(visit: Visit, data: Mapping[str, Any]) -> Turn:
    await job_control.pause(visit.work, data["job"])
    return answer(visit, await _card(visit.work, visit.t, data["job"], data["card"]))


@press("jobs.resume", permission=_MANAGE)
async def resume(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Bills of the months that were missed are shown before they are issued."""
    done = await job_control.resume(visit.work, data["job"])
    said = texts.resumed(visit.t, done.missed) if done.changed else ""
    card = await _card(visit.work, visit.t, data["job"], data["card"], said)
    looks = [_look(texts.month_button(visit.t, month), month, f"{data['card']}:{month}") for month in done.missed]
    if not looks:
        return answer(visit, card)
    (_, turning), *rest = card.buttons
    return answer(visit, replace(card, buttons=(*_pairs(looks), (turning,), *rest)))


@announces("job_ended", permission=_MANAGE)
async def job_ended(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To who asked for it: the card, with what came of it."""
    last = await job_runs.run_of(work.conn, int(notice.source_id))
    if last is None or notice.card is None:
        return None
    return await _card(work, t, last.job, notice.card)


@announces("job_failed", permission=_MANAGE)
async def job_failed(work: Work, notice: Notice, t: Translator) -> Reply | None:
    """To every admin."""
    last = await job_runs.run_of(work.conn, int(notice.source_id))
    if last is None:
        return None
    card = f"jobs:N{notice.id}"
    again = _run_button(t, last.job, card, job_control.month_of(last))
    return Reply(texts.failed(t, last), ((again,),), card=card)


async def _list(work: Work, t: Translator, card: str) -> Reply:
    states = await job_control.states(work)
    buttons = [
        Button(texts.job_name(t, state.name), Action("jobs.show", {"job": state.name, "card": card}))
        for state in states
    ]
    return Reply(texts.listed(t, states, work.society.zone, work.now), _pairs(buttons), card=card)


async def _card(work: Work, t: Translator, name: str, card: str, said: str = "") -> Reply:
    state = await _state(work, name)
    text = texts.job_card(t, state, work.society.zone, work.now)
    return Reply("\n".join(filter(None, [text, said])), _buttons(work, t, state, card), card=card)


def _buttons(work: Work, t: Translator, state: JobState, card: str) -> Rows:
    data = {"job": state.name, "card": card}
    turning = (
        Button(texts.resume_button(t), Action("jobs.resume", data))
        if state.paused
        else Button(texts.pause_button(t), Action("jobs.pause", data))
    )
    run_it = _run_button(t, state.name, card, month_just_ended(work.now, work.society.zone))
    return (run_it, turning), (Button(texts.back_button(t), Action("jobs.list", {"card": card})),)


def _run_button(t: Translator, name: str, card: str, month: Month | None) -> Button:
    """Bills are shown first, with the button that issues exactly these."""
    if name == _BILLS and month is not None:
        return _look(texts.bills_button(t), month, card)
    return Button(texts.run_button(t), Action("jobs.run", {"job": name, "card": card}))


def _look(label: str, month: Month, card: str) -> Button:
    days = {"from": month.first_day.isoformat(), "to": month.last_day.isoformat()}
    return Button(label, Action("month.look", {**days, "card": f"issue:{card}"}))


async def _state(work: Work, name: str) -> JobState:
    return next(state for state in await job_control.states(work) if state.name == name)


def _pairs(buttons: list[Button]) -> Rows:
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
