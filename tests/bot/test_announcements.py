"""Facts into words when they are sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.announcements import ANNOUNCERS, Announcements
from bot.conversation import Reply
from jobs.ports import Notice, Template, plain
from tests.society import Town, build, work

if TYPE_CHECKING:
    import pytest

    from bot.i18n import Translator
    from jobs.work import Work
    from storage.database import Connection, Database

NOW = datetime(2026, 11, 2, 5, 12, tzinfo=UTC)
KIND = "said_in_this_test"


async def _said(conn: Connection, town: Town, facts: dict[str, Any]) -> str | None:
    person = town.sharma
    notice = Notice(1, KIND, "x", "1", 1, "whatsapp", person.chat_id, person.person_id, None, facts, None)
    message = await Announcements().word(work(conn, person, NOW), notice)
    return plain(message.text) if message else None


async def test_who_asks_to_see_it_is_answered_also_when_it_is_settled(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def settled(work: Work, notice: Notice, t: Translator) -> Reply | None:
        return None

    monkeypatch.setitem(ANNOUNCERS, KIND, settled)
    async with db.transaction() as conn:
        town = await build(conn)
        assert await _said(conn, town, {}) is None
        assert await _said(conn, town, {"asked": True}) is None
        said = await _said(conn, town, {"asked": True, "again": True})
        assert said is not None
        assert said.startswith("That is settled since")


async def test_a_message_has_its_language_and_its_template(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def bill(work: Work, notice: Notice, t: Translator) -> Reply | None:
        return Reply("x", template=Template("notice", ("y",)), passing=True)

    monkeypatch.setitem(ANNOUNCERS, KIND, bill)
    async with db.transaction() as conn:
        town = await build(conn)
        await conn.execute("update people set language = 'hi'")
        await conn.execute("update chat_identities set language = 'hi'")
        person = town.sharma
        notice = Notice(1, KIND, "x", "1", 1, "whatsapp", person.chat_id, person.person_id, None, {}, None)
        message = await Announcements().word(work(conn, person, NOW), notice)
        assert message is not None
        assert (message.language, message.template, message.passing) == ("hi", Template("notice", ("y",)), True)
