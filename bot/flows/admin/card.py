"""A reading's card: drawn while it waits, and again when it is decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.conversation import Action, Button, Reply
from bot.flows.admin.binding import Shown
from bot.flows.admin.correction_binding import account_action
from bot.flows.admin.motor_card import motor_card
from bot.flows.admin.rolled_over import with_way
from bot.texts import admin, photo_checks
from bot.texts import admin_buttons as labels
from bot.texts import admin_card as texts
from bot.texts import admin_motor as motor_texts
from bot.texts.admin_card import CardFacts
from bot.texts.admin_corrections import account_button
from domain.metering import usual_range
from domain.roles import Permission, allowed
from domain.units import NO_UNITS
from jobs.approve_reading import AnyPreview, MotorPreview, Preview, look
from jobs.check_photos import check_of
from jobs.draft_bill import Obstacle
from jobs.pending import queue
from jobs.submit_reading import monthly_units
from jobs.trail import correction_of, stood_by
from storage import bills, reach, readings
from storage.readings import ReadingState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.i18n import Translator
    from jobs.work import Work
    from storage.bills import Bill
    from storage.readings import Reading

Rows = tuple[tuple[Button, ...], ...]
_ASKED_AT_APPROVAL = frozenset({None, Obstacle.MONTH_BILLED, Obstacle.NO_BASELINE, Obstacle.WAITING_FOR_MOTOR})
"""What does not keep a card from offering to approve."""


async def reading_card(work: Work, t: Translator, shown: Shown) -> Reply:
    """The reading as it stands now: with its sum and buttons while it waits, else what became of it."""
    return await card_of_preview(work, t, shown, await look(work, shown.reading_id, shown.terms))


async def card_of_preview(work: Work, t: Translator, shown: Shown, seen: AnyPreview) -> Reply:
    """The same where the sum is known already."""
    if isinstance(seen, MotorPreview):
        return await _motor(work, t, shown, seen)
    reading = seen.draft.reading
    photo_id = reading.photo_ids[-1] if reading.photo_ids else None
    if reading.state is not ReadingState.PENDING:
        facts = replace(
            await _facts(work, seen), bill=await _bill(work, reading), deliveries=await _deliveries(work, reading)
        )
        rows = (*_about_bill(work, t, facts.bill), *_about_group(t, shown, seen))
        return Reply(texts.decided(t, facts), rows, card=shown.card, photo_id=photo_id)
    place, before, after = await _place(work, shown)
    facts = replace(await _facts(work, seen), place=place)
    bound = replace(shown, version=reading.version, total=seen.draft.total, photo=facts.check.mark)
    look_again = check_row(work, t, bound, reading)
    beside = _beside(t, bound, seen) if look_again else ()
    rows = (*_decisions(t, bound, seen, look_again), *_turning(t, bound, before, after, beside))
    card = Reply(texts.waiting(t, facts), rows, card=shown.card, photo_id=photo_id)
    return with_way(work, t, bound, facts, card)


async def _motor(work: Work, t: Translator, shown: Shown, seen: MotorPreview) -> Reply:
    """The card of a motor's own reading, with the way to its neighbours while it waits."""
    mark = (await check_of(work, seen.draft.reading)).mark
    bound = replace(shown, version=seen.draft.reading.version, total=seen.draft.total, photo=mark)
    if seen.draft.reading.state is not ReadingState.PENDING:
        return await motor_card(work, t, bound, seen)
    place, before, after = await _place(work, shown)
    reply = await motor_card(work, t, bound, seen, place)
    look_again = check_row(work, t, bound, seen.draft.reading)
    return replace(reply, buttons=(*reply.buttons, *_turning(t, bound, before, after, look_again)))


async def next_card(work: Work, t: Translator, shown: Shown) -> tuple[Reply, ...]:
    """After a decision in the queue: the next one to be looked at, as a new message; the decided card stays."""
    if not shown.queued:
        return ()
    _, _, after = await _place(work, shown)
    if after is None:
        return ()
    return (await reading_card(work, t, Shown(after, f"review:{work.ref}", queued=True)),)


async def first_card(work: Work, t: Translator, card: str) -> Reply | None:
    """The first one that has to be looked at."""
    ids = await _to_review(work)
    return await reading_card(work, t, Shown(ids[0], card, queued=True)) if ids else None


def question(t: Translator, shown: Shown, seen: Preview, totals: tuple[Preview, Preview]) -> Reply:
    """A further bill of a month already billed: without or with fixed charge, or not at all."""
    without, with_ = totals
    rows = (
        (_fixed(labels.without_fixed(t, without.draft.total), shown, without, fixed=False),),
        (_fixed(labels.with_fixed(t, with_.draft.total), shown, with_, fixed=True),),
        (to_card(t, shown),),
    )
    return Reply(texts.further_bill(t, seen.draft), rows, card=shown.card)


async def doubt(work: Work, t: Translator, shown: Shown, seen: AnyPreview) -> Reply:
    """The same card, asking once more with the figures on the button."""
    card = await card_of_preview(work, t, shown, seen)
    mark = (await check_of(work, seen.draft.reading)).mark
    bound = replace(shown, version=seen.draft.reading.version, total=seen.draft.total, photo=mark)
    sure = Button(_figures(t, seen), Action("review.approve", {**bound.data(), "sure": True}))
    correct = Button(labels.correct(t), Action("review.correct", bound.data()))
    back = Button(labels.send_back(t), Action("review.send_back", bound.data()))
    rows = ((sure,), (correct, back), (to_card(t, bound),))
    return replace(card, text=f"{texts.look_again(t)}\n{card.text}", buttons=rows)


def _figures(t: Translator, seen: AnyPreview) -> str:
    if isinstance(seen, MotorPreview):
        used, later = seen.draft.units, not seen.draft.bills
    else:
        used = seen.draft.amounts.flat_units if seen.draft.amounts else None
        later = seen.draft.obstacle is not None
    return labels.approve_doubtful(t, used or NO_UNITS, None if later else seen.draft.total)


def to_card(t: Translator, shown: Shown) -> Button:
    """Back to the card, undecided."""
    return Button(admin.cancel(t), Action("review.show", shown.data()))


def _fixed(label: str, shown: Shown, seen: Preview, *, fixed: bool) -> Button:
    terms = replace(shown.terms, with_fixed_charge=fixed)
    bound = replace(shown, terms=terms, total=seen.draft.total, version=seen.draft.reading.version)
    return Button(label, Action("review.approve", bound.data()))


def check_row(work: Work, t: Translator, shown: Shown, reading: Reading) -> tuple[Button, ...]:
    """The way to have the photo read once more, where there is one and somebody reads."""
    if not work.society.reads_photos or not reading.photo_ids:
        return ()
    return (Button(photo_checks.check_button(t), Action("review.check", shown.data())),)


def _beside(t: Translator, shown: Shown, seen: Preview) -> tuple[Button, ...]:
    """Where the photo's button takes their place, the terms stand between the ways to the neighbours."""
    if seen.draft.obstacle is Obstacle.NO_BASELINE:
        return ()
    return (Button(labels.terms(t), Action("review.terms", shown.data())),)


def _decisions(t: Translator, shown: Shown, seen: Preview, look_again: tuple[Button, ...]) -> Rows:
    correct = Button(labels.correct(t), Action("review.correct", shown.data()))
    back = Button(labels.send_back(t), Action("review.send_back", shown.data()))
    terms = look_again or (Button(labels.terms(t), Action("review.terms", shown.data())),)
    if seen.draft.obstacle is Obstacle.NO_BASELINE:
        return ((_approve(labels.accept(t), shown), correct), (back, *look_again))
    if seen.own or seen.draft.obstacle not in _ASKED_AT_APPROVAL:
        return ((correct, back), terms)
    waits = seen.draft.obstacle is Obstacle.WAITING_FOR_MOTOR
    label = motor_texts.approve_later(t) if waits else labels.approve(t, seen.draft.total)
    return ((_approve(label, shown), correct), (back, *terms))


def _approve(label: str, shown: Shown) -> Button:
    return Button(label, Action("review.approve", shown.data()))


def _about_bill(work: Work, t: Translator, bill: Bill | None) -> Rows:
    """From a decided card to its bill's account, where mistakes are put right."""
    if bill is None or not allowed(work.actor.roles, Permission.ADJUST_ACCOUNT):
        return ()
    return ((Button(account_button(t), account_action(bill.flat_code, None, bill.id)),),)


def _about_group(t: Translator, shown: Shown, seen: Preview) -> Rows:
    """From an approved reading that waits to its motor, and back to the queue."""
    group, reading = seen.draft.group, seen.draft.reading
    if group is None or reading.state is not ReadingState.APPROVED:
        return ()
    motor = Action("review.show", Shown(group.reading_id, shown.card).data())
    back = Action("review.reopen", replace(shown, version=reading.version, terms=seen.draft.terms).data())
    return ((Button(motor_texts.motor_button(t, group), motor), Button(motor_texts.reopen(t), back)),)


def _turning(
    t: Translator, shown: Shown, before: int | None, after: int | None, beside: tuple[Button, ...] = ()
) -> Rows:
    def go(label: str, reading_id: int) -> Button:
        return Button(label, Action("review.show", Shown(reading_id, shown.card, queued=True).data()))

    left = (go(labels.previous(t), before),) if before else ()
    right = (go(labels.following(t), after),) if after else ()
    return ((*left, *beside, *right),) if left or beside or right else ()


async def _place(work: Work, shown: Shown) -> tuple[tuple[int, int] | None, int | None, int | None]:
    """Where the reading stands among those to be looked at, and its neighbours; for one decided, the first left."""
    if not shown.queued:
        return None, None, None
    ids = await _to_review(work)
    if shown.reading_id not in ids:
        return None, None, ids[0] if ids else None
    at = ids.index(shown.reading_id)
    return (at + 1, len(ids)), (ids[at - 1] if at else None), (ids[at + 1] if at + 1 < len(ids) else None)


async def _to_review(work: Work) -> Sequence[int]:
    """Those not normal; when there are none, all that wait."""
    waiting = await queue(work)
    return [one.reading.id for one in waiting.review or waiting.normal]


async def _facts(work: Work, seen: Preview) -> CardFacts:
    reading = seen.draft.reading
    past = await readings.history(work.conn, reading.meter.id, before=reading.date)
    mode = work.society.reading_mode
    return CardFacts(
        draft=seen.draft,
        own=seen.own,
        mode=mode,
        zone=work.society.zone,
        past=past,
        usual=usual_range(monthly_units(work, past)),
        correction=await correction_of(work, reading),
        check=await check_of(work, reading),
        stood_by=await stood_by(work, reading),
        owners=(await reach.owners_reached(work.conn, [seen.draft.flat.id])).get(seen.draft.flat.id, []),
    )


async def _bill(work: Work, reading: Reading) -> Bill | None:
    found = await bills.of_reading(work.conn, reading.id)
    return await bills.get_bill(work.conn, found.bill_id) if found else None


async def _deliveries(work: Work, reading: Reading) -> Sequence[reach.Delivery]:
    found = await bills.of_reading(work.conn, reading.id)
    return await reach.deliveries(work.conn, found.bill_id) if found else ()
