"""The limits of the Bot API, met through python-telegram-bot, and the words of every refusal."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter

from bot.simulator import Phone, Simulator
from bot.simulator.errors import catalogue
from tests.bot.simulator.conftest import picture

Refused = Callable[[Bot, int], Awaitable[Any]]


def inline(**button: Any) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("x", **button)]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda bot, chat: bot.send_message(chat, "x" * 4097), "Message is too long"),
        (lambda bot, chat: bot.send_message(chat, "  \n"), "Text must be non-empty"),
        (
            lambda bot, chat: bot.send_message(chat, "<b>", parse_mode="HTML"),
            "Can't parse entities: can't find end tag",
        ),
        (lambda bot, chat: bot.send_photo(chat, picture(), caption="x" * 1025), "Message caption is too long"),
        (
            lambda bot, chat: bot.send_message(chat, "x", reply_markup=inline(callback_data="₹" * 22)),
            "Button_data_invalid",
        ),
        (
            lambda bot, chat: bot.send_message(chat, "x", reply_markup=inline(url="upi://pay?pa=a@b")),
            "Inline keyboard button url 'upi://pay?pa=a@b' is invalid: unsupported url protocol",
        ),
        (lambda bot, chat: bot.send_message(chat, "x", reply_markup=inline(url="http://localhost")), "wrong http url"),
        (lambda bot, chat: bot.send_message(chat, "x", reply_markup=inline()), "Text buttons are unallowed"),
        (
            lambda bot, chat: bot.send_message(
                chat, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="y")] * 9])
            ),
            "reply markup is too long",
        ),
        (
            lambda bot, chat: bot.send_message(chat, "x", reply_parameters=ReplyParameters(99)),
            "message to be replied not found",
        ),
        (lambda bot, chat: bot.edit_message_text("x", chat, 99), "message to edit not found"),
        (lambda bot, chat: bot.edit_message_text("x", chat, 1), "message can't be edited"),
        (lambda bot, chat: bot.delete_message(chat, 99), "message to delete not found"),
        (lambda bot, _: bot.send_message(12345, "x"), "chat not found"),
        (lambda bot, chat: bot.send_media_group(chat, [InputMediaPhoto(picture())]), "group send failed"),
        (
            lambda bot, chat: bot.send_media_group(chat, [InputMediaPhoto(picture())] * 11),
            "too many messages to send as an album",
        ),
        (
            lambda bot, chat: bot.send_media_group(chat, [InputMediaPhoto(picture()), InputMediaDocument(b"x")]),
            "can't use the media of the specified type in the album",
        ),
        (lambda bot, chat: bot.send_photo(chat, b"no picture"), "image_process_failed"),
        (lambda bot, chat: bot.send_photo(chat, picture(4200, 200)), "photo_invalid_dimensions"),
        (
            lambda bot, chat: bot.send_photo(chat, picture() + b"0" * (10 << 20)),
            "is too big for a photo; the maximum size is 10485760",
        ),
        (lambda bot, chat: bot.send_photo(chat, "SimFileUnknown"), "wrong file identifier/http url specified"),
        (lambda bot, chat: bot.send_photo(chat, "https://example.com/x.jpg"), "failed to get http url content"),
        (lambda bot, _: bot.get_file("SimFileUnknown"), "invalid file_id"),
        (lambda bot, _: bot.answer_callback_query("1"), "query is too old and response timeout expired"),
        (lambda bot, chat: bot.send_chat_action(chat, "dancing"), "wrong parameter action in request"),
        (lambda bot, _: bot.set_my_commands([("Über", "x")]), "bot_command_invalid"),
        (lambda bot, _: bot.set_webhook("https://example.com/hook"), "bad webhook: failed to resolve host"),
    ],
)
async def test_refused_with_its_words(started: Phone, bot: Bot, call: Refused, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await call(bot, started.home.id)
    assert words.lower() in caught.value.message.lower()


async def test_exactly_the_limit_is_accepted(started: Phone, bot: Bot) -> None:
    chat = started.home.id
    assert len((await bot.send_message(chat, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")).text or "") == 4096
    await bot.send_photo(chat, picture(), caption="x" * 1024)
    await bot.send_message(chat, "x", reply_markup=inline(callback_data="x" * 64))
    await bot.send_message(chat, "x", reply_markup=inline(url="tg://resolve?domain=x"))


async def test_not_modified(started: Phone, bot: Bot) -> None:
    sent = await bot.send_message(
        started.home.id, "<b>x</b>", parse_mode="HTML", reply_markup=inline(callback_data="y")
    )
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content and reply markup"):
        await bot.edit_message_text(
            "<b>x</b>", sent.chat_id, sent.message_id, parse_mode="HTML", reply_markup=inline(callback_data="y")
        )
    await bot.edit_message_text("<b>x</b>", sent.chat_id, sent.message_id, parse_mode="HTML")
    assert started.last.buttons == []


async def test_what_cannot_be_edited(started: Phone, bot: Bot) -> None:
    chat = started.home.id
    with_keyboard = await bot.send_message(chat, "x", reply_markup=ReplyKeyboardMarkup([["List"]]))
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("y", chat, with_keyboard.message_id)
    photo = await bot.send_photo(chat, picture())
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("y", chat, photo.message_id)
    text = await bot.send_message(chat, "x")
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await bot.edit_message_caption(chat, text.message_id, caption="y")


async def test_a_bot_cannot_write_first_nor_to_who_blocked_it(ravi: Phone, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ravi.home.id, "hello")
    await ravi.start()
    await ravi.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ravi.home.id, "hello")
    await ravi.start()
    await bot.send_message(ravi.home.id, "hello")


async def test_a_press_is_answered_once_and_in_time(sim: Simulator, started: Phone, bot: Bot) -> None:
    await bot.send_message(started.home.id, "x", reply_markup=inline(callback_data="y"))
    await started.press("x")
    (key,) = sim.account.callbacks
    await bot.answer_callback_query(key, "once")
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(key, "twice")


async def test_real_limits_answer_429_with_the_seconds_to_wait(sim: Simulator, started: Phone, bot: Bot) -> None:
    sim.account.rates.enabled = True
    for number in range(3):
        await bot.send_message(started.home.id, str(number))
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(started.home.id, "3")
    assert caught.value.retry_after == timedelta(seconds=1)
    assert [message.text for message in started.received] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        ("/bot1:wrong/getMe", 401, "Unauthorized"),
        ("/botnonsense/getMe", 401, "Unauthorized: invalid token specified"),
        ("/bot{token}/sendNothing", 404, "Not Found: method not found"),
        ("/bot{token}/sendMessage", 400, "Bad Request: message text is empty"),
        ("/bot{token}/sendMessage?text=x", 400, "Bad Request: chat_id is empty"),
        ("/bot{token}/sendMessage?text=x&chat_id=@nobody", 400, "Bad Request: chat not found"),
        ("/file/bot{token}/photos/none.jpg", 404, "Not Found"),
    ],
)
async def test_plain_requests(sim: Simulator, path: str, status: int, description: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(sim.url + path.format(token=sim.token)) as answer:
        assert answer.status == status
        assert await answer.json() == {"ok": False, "error_code": status, "description": description}


async def test_json_bodies_and_any_case_of_method_work(sim: Simulator, started: Phone) -> None:
    body = {"chat_id": started.home.id, "text": "hi", "reply_markup": {"force_reply": True}, "no_such": 1}
    url = f"{sim.base_url}{sim.token}/SENDMESSAGE"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        assert (await answer.json())["ok"]
    recorded = list(sim.recorder)[-1]
    assert recorded.call.params["no_such"] == "1"
    assert json.loads(recorded.call.params["reply_markup"]) == {"force_reply": True}


async def test_too_large_an_upload(sim: Simulator, started: Phone) -> None:
    form = aiohttp.FormData({"chat_id": str(started.home.id)})
    form.add_field("document", BytesIO(b"0" * (52 << 20)), filename="big.bin")
    url = f"{sim.base_url}{sim.token}/sendDocument"
    async with aiohttp.ClientSession() as session, session.post(url, data=form) as answer:
        assert answer.status == 413


async def test_wrong_token_through_the_library(sim: Simulator) -> None:
    stranger = Bot("123:wrong", base_url=sim.base_url)
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


def test_every_refusal_names_its_source() -> None:
    refusals = catalogue()
    assert len(refusals) > 70
    for name, refusal in refusals.items():
        assert refusal.source.split()[0] in {"telegram-bot-api", "td", "Bot"}, name
