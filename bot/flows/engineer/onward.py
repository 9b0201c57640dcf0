"""The next meter of the round, below a saved reading or on a card of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.conversation import Action, Button, Reply
from bot.flows.engineer.binding import card_of, fresh
from bot.flows.engineer.place import sent_day
from bot.texts import engineer_dialogue as dialogue
from bot.texts import engineer_round as texts
from bot.texts.engineer_month import sent_back
from bot.visit import Visit
from domain.period import Month, local_date
from jobs import rounds
from jobs.rounds import Walk
from storage import meters, readings
from storage.readings import Reading

Buttons = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is asked next, and its buttons: those about the meter, those about the walk."""

    text: str
    about_meter: tuple[Button, ...] = ()
    about_walk: tuple[Button, ...] = ()

    @property
    def rows(self) -> Buttons:
        """Without any other buttons."""
        return tuple(row for row in (self.about_meter, self.about_walk) if row)


def month_of(visit: Visit) -> Month:
    """The month of the day on which the message was sent, in the society's time zone."""
    return Month.of(sent_day(visit))


async def walked_now(visit: Visit) -> Walk | None:
    """The round that the sender walks in this chat."""
    if not visit.chat.is_private:
        return None
    return await rounds.walked_now(visit.work, visit.chat.id, month_of(visit))


async def after(visit: Visit, reading: Reading) -> Ahead | None:
    """The reading is taken and the round goes on from it; `None`: its sender walks none.

    Where more messages came meanwhile nothing is asked: they were written before the question could be seen.
    """
    walk = await walked_now(visit)
    if walk is None:
        return None
    walk = await rounds.came_from(visit.work, walk, reading, month_of(visit))
    if visit.backlog or visit.burst:
        await rounds.ask(visit.work, walk, None)
        return None
    await rounds.ask(visit.work, walk, card_of(reading))
    return await ahead(visit, walk)


async def shown_with(visit: Visit, reading: Reading) -> Ahead | None:
    """What the reading's card asks already, where it is drawn again; `None`: it asks nothing.

    It is of the same meter still, read meanwhile or not: who types a number stands before that one.
    """
    walk = await walked_now(visit)
    if walk is None or walk.round.card != card_of(reading):
        return None
    same = rounds.as_asked(walk)
    return await ahead(visit, same) if same else None


async def hold(visit: Visit, reading: Reading) -> str:
    """The reading is odd: the round stays at its meter; where it goes on then, empty without a round."""
    walk = await walked_now(visit)
    if walk is None:
        return ""
    await rounds.hold(visit.work, walk, reading, card_of(reading))
    held = await walked_now(visit) or walk
    line = next((line for line in held.ahead if line.meter_id != reading.meter.id), None)
    return texts.then_goes_on(visit.t, line.flat_code) if line else ""


async def ahead(visit: Visit, walk: Walk) -> Ahead:
    """The next meter of a walk, or that there is none."""
    t, mode, line = visit.t, visit.work.society.reading_mode, walk.next_up
    if line is None:
        return Ahead(texts.walked(t, walk.done))
    meter = await meters.get_meter(visit.work.conn, line.meter_id)
    about = {"meter": line.meter_id}
    return Ahead(
        texts.asked(t, mode, walk, meter, await _facts(visit, walk, meter.id)),
        (
            Button(texts.key_cant_read(t), Action("round.cant_read", about)),
            Button(texts.skip(t), Action("round.skip", about)),
        ),
        (
            Button(texts.other_block(t), Action("round.blocks")),
            Button(texts.stop(t), Action("round.stop")),
        ),
    )


async def _facts(visit: Visit, walk: Walk, meter_id: int) -> list[str]:
    """What it showed before, what was wrong with that, and why it comes only now."""
    t, tomorrow = visit.t, sent_day(visit) + timedelta(days=1)
    previous = await readings.previous(visit.work.conn, meter_id, tomorrow)
    returned = await readings.returned_before(visit.work.conn, meter_id, tomorrow)
    vain, words = walk.done.in_vain.get(meter_id), walk.reason_of(meter_id)
    facts = [dialogue.before(t, previous.value, previous.date)] if previous else []
    facts += [sent_back(t, one) for one in returned[-1:]]
    facts += [texts.was_in_vain(t, vain, local_date(vain.at, visit.work.society.zone))] if vain else []
    return facts + ([texts.was_skipped(t, words)] if words and not vain else [])


async def ask(visit: Visit, walk: Walk, note: str = "", card: str | None = None, more: Buttons = ()) -> Reply:
    """Ask for the next meter, on a message of its own or the one named `card`; `note` and `more` are above."""
    name = own_card(card) or fresh(visit, "round")
    await rounds.ask(visit.work, walk, name)
    shown = await ahead(visit, walk)
    text = f"{note}\n\n{shown.text}" if note else shown.text
    rows = tuple(row for row in (shown.about_meter, *more, shown.about_walk) if row)
    return Reply(text, rows, card=name)


def own_card(card: str | None) -> str | None:
    """The pressed message, where it is the round's own and not a reading's, which keeps saying what it says."""
    return card if card and card.startswith("round:") else None
