"""Which flow answers: the order of decision and the rights."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot import router
from bot.conversation import Incoming, MediaRef, Reply, State, Turn
from bot.i18n import Translator
from bot.router import Occasion, command, label, menu, on, route, step
from bot.visit import Visit
from domain.roles import Permission, Role
from tests.society import SOCIETY

ENGINEER, ADMIN = frozenset({Role.ENGINEER}), frozenset({Role.ADMIN})


def says(word: str) -> Any:
    async def handler(visit: Visit, *arguments: Any) -> Turn:
        return Turn((Reply(" ".join([word, *map(str, arguments)]).strip()),))

    return handler


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(router, "_REGISTRY", router._Registry())
    command("pending", about=lambda t: f"engineers {t.language}", roles=ENGINEER)(says("engineer pending"))
    command("pending", "queue", about=lambda t: f"admins {t.language}", roles=ADMIN)(says("admin pending"))
    command("join", bare=True)(says("join"))
    command("hidden", permission=Permission.QUOTE)(says("quote"))
    label(lambda t: {"en": "List", "hi": "सूची"}[t.language], roles=ENGINEER)(says("list"))
    on(Occasion.READING, permission=Permission.SUBMIT_READING)(says("reading"))
    on(Occasion.PHOTO, permission=Permission.SUBMIT_READING)(says("photo"))
    on(Occasion.EDITED, permission=Permission.SUBMIT_READING)(says("edited"))
    on(Occasion.OTHERWISE, roles=ENGINEER)(says("engineer help"))
    on(Occasion.OTHERWISE)(says("stranger"))
    step("read", "number")(says("number"))
    step("back", "reason", claims=[Occasion.READING])(says("reason"))
    step("read", "photo", claims=[Occasion.PHOTO])(says("step photo"))
    return iter([None])


async def answer(
    text: str | None = None,
    roles: Collection[Role] = ENGINEER,
    state: tuple[str, str] | None = None,
    *,
    private: bool = True,
    **incoming: Any,
) -> str | None:
    said = Incoming("telegram", "1", "1", datetime(2026, 11, 2, tzinfo=UTC), "7", text, **incoming)
    work = SimpleNamespace(actor=SimpleNamespace(roles=frozenset(roles)), society=SOCIETY, conn=None)
    chat = SimpleNamespace(id=1, is_private=private)
    visit = Visit(work, said, chat, Translator("en"), State(*state) if state else None)  # type: ignore[arg-type] # stand-ins
    turn = await route(visit)
    return turn.replies[0].text or turn.replies[0].toast if turn.replies else None


@pytest.mark.parametrize(
    ("text", "roles", "expected"),
    [
        ("/pending", ENGINEER, "engineer pending"),
        ("/pending", ADMIN, "admin pending"),
        ("/pending", ENGINEER | ADMIN, "admin pending"),
        ("/PENDING@some_bot now  please", ADMIN, "admin pending now  please"),
        ("/queue", ADMIN, "admin pending"),
        ("join ABC", (), "join ABC"),
        ("Join ABC", (), "join ABC"),
        ("/join", (), "join"),
        ("/hidden 1", ADMIN, "quote 1"),
        ("सूची", ENGINEER, "list"),
        ("List", ENGINEER, "list"),
        ("List", (), "stranger"),
        ("B17-FF 146", ENGINEER, "reading"),
        ("B17-FF 146", ADMIN, "reading"),
        ("B17-FF 146", {Role.OWNER}, "stranger"),
        ("what?", ENGINEER, "engineer help"),
        ("/unknown", ENGINEER, "engineer help"),
        (None, ENGINEER, "engineer help"),
    ],
)
async def test_without_a_dialogue(text: str | None, roles: Collection[Role], expected: str) -> None:
    assert await answer(text, roles) == expected


@pytest.mark.parametrize("text", ["/pending", "/hidden"])
async def test_a_command_of_another_role_is_refused(text: str) -> None:
    refused = await answer(text, {Role.OWNER})
    assert refused is not None
    assert "another role" in refused


async def test_a_reply_that_somebody_knows_is_none_to_a_dialogue() -> None:
    async def known(visit: Visit) -> Turn | None:
        return Turn((Reply("known"),)) if visit.incoming.reply_to == "5" else None

    router.replied(Permission.SUBMIT_READING)(known)
    assert await answer("B17-FF 146", state=("back", "reason"), reply_to="5") == "known"
    assert await answer("B17-FF 146", state=("back", "reason"), reply_to="6") == "reason"
    assert await answer("146", {Role.OWNER}, reply_to="5") == "stranger"
    assert await answer("/pending", reply_to="5") == "engineer pending"


async def test_a_dialogue_gets_what_is_not_answered_everywhere() -> None:
    assert await answer("146", state=("read", "number")) == "number"
    assert await answer("B17-FF 146", state=("read", "number")) == "reading"
    assert await answer("B17-FF 146", state=("back", "reason")) == "reason"
    assert await answer("/pending", state=("back", "reason")) == "engineer pending"
    assert await answer("anything", state=("gone", "step")) == "engineer help"


async def test_photos_and_edits() -> None:
    photo = MediaRef("f", "photo")
    assert await answer(media=photo) == "photo"
    assert await answer(media=photo, state=("read", "number")) == "photo"
    assert await answer(media=photo, state=("read", "photo")) == "step photo"
    assert await answer("/pending", edited=True) == "edited"
    assert await answer("147", edited=True, roles=()) is None


async def test_in_a_group_nobody_is_chatted_up() -> None:
    assert await answer("hello there", private=False) is None
    assert await answer("/pending", private=False) == "engineer pending"


def test_menus_follow_roles() -> None:
    assert menu(ENGINEER, Translator("hi")) == (("pending", "engineers hi"),)
    assert menu(ENGINEER | ADMIN, Translator("en")) == (("pending", "admins en"),)
    assert menu((), Translator("en")) == ()
