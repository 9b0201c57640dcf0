"""A bank statement dropped in the chat: what matches is posted by one press, the rest is asked about row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, assert_never

from bot.conversation import Action, Button, Reply, State, Turn
from bot.flows.admin.dialogue import answer
from bot.flows.admin.to_flat import typed_flat
from bot.flows.engineer.photo import picture_as_file
from bot.flows.private import led_there
from bot.router import Occasion, on, press, step
from bot.texts import admin, admin_money
from bot.texts import admin_statement as texts
from domain.roles import Permission, Role, allowed
from domain.statement import Why
from jobs import statement
from jobs.master_workbook import WorkbookError
from jobs.statement import Decided, Impossible, OtherSum, Overview, PostedRow, PostedRows, RowChanged, RowOutcome
from jobs.workbooks import Table, workbook
from storage import accounts, payments, statements

if TYPE_CHECKING:
    from bot.visit import Visit
    from domain.statement import Match
    from jobs.workbooks import Cell
    from storage.payments import Payment
    from storage.statements import StatementLine

_PAY = Permission.RECORD_PAYMENT
_MOST_FLATS = 4
_LONGEST_NAME = 120


@on(Occasion.DOCUMENT, roles={Role.ADMIN})
async def dropped(visit: Visit) -> Turn:
    """A statement, or why the file is none; a picture of who reads meters, too, is a photo."""
    if visit.photo is not None and allowed(visit.roles, Permission.SUBMIT_READING):
        return await picture_as_file(visit)
    if not visit.chat.is_private:
        return await led_there(visit)
    file = visit.statement
    if file is None:
        return answer(visit, Reply(texts.no_file(visit.t)))
    if isinstance(file, WorkbookError):
        return answer(visit, Reply(texts.not_read(visit.t, str(file))))
    if not file.rows:
        return answer(visit, Reply(texts.no_credits(visit.t, file)))
    name = (visit.incoming.media.name if visit.incoming.media else None) or "statement.xlsx"
    done = await statement.take(visit.work, file, name[:_LONGEST_NAME])
    seen = await statement.overview(visit.work, done.statement_id)
    return answer(visit, _card(visit, seen, f"statement:{visit.work.ref}", texts.taken(visit.t, file, done)))


@press("statement.show", permission=_PAY)
async def shown(visit: Visit, data: Mapping[str, Any]) -> Turn:
    return answer(visit, await _statement(visit, data))


@press("statement.post", permission=_PAY)
async def posted(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """All that the card showed, or nothing."""
    outcome = await statement.post(visit.work, data["statement"], data["seal"])
    if isinstance(outcome, PostedRows):
        note = texts.posted(visit.t, outcome, visit.work.actor.name)
    else:
        note = texts.changed(visit.t)
    return answer(visit, await _statement(visit, data, [note]))


@press("statement.workbook", permission=_PAY)
async def as_workbook(visit: Visit, data: Mapping[str, Any]) -> Turn:
    seen = await statement.overview(visit.work, data["statement"])
    matches = {one.credit.id: one for one in seen.matches}
    rows = [_table_row(visit, line, matches.get(line.id), seen) for line in seen.lines]
    table = Table(texts.sheet_title(visit.t), texts.headings(visit.t), rows)
    name = f"statement-{seen.statement_id}.xlsx"
    caption = texts.workbook_caption(visit.t, seen)
    return answer(visit, Reply(caption, document_name=name, document=workbook([table])))


@press("statement.look", permission=_PAY)
async def looked(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The next row after `after` that needs somebody."""
    return answer(visit, await _next(visit, data))


@press("statement.recorded", permission=_PAY)
async def recorded_shown(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The next row after `after` that is recorded already, with its payment."""
    return answer(visit, await _recorded(visit, data))


@press("statement.another", permission=_PAY)
async def is_another(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The row is not the payment that has its number: the usual question about it."""
    line = await _line(visit, data["row"])
    if line.state not in {"open", "recorded"}:
        return answer(visit, await _next(visit, data, texts.row_decided(visit.t, line)))
    one, codes = await statement.another(visit.work, line)
    return answer(visit, await _row(visit, {**data, "another": True}, codes, line, one))


@press("statement.row", permission=_PAY)
async def row_posted(visit: Visit, data: Mapping[str, Any]) -> Turn:
    another = data.get("another", False)
    outcome = await statement.post_row(visit.work, data["row"], data["flat"], data["counted"], another=another)
    return await _after(visit, data, outcome)


@press("statement.correct", permission=_PAY)
async def row_corrected(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """The bank's amount is right."""
    outcome = await statement.correct_row(visit.work, data["row"], data["flat"], data["entry"])
    return await _after(visit, data, outcome)


@press("statement.ignore", permission=_PAY)
async def row_ignored(visit: Visit, data: Mapping[str, Any]) -> Turn:
    line = await statement.ignore_row(visit.work, data["row"])
    return answer(visit, await _next(visit, data, texts.row_decided(visit.t, line)))


@press("statement.flat", permission=_PAY)
async def ask_flat(visit: Visit, data: Mapping[str, Any]) -> Turn:
    line = await _line(visit, data["row"])
    stop = Button(admin.cancel(visit.t), Action("statement.show", dict(data)))
    reply = Reply(texts.ask_flat(visit.t, line), ((stop,),), card=data["card"])
    return Turn((reply,), State("statement", "flat", dict(data)))


@step("statement", "flat", permission=_PAY, claims=(Occasion.READING,))
async def flat_typed(visit: Visit) -> Turn:
    """The flat: restated with what it owes before anything is posted."""
    if visit.state is None:
        raise LookupError(visit.chat.id)
    flat = await typed_flat(visit)
    if flat is None:
        return Turn((Reply(admin.no_such_flat(visit.t, visit.text)),), keep_state=True)
    line = await _line(visit, visit.state.data["row"])
    counted = await statement.counted(visit.work, line)
    card = f"statement:{visit.work.ref}"
    data = {**visit.state.data, "card": card, "flat": flat.code, "counted": _entries(counted)}
    owed = await accounts.balance(visit.work.conn, flat.id)
    go = Button(texts.to_flat_button(visit.t, flat.code), Action("statement.row", data))
    stop = Button(admin.cancel(visit.t), Action("statement.show", data))
    lines = [texts.confirm_flat(visit.t, line, flat, owed), *admin_money.counted(visit.t, counted)]
    return answer(visit, Reply("\n".join(lines), ((go, stop),), card=card))


async def _after(visit: Visit, data: Mapping[str, Any], outcome: RowOutcome) -> Turn:
    """What came of a row, and the next one."""
    match outcome:
        case PostedRow():
            note = texts.row_posted(visit.t, await _line(visit, data["row"]), outcome)
        case Decided(line):
            note = texts.row_decided(visit.t, line)
        case RowChanged():
            note, data = texts.changed(visit.t), {**data, "after": data["after"] - 1}
        case Impossible():
            note = texts.impossible(visit.t)
        case OtherSum(line):
            return answer(visit, _which(visit, data, line, outcome))
        case _:
            assert_never(outcome)
    return answer(visit, await _next(visit, data, note))


def _which(visit: Visit, data: Mapping[str, Any], line: StatementLine, found: OtherSum) -> Reply:
    bound = {**data, "flat": found.payment.flat_code, "entry": found.payment.entry_id}
    new = Button(admin_money.replace_button(visit.t, line.amount), Action("statement.correct", bound))
    old = Button(admin_money.keep_button(visit.t, found.payment.amount), Action("statement.ignore", bound))
    return Reply(texts.other_sum(visit.t, line, found.payment), ((new, old),), card=data["card"])


async def _statement(visit: Visit, data: Mapping[str, Any], notes: Sequence[str] = ()) -> Reply:
    return _card(visit, await statement.overview(visit.work, data["statement"]), data["card"], notes)


def _card(visit: Visit, seen: Overview, card: str, notes: Sequence[str] = ()) -> Reply:
    data = {"statement": seen.statement_id, "card": card}
    rows = []
    if seen.certain:
        go = Action("statement.post", {**data, "seal": seen.seal})
        rows.append((Button(texts.post_button(visit.t, seen), go),))
    if seen.asked:
        look = Action("statement.look", {**data, "after": 0})
        rows.append((Button(texts.look_button(visit.t, len(seen.asked)), look),))
    if seen.recorded:
        known = Action("statement.recorded", {**data, "after": 0})
        rows.append((Button(texts.recorded_button(visit.t, len(seen.recorded)), known),))
    rows.append((Button(texts.workbook_button(visit.t), Action("statement.workbook", data)),))
    return Reply(texts.card(visit.t, seen, notes), tuple(rows), card=card)


async def _next(visit: Visit, data: Mapping[str, Any], note: str = "") -> Reply:
    seen = await statement.overview(visit.work, data["statement"])
    after = data.get("after", 0)
    later = [one for one in seen.asked if seen.line(one.credit.id).row_number > after]
    one = next(iter(later or seen.asked), None)
    if one is None:
        return _card(visit, seen, data["card"], [note or texts.all_done(visit.t)])
    reply = await _row(visit, {"card": data["card"]}, seen.codes, seen.line(one.credit.id), one)
    return Reply("\n".join(filter(None, (note, reply.text))), reply.buttons, card=data["card"])


async def _recorded(visit: Visit, data: Mapping[str, Any]) -> Reply:
    seen = await statement.overview(visit.work, data["statement"])
    later = [line for line in seen.recorded if line.row_number > data["after"]]
    line = next(iter(later or seen.recorded), None)
    payment = await payments.payment(visit.work.conn, line.entry_id) if line and line.entry_id else None
    if line is None or payment is None:
        return _card(visit, seen, data["card"])
    bound = {"statement": seen.statement_id, "card": data["card"], "row": line.id, "after": line.row_number}
    other = Button(texts.another_button(visit.t), Action("statement.another", bound))
    following = Button(texts.next_button(visit.t), Action("statement.recorded", bound))
    back = Button(texts.statement_button(visit.t), Action("statement.show", bound))
    text = texts.recorded_row(visit.t, line, payment, len(seen.recorded))
    return Reply(text, ((other,), (following, back)), card=data["card"])


async def _row(
    visit: Visit, data: Mapping[str, Any], codes: Mapping[int, str], line: StatementLine, one: Match
) -> Reply:
    t = visit.t
    where = {"statement": line.statement_id, "card": data["card"], "row": line.id, "after": line.row_number}
    bound = {**where, **({"another": True} if data.get("another") else {})}
    counted = await statement.counted(visit.work, line)
    shown_flats = one.flats[:_MOST_FLATS]
    owed = {flat: await accounts.balance(visit.work.conn, flat) for flat in shown_flats}
    post = {**bound, "counted": _entries(counted)}
    to = [
        Button(texts.to_flat_button(t, codes[flat]), Action("statement.row", {**post, "flat": codes[flat]}))
        for flat in shown_flats
        if flat in codes
    ]
    other = Button(texts.other_flat_button(t), Action("statement.flat", bound))
    ignore = Button(texts.ignore_button(t), Action("statement.ignore", bound))
    following = Button(texts.next_button(t), Action("statement.look", where))
    back = Button(texts.statement_button(t), Action("statement.show", where))
    pairs = [tuple(to[start : start + 2]) for start in range(0, len(to), 2)]
    if one.why in {Why.PAYMENT_AGAIN, Why.PAYMENT_FLAT}:
        pairs.append((Button(texts.another_button(t), Action("statement.another", where)),))
    lines = [texts.row(t, line, one, codes, owed), *admin_money.counted(t, counted)]
    return Reply("\n".join(lines), (*pairs, (other, ignore), (following, back)), card=data["card"])


def _table_row(visit: Visit, line: StatementLine, one: Match | None, seen: Overview) -> tuple[Cell, ...]:
    named = [seen.codes[flat] for flat in one.flats if flat in seen.codes] if one else []
    return (
        line.row_number,
        line.day.isoformat(),
        line.amount,
        line.reference,
        line.narration,
        texts.state_word(visit.t, line, one),
        line.flat_code or ", ".join(named),
        texts.why(visit.t, one, seen.codes) if one else None,
    )


def _entries(counted: Sequence[Payment]) -> list[int]:
    return [one.entry_id for one in counted]


async def _line(visit: Visit, line_id: int) -> StatementLine:
    line = await statements.line(visit.work.conn, line_id)
    if line is None:
        raise LookupError(line_id)
    return line
