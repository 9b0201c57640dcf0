"""python-telegram-bot and aiogram both work against the simulator; requests and answers fit the Bot API's models."""

import asyncio

from aiogram import Bot as AiogramBot
from aiogram import types
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyParameters,
)

from bot.simulator import ButtonKind, Phone, Photo, Simulator
from tests.bot.simulator.conftest import picture
from tests.bot.simulator.validation import check_answer, check_request


async def echo(bot: Bot) -> None:
    """The smallest bot: answers every text with itself, every press with a toast and an edit."""
    offset = 0
    while True:
        for update in await bot.get_updates(offset=offset, timeout=5):
            offset = update.update_id + 1
            message, query = update.message, update.callback_query
            if query is not None and query.message is not None:
                await query.answer(f"You pressed {query.data}")
                await bot.edit_message_text("done", chat_id=query.message.chat.id, message_id=query.message.message_id)
            elif message is not None:
                button = InlineKeyboardButton("Press me", callback_data="pressed")
                await message.reply_text(message.text or "a photo", reply_markup=InlineKeyboardMarkup([[button]]))


async def test_echo_bot_of_python_telegram_bot(sim: Simulator, ravi: Phone, bot: Bot) -> None:
    task = asyncio.create_task(echo(bot))
    await ravi.send_text("B17-FF 146")
    answer = await ravi.wait_for("B17-FF 146")
    assert answer.from_bot
    await ravi.press("Press me")
    assert (await ravi.wait_toast()).text == "You pressed pressed"
    edited = await ravi.wait_for("done")
    assert edited.id == answer.id
    assert edited.is_edited
    assert edited.buttons == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for recorded in sim.recorder:
        check_request(recorded)
        check_answer(recorded)


async def test_what_the_product_sends_fits_the_models(sim: Simulator, started: Phone, bot: Bot) -> None:
    me, chat = await bot.get_me(), started.home.id
    keyboard = ReplyKeyboardMarkup(
        [[KeyboardButton("Share my number", request_contact=True), "Next meter"]],
        resize_keyboard=True,
        is_persistent=True,
        input_field_placeholder="B17-FF 146, or a photo",
    )
    await bot.send_message(chat, "<b>Namaste</b> &lt;Ravi&gt;", parse_mode="HTML", reply_markup=keyboard)
    row = [
        InlineKeyboardButton("Pay", url="https://example.com/b/abc"),
        InlineKeyboardButton("Copy", copy_text={"text": "4111"}),  # type: ignore[arg-type] # sent as it is
        InlineKeyboardButton("How", callback_data="how"),
    ]
    card = await bot.send_photo(
        chat, picture(), caption="<b>B17-FF</b>", parse_mode="HTML", reply_markup=InlineKeyboardMarkup([row])
    )
    await bot.edit_message_caption(chat, card.message_id, caption="changed")
    await bot.edit_message_media(InputMediaPhoto(picture(300, 300), caption="other"), chat, card.message_id)
    await bot.edit_message_reply_markup(chat, card.message_id, reply_markup=InlineKeyboardMarkup([row]))
    await bot.send_document(chat, b"%PDF-1.7", filename="bill.pdf", caption="the bill")
    await bot.send_media_group(chat, [InputMediaPhoto(picture()), InputMediaPhoto(card.photo[-1].file_id)])
    first = started.messages[0]
    await bot.send_message(chat, "answer", reply_parameters=ReplyParameters(first.id))
    await bot.send_chat_action(chat, "typing")
    await bot.set_message_reaction(chat, first.id, "👍")
    await bot.pin_chat_message(chat, card.message_id)
    await bot.set_my_commands(
        [BotCommand("pending", "Readings to approve")], scope=BotCommandScopeChat(chat), language_code="en"
    )
    assert [command["command"] for command in started.commands] == ["pending"]
    assert (await bot.get_my_commands(BotCommandScopeChat(chat), "en"))[0].description == "Readings to approve"
    full = await bot.get_chat(chat)
    assert full.pinned_message is not None
    await bot.delete_my_commands(BotCommandScopeChat(chat), "en")
    assert started.commands == []
    await bot.delete_message(chat, card.message_id)
    assert me.username == "blessings_billing_bot"
    methods = set()
    for recorded in sim.recorder:
        assert recorded.status == 200, recorded.answer
        check_request(recorded)
        check_answer(recorded)
        methods.add(recorded.method)
    assert len(methods) == 16
    assert [button.kind for button in started.keyboard] == [ButtonKind.CONTACT, ButtonKind.TEXT]


async def test_aiogram_validates_every_answer(sim: Simulator, started: Phone, other_bot: AiogramBot) -> None:
    chat = started.home.id
    await other_bot.get_me()
    button = types.InlineKeyboardButton(text="Yes", callback_data="yes")
    markup = types.InlineKeyboardMarkup(inline_keyboard=[[button]])
    sent = await other_bot.send_message(chat, "<b>Hello</b>", parse_mode="HTML", reply_markup=markup)
    assert sent.html_text == "<b>Hello</b>"
    await other_bot.edit_message_text("bye", chat_id=chat, message_id=sent.message_id)
    photo = await other_bot.send_photo(chat, types.BufferedInputFile(picture(), "meter.jpg"), caption="look")
    assert photo.photo is not None
    media = [types.InputMediaPhoto(media=types.BufferedInputFile(picture(), f"{n}.jpg")) for n in range(3)]
    album = await other_bot.send_media_group(chat, list(media))
    assert len({message.media_group_id for message in album}) == 1
    await other_bot.get_chat(chat)
    await other_bot.get_webhook_info()
    file = await other_bot.get_file(photo.photo[-1].file_id)
    assert file.file_path is not None
    downloaded = await other_bot.download_file(file.file_path)
    assert downloaded is not None
    assert downloaded.read() == picture()


async def test_every_kind_of_update_fits_the_models(sim: Simulator, ravi: Phone, other_bot: AiogramBot) -> None:
    text = await ravi.send_text("B17-FF 146")
    await ravi.edit(text, "B17-FF 147")
    await ravi.send_photo(picture(), "B17-FF 146", reply_to=text)
    await ravi.send_album([Photo(picture(), "one"), Photo(picture())])
    await ravi.send_document(b"PK", "master.xlsx")
    await ravi.share_contact()
    await ravi.press_data(text, "forged")
    await ravi.block()
    await ravi.block(blocked=False)
    updates = await other_bot.get_updates()
    kinds = [update.event_type for update in updates]
    assert kinds == [
        "message",
        "edited_message",
        *["message"] * 5,
        "callback_query",
        "my_chat_member",
        "my_chat_member",
    ]
    contact = next(update.message.contact for update in updates if update.message and update.message.contact)
    assert (contact.user_id, contact.phone_number) == (ravi.spec.user_id, "447700900101")
    for recorded in sim.recorder:
        check_request(recorded)
