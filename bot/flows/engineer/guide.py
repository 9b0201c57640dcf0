"""The first words to an engineer, the help, the keys, and what is answered to anything else."""

from __future__ import annotations

from bot.conversation import Keyboard, Reply, Turn
from bot.flows.engineer import question, round_typed
from bot.flows.engineer.cards import mode_of
from bot.flows.engineer.examples import example_of
from bot.flows.engineer.fix import correct
from bot.flows.engineer.place import here, replied_to, turn
from bot.flows.engineer.steps import starting_at
from bot.flows.welcome import welcomes
from bot.i18n import Translator
from bot.router import Occasion, command, on
from bot.texts import engineer_dialogue as texts
from bot.texts.engineer_round import key_cant_read
from bot.visit import Visit
from domain.number_text import NumberError
from domain.roles import Role
from domain.units import parse_units

_ENGINEER = frozenset({Role.ENGINEER})
_LONGEST_NUMBER = 20


@welcomes(Role.ENGINEER)
async def joined(visit: Visit) -> tuple[Reply, ...]:
    """What to send, and the keys."""
    example = await example_of(visit)
    text = texts.welcome(visit.t, mode_of(visit), visit.work.society.name, example)
    return (Reply(text, keyboard=keyboard(visit.t, example)),)


@command("help", roles=_ENGINEER, about=texts.about_help)
async def help_(visit: Visit, _: str) -> Turn:
    """Every way to send a reading."""
    return turn(visit, Reply(texts.help_text(visit.t, mode_of(visit), await example_of(visit))))


@on(Occasion.OTHERWISE, roles=_ENGINEER)
async def anything_else(visit: Visit) -> Turn:
    """A number in reply to a reading corrects it; a flat alone is read step by step; else what to send."""
    answered = await replied_to(visit)
    if len(answered) == 1 and _is_number(visit.text.partition(" ")[0]):
        return await correct(visit, answered[0], answered[0].version)
    asked = await question.in_reply(visit) or await question.alone(visit)
    walked = asked or await round_typed.answered(visit)
    if walked is not None:
        return walked
    example = await example_of(visit)
    if _is_number(visit.text):
        return here(Reply(texts.which_flat(visit.t, visit.text, _with(example, visit.text))))
    opened = await starting_at(visit, visit.text) if visit.text else None
    return opened or here(Reply(texts.not_understood(visit.t, example)))


def keyboard(t: Translator, example: str) -> Keyboard:
    """The keys below the text field."""
    rows = ((texts.key_next(t), key_cant_read(t)), (texts.key_list(t), texts.key_undo(t)))
    return Keyboard(rows, placeholder=texts.placeholder(t, example))


def _with(example: str, number: str) -> str:
    return f"{example.partition(' ')[0]} {number}"


def _is_number(text: str) -> bool:
    try:
        parse_units(text[:_LONGEST_NUMBER])
    except NumberError:
        return False
    return len(text) <= _LONGEST_NUMBER
