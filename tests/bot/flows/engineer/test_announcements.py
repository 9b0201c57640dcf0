"""A reading that was sent back reaches its engineer, in reply to the message that brought it."""

from bot.announcements import ANNOUNCERS
from bot.conversation import Reply
from bot.i18n import Translator
from jobs.ports import Notice
from storage import readings
from storage.database import Database
from storage.readings import ReadingState
from tests.bot.flows.engineer.conftest import NOW
from tests.bot.flows.engineer.test_message import stored
from tests.bot.flows.phone import Phone
from tests.society import Town, work


async def worded(db: Database, town: Town, reading_id: int) -> Reply | None:
    """What Ravi is told about the reading now."""
    payload = {"reason": "wrong_meter", "by": "Rekha"}
    notice = Notice(
        1,
        "reading_returned",
        "reading",
        str(reading_id),
        1,
        "telegram",
        town.ravi.chat_id,
        None,
        None,
        payload,
        "back:1",
    )
    async with db.transaction() as conn:
        return await ANNOUNCERS["reading_returned"](work(conn, town.rekha, NOW), notice, Translator("en"))


async def test_the_reason_comes_as_a_reply_with_a_way_to_mend_it(ravi: Phone, town: Town, db: Database) -> None:
    await ravi.say("B17-FF 164")
    (reading,) = await stored(db)
    async with db.transaction() as conn:
        await readings.set_state(conn, reading.id, ReadingState.RETURNED, by=town.rekha.person_id, at=NOW, reason="x")
    told = await worded(db, town, reading.id)
    assert told is not None
    assert told.text.startswith("Rekha sent back <b>B17-FF 164</b> of 2 Nov 2026: wrong meter.")
    assert told.reply_to == ravi.last_id
    assert [button.label for button in told.buttons[0]] == ["Re-enter", "Undo"]
    again, undo = (button.action for button in told.buttons[0])
    assert again
    assert undo
    assert "Taken back" in await ravi.press_action(undo)
    assert ravi.replies[0].card == "back:1"
    assert "was taken back" in await ravi.press_action(again)
    assert ravi.replies[0].card == "back:1"


async def test_it_is_not_said_once_mended(ravi: Phone, town: Town, db: Database) -> None:
    await ravi.say("B17-FF 164")
    (reading,) = await stored(db)
    assert await worded(db, town, reading.id) is None
