"""A group reads along: the office's figures and people's data are never said there, whatever is registered."""

from __future__ import annotations

import pytest

from bot.conversation import Action
from bot.router import _REGISTRY, Rule
from domain.roles import Role
from storage.database import Database
from tests.bot.flows.phone import Phone
from tests.society import Town

READING = {"read", "undo", "photo", "reading", "number", "replace", "round", "cant_read"}
"""What engineers do is for the group they do it in; nobody's name is in it, and no money."""
COMMANDS = {"help", *READING}
BUTTONS = {"inbox.retry", "language.set", "onboarding.language"}
"""These show what belongs to nobody."""
ADMIN = {Role.ADMIN}
PRIVATE = "I answer that in our private chat."


def ours(rule: Rule) -> bool:
    """For admins, and not of another test."""
    return rule.serves(ADMIN) and rule.handler.__module__.startswith("bot.")


@pytest.fixture
async def rekha(db: Database, town: Town, ravi: Phone) -> Phone:
    """An admin in a group, where a reading waits."""
    await ravi.say("B17-FF 146")
    async with db.transaction() as conn:
        await conn.execute(
            "update chat_identities set external_id = 'g', is_private = false where id = $1", town.rekha.chat_id
        )
        await conn.execute(
            "insert into chat_identities (channel, external_id, person_id) values ('telegram', '103', $1)",
            town.rekha.person_id,
        )
    return Phone(db, town.rekha, ravi.now)


async def test_no_command_of_the_office_answers_in_a_group(rekha: Phone) -> None:
    names = [name for name, rules in _REGISTRY.commands.items() if any(map(ours, rules))]
    assert {"dues", "report", "strays", "flat", "pending", "issue", "lock", "jobs"} <= set(names)
    for name in names:
        for typed in ("", " B17-FF", " 2026-11"):
            said = await rekha.say(f"/{name}{typed}")
            assert said == PRIVATE or name in COMMANDS, name
            assert "₹" not in said, name


async def test_no_button_of_the_office_answers_in_a_group(rekha: Phone) -> None:
    names = [name for name, rule in _REGISTRY.presses.items() if ours(rule)]
    for name in names:
        if name not in BUTTONS and name.partition(".")[0] not in READING:
            assert await rekha.press_action(Action(name, {})) == PRIVATE, name


async def test_no_statement_is_taken_in_a_group(rekha: Phone) -> None:
    assert await rekha.document("application/vnd.ms-excel") == PRIVATE
