"""`/dues`: who owes what, and reminding one, several or all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any, Self

from bot.conversation import Action, Button, Reply, Turn
from bot.flows.admin.dialogue import answer
from bot.router import command, press
from bot.texts import admin_buttons
from bot.texts import admin_dues as texts
from domain.arrears import months_overdue
from domain.identifiers import walking_order
from domain.money import ZERO
from domain.roles import Permission
from jobs.notify import delivery_time
from jobs.send_reminders import Withheld, remind
from jobs.workbooks import Table, workbook
from storage.dues import Due, dues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.visit import Visit

_SEE = Permission.SEE_REPORTS
_PAGE = 8
_IN_ROW = 4
_MOST_CHOSEN = 200


@dataclass(frozen=True, slots=True)
class _View:
    """What the card shows: which page, in which order, and the ids of the flats that are ticked."""

    card: str
    page: int = 0
    by_age: bool = False
    chosen: tuple[int, ...] = ()

    def action(self, name: str, **more: Any) -> Action:  # noqa: ANN401 - JSON values
        data = {"card": self.card, "page": self.page, "by_age": self.by_age, "chosen": list(self.chosen)}
        return Action(name, data | more)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of `action`."""
        return cls(data["card"], data["page"], data["by_age"], tuple(data["chosen"]))

    def toggled(self, flat_id: int) -> _View:
        if flat_id in self.chosen:
            return replace(self, chosen=tuple(one for one in self.chosen if one != flat_id))
        return replace(self, chosen=(*self.chosen, flat_id)[-_MOST_CHOSEN:])


@command("dues", permission=_SEE, about=texts.about_dues)
async def asked(visit: Visit, _: str) -> Turn:
    return await _shown(visit, _View(f"dues:{visit.work.ref}"))


@press("dues.show", permission=_SEE)
async def turned(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Another page or order, or a flat ticked."""
    view = _View.of(data)
    return await _shown(visit, view.toggled(data["flat"]) if "flat" in data else view)


@press("dues.remind", permission=_SEE)
async def reminded(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Those that are ticked, or all that owe; who is not reminded is named with the reason."""
    found = await dues(visit.work.conn)
    wanted = {one.flat_id for one in found} if data["all"] else set(data["chosen"])
    done = await remind(visit.work, sorted(wanted))
    codes = {one.flat_id: one.flat_code for one in found}
    withheld: dict[Withheld, list[str]] = defaultdict(list)
    for flat_id, why in done.withheld.items():
        if flat_id in codes:
            withheld[why].append(codes[flat_id])
    ordered = {why: sorted(found_codes, key=walking_order) for why, found_codes in withheld.items()}
    said = texts.reminded(visit.t, len(done.flats), _in_the_morning(visit), ordered)
    return answer(visit, _reply(visit, replace(_View.of(data), chosen=()), found), Reply(said))


@press("dues.workbook", permission=_SEE)
async def as_workbook(visit: Visit, data: Mapping[str, Any]) -> Turn:
    found, today = _ordered(await dues(visit.work.conn), by_age=data["by_age"]), visit.work.today
    table = Table(texts.sheet_title(visit.t), texts.headings(visit.t), tuple(_row(one, today) for one in found))
    total = sum((one.owed for one in found), start=ZERO)
    caption = texts.workbook_caption(visit.t, len(found), total, today)
    return answer(visit, Reply(caption, document_name=f"dues-{today}.xlsx", document=workbook([table])))


async def _shown(visit: Visit, view: _View) -> Turn:
    return answer(visit, _reply(visit, view, await dues(visit.work.conn)))


def _reply(visit: Visit, view: _View, found: Sequence[Due]) -> Reply:
    if not found:
        return Reply(texts.nobody(visit.t), card=view.card)
    view = replace(view, page=min(view.page, (len(found) - 1) // _PAGE))
    first = view.page * _PAGE
    page = _ordered(found, by_age=view.by_age)[first : first + _PAGE]
    text = texts.listed(visit.t, found, page, first + 1, visit.work.today)
    return Reply(text, _buttons(visit, view, page, len(found)), card=view.card)


def _buttons(visit: Visit, view: _View, page: Sequence[Due], count: int) -> tuple[tuple[Button, ...], ...]:
    t = visit.t
    flats = [
        Button(
            texts.flat_button(one.flat_code, chosen=one.flat_id in view.chosen),
            view.action("dues.show", flat=one.flat_id),
        )
        for one in page
    ]
    rows = [tuple(flats[start : start + _IN_ROW]) for start in range(0, len(flats), _IN_ROW)]
    everybody = Button(texts.remind_all_button(t, count), view.action("dues.remind", all=True))
    ticked = Button(texts.remind_button(t, len(view.chosen)), view.action("dues.remind", all=False))
    order = texts.by_amount_button(t) if view.by_age else texts.by_age_button(t)
    turned_round = replace(view, by_age=not view.by_age, page=0)
    last = (
        Button(order, turned_round.action("dues.show")),
        Button(texts.workbook_button(t), view.action("dues.workbook")),
    )
    some = view.chosen and len(view.chosen) < count
    return (*rows, (ticked, everybody) if some else (everybody,), *_turning(visit, view, count), last)


def _turning(visit: Visit, view: _View, count: int) -> tuple[tuple[Button, ...], ...]:
    back = Button(admin_buttons.previous(visit.t), replace(view, page=view.page - 1).action("dues.show"))
    on = Button(admin_buttons.following(visit.t), replace(view, page=view.page + 1).action("dues.show"))
    has_more = (view.page + 1) * _PAGE < count
    row = (*((back,) if view.page else ()), *((on,) if has_more else ()))
    return (row,) if row else ()


def _ordered(found: Sequence[Due], *, by_age: bool) -> list[Due]:
    """As they come, the largest sum first; or who has owed longest first."""
    return sorted(found, key=lambda one: one.since or date.max) if by_age else list(found)


def _row(one: Due, today: date) -> tuple[Any, ...]:
    months = months_overdue(one.since, today) if one.since else None
    return (one.flat_code, one.owner, one.owed, one.since.isoformat() if one.since else None, months)


def _in_the_morning(visit: Visit) -> time | None:
    at = delivery_time(visit.work)
    return at.astimezone(visit.work.society.zone).time() if at > visit.work.now else None
