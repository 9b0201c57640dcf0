"""The Telegram channel against the simulated Bot API: sending, editing, fetching, polling, stopping."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from PIL import Image
from telegram.error import TelegramError

from bot.channels.base import ChannelDownError
from bot.channels.telegram import Address, Patience, TelegramChannel
from bot.conversation import MediaRef
from bot.simulator import ButtonKind, Fault, Phone, Simulator
from jobs.ports import (
    Key,
    Keyboard,
    Message,
    NotSent,
    Outcome,
    Parcel,
    Paused,
    Posted,
    Refused,
    Sent,
    Stopped,
    Unknown,
    Unreachable,
)
from storage.database import Database
from tests import probe
from tests.bot.simulator.validation import check_request

_TOO_LONG = 65


def picture(colour: str = "red", size: int = 64) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with probe.telephones() as running:
        running.faults.hold_seconds = 0.3
        for phone in running.phones.values():
            await phone.start()
        yield running
        for recorded in running.recorder:
            if recorded.call.params.get("reply_markup", "").count("x") < _TOO_LONG:
                check_request(recorded)


@pytest.fixture
async def channel(db: Database, simulator: Simulator) -> AsyncIterator[TelegramChannel]:
    telegram = make(db, simulator)
    yield telegram
    await telegram.close()


def make(db: Database, simulator: Simulator, token: str | None = None) -> TelegramChannel:
    address = Address(token or simulator.token, simulator.url)
    return TelegramChannel(
        address, db, lambda: datetime.now(UTC), limiters=False, patience=Patience(answer=0.2, lease=1)
    )


@pytest.fixture
def ravi(simulator: Simulator) -> Phone:
    return simulator.phone("ravi")


async def send(channel: TelegramChannel, message: Message, edits: Posted | None = None, photo: bytes = b"") -> Outcome:
    async def load() -> bytes:
        return photo

    return await channel.deliver(Parcel("101", True, message, edits, load if photo else None))


async def sent(channel: TelegramChannel, message: Message, edits: Posted | None = None, photo: bytes = b"") -> str:
    outcome = await send(channel, message, edits, photo)
    assert isinstance(outcome, Sent)
    assert outcome.external_id is not None
    return outcome.external_id


async def test_text_with_buttons(channel: TelegramChannel, ravi: Phone) -> None:
    keys = (
        (Key("Approve", press="token"), Key("Copy", copy="office@upi")),
        (Key("Pay", url="https://bills.example.org/b/x"), Key("UPI", url="upi://pay")),
    )
    await sent(channel, Message("<b>B17-FF</b> &amp; more", keys))
    assert ravi.last.text == "B17-FF & more"
    assert [(button.text, button.kind) for button in ravi.last.buttons] == [
        ("Approve", ButtonKind.CALLBACK),
        ("Copy", ButtonKind.COPY),
        ("Pay", ButtonKind.URL),
    ]


async def test_a_keyboard_and_its_removal(channel: TelegramChannel, ravi: Phone) -> None:
    keyboard = Keyboard((("Next meter", "List"), ("Share my number",)), "B17-FF 146, or a photo", "Share my number")
    await sent(channel, Message("Hello", keyboard=keyboard))
    assert [(button.text, button.kind) for button in ravi.keyboard] == [
        ("Next meter", ButtonKind.TEXT),
        ("List", ButtonKind.TEXT),
        ("Share my number", ButtonKind.CONTACT),
    ]
    await sent(channel, Message("Bye", remove_keyboard=True))
    assert ravi.keyboard == []


async def test_a_card_is_edited_in_place(channel: TelegramChannel, ravi: Phone) -> None:
    first = await sent(channel, Message("One", ((Key("A", press="a"),),)))
    assert await sent(channel, Message("Two"), Posted(first, None)) == first
    assert await sent(channel, Message("Two"), Posted(first, None)) == first, "not modified is fine"
    assert (ravi.last.text, ravi.last.buttons, len(ravi.received)) == ("Two", [], 1)


async def test_a_card_that_is_gone_is_sent_anew(channel: TelegramChannel, ravi: Phone) -> None:
    new = await sent(channel, Message("Two"), Posted("9999", None))
    assert ravi.last.id == int(new)


async def test_a_photo_is_uploaded_once(channel: TelegramChannel, ravi: Phone, simulator: Simulator) -> None:
    await sent(channel, Message("One", photo_id=5), photo=picture())
    await sent(channel, Message("Two", photo_id=5), photo=b"must not be asked for")
    assert [message.text for message in ravi.received] == ["One", "Two"]
    assert ravi.received[0].photo_file_id == ravi.received[1].photo_file_id


async def test_a_photo_card_is_edited(channel: TelegramChannel, ravi: Phone) -> None:
    card = await sent(channel, Message("One", photo_id=5), photo=picture())
    shown = ravi.last.photo_file_id
    assert await sent(channel, Message("Two", photo_id=5), Posted(card, 5)) == card
    assert (ravi.last.text, ravi.last.photo_file_id) == ("Two", shown)
    assert await sent(channel, Message("Three"), Posted(card, 5)) == card
    assert await sent(channel, Message("Four", photo_id=6), Posted(card, 5), picture("blue")) == card
    assert ravi.last.text == "Four"
    assert ravi.last.photo_file_id != shown
    assert len(ravi.received) == 1


async def test_long_texts_and_captions(channel: TelegramChannel, ravi: Phone) -> None:
    await sent(channel, Message("\n".join(f"<b>{number}</b> row" for number in range(900)), ((Key("A", press="a"),),)))
    assert len(ravi.received) > 1
    assert ravi.last.buttons
    assert not ravi.received[0].buttons
    await sent(channel, Message("word " * 300, photo_id=5), photo=picture())
    assert ravi.last.photo_file_id is None
    assert ravi.last.text.startswith("word")


async def test_a_document(channel: TelegramChannel, ravi: Phone) -> None:
    await sent(channel, Message("Your rows", document=b"PK", document_name="Rows.xlsx"))
    assert (ravi.last.document_name, ravi.last.text) == ("Rows.xlsx", "Your rows")


async def test_broken_markup_is_sent_as_plain_text(channel: TelegramChannel, ravi: Phone) -> None:
    await sent(channel, Message("<b>open & <code>5 < 6</code>"))
    assert ravi.last.text.startswith("open & 5")


async def test_a_reply_to_a_message_that_is_gone_is_sent_all_the_same(channel: TelegramChannel, ravi: Phone) -> None:
    await sent(channel, Message("Hello", reply_to="9999"))
    assert ravi.last.text == "Hello"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.TOO_MANY_REQUESTS, Paused),
        (Fault.BAD_GATEWAY, NotSent),
        (Fault.RESET, Unknown),
        (Fault.LOST_ANSWER, Unknown),
    ],
)
async def test_outcomes_of_faults(channel: TelegramChannel, simulator: Simulator, fault: Fault, outcome: type) -> None:
    simulator.faults.plan(fault)
    assert isinstance(await send(channel, Message("x")), outcome)


async def test_a_pause_holds_the_whole_channel(channel: TelegramChannel, simulator: Simulator, ravi: Phone) -> None:
    simulator.faults.plan(Fault.TOO_MANY_REQUESTS)
    assert await send(channel, Message("x")) == Paused(simulator.faults.retry_after)
    assert isinstance(await send(channel, Message("y")), Paused)
    assert ravi.received == []


async def test_a_blocked_chat_is_unreachable(channel: TelegramChannel, ravi: Phone) -> None:
    await ravi.block()
    assert isinstance(await send(channel, Message("x")), Unreachable)


async def test_an_unknown_chat_is_unreachable(channel: TelegramChannel) -> None:
    assert isinstance(await channel.deliver(Parcel("424242", True, Message("x"))), Unreachable)


async def test_what_telegram_never_takes_is_refused(channel: TelegramChannel) -> None:
    assert isinstance(await send(channel, Message("x", ((Key("A", press="x" * 65),),))), Refused)


async def test_a_server_that_is_not_there(db: Database) -> None:
    channel = TelegramChannel(Address("700:canary-token", "http://127.0.0.1:9"), db, lambda: datetime.now(UTC))
    outcome = await send(channel, Message("x"))
    assert isinstance(outcome, NotSent)
    assert "canary" not in outcome.reason
    with pytest.raises(ChannelDownError) as down:
        await channel.fetch(MediaRef("f", "photo"))
    assert "canary" not in str(down.value)
    await channel.close()


async def test_a_wrong_token_stops_sending_and_polling(db: Database, simulator: Simulator) -> None:
    channel = make(db, simulator, "700:wrong-token")
    assert isinstance(await send(channel, Message("x")), Stopped)
    await asyncio.wait_for(channel.run(), 10)
    assert "401" in channel.health.reason
    await channel.close()


async def test_a_rival_that_polls_stops_the_channel(db: Database, simulator: Simulator) -> None:
    channel, rival = make(db, simulator), make(db, simulator)
    receiving = asyncio.create_task(channel.run())
    async with asyncio.timeout(20):
        while not receiving.done():
            with suppress(TelegramError):
                await rival._bot.get_updates(timeout=1, read_timeout=2)
    await asyncio.wait_for(receiving, 10)
    assert "409" in channel.health.reason
    await channel.close()
    await rival.close()


async def test_files_are_fetched(channel: TelegramChannel, ravi: Phone, simulator: Simulator) -> None:
    image = picture()
    await ravi.send_document(image, "meter.jpg", "image/jpeg")
    update = simulator.account.updates.pending()[-1].shown
    incoming = channel.read(update, datetime.now(UTC))
    assert incoming is not None
    assert await channel.fetch(incoming.media) == image  # type: ignore[union-attr,arg-type] # it has media
    assert await channel.fetch(MediaRef("no-such-file", "photo")) is None
    simulator.faults.plan(Fault.BAD_GATEWAY)
    with pytest.raises(ChannelDownError):
        await channel.fetch(MediaRef("whatever", "photo"))
