"""Send is pressed again on a request to replace a meter that the office has decided."""

from __future__ import annotations

from jobs.ports import Message
from storage.database import Database
from tests.bot.flows.engineer.conftest import photo
from tests.bot.flows.engineer.test_replace import asked, on_card
from tests.bot.flows.engineer.test_replace import ravi as ravi  # noqa: PLC0414 - the fixture
from tests.bot.flows.engineer.test_replace import rekha as rekha  # noqa: PLC0414 - the fixture
from tests.bot.flows.engineer.test_replace import town as town  # noqa: PLC0414 - the fixture
from tests.bot.flows.phone import Phone
from tests.society import Town


async def sent(ravi: Phone) -> list[Message]:
    """The messages with the summary, its Send pressed."""
    await ravi.say("/replace B17-FF")
    await ravi.photo(photo("old"), "1454")
    await ravi.say("55501")
    await ravi.photo(photo("new"), "0")
    summary = ravi.messages
    await ravi.press("Send", among=summary)
    return summary


async def test_pressed_again_after_the_office_decided_it_says_so(
    ravi: Phone, rekha: Phone, db: Database, town: Town
) -> None:
    summary = await sent(ravi)
    await on_card(rekha, db, town, "Send back")
    await rekha.press("Wrong meter")
    said = await ravi.press("Send", among=summary)
    assert said.startswith("Rekha sent back new meter 55501 of <b>B17-FF</b>: wrong meter.")
    assert ravi.labels == ["Start again"]
    assert "what does it show now?" in await ravi.press("Start again")
    await asked(ravi)
    await on_card(rekha, db, town, "Approve")
    assert "Rekha sent back" in await ravi.press("Send", among=summary)


async def test_pressed_again_after_it_was_approved_it_says_so(
    ravi: Phone, rekha: Phone, db: Database, town: Town
) -> None:
    summary = await sent(ravi)
    await on_card(rekha, db, town, "Approve")
    said = await ravi.press("Send", among=summary)
    assert said.startswith("<b>B17-FF</b> has meter 55501 now, approved by Rekha.")
    assert ravi.labels == []
