"""What a person can do with a phone, and what a test can wait for."""

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove, Update

from bot.simulator import ButtonKind, Contact, Phone, PhoneError, PhoneSpec, Simulator
from tests.bot.simulator.conftest import picture


async def next_update(bot: Bot) -> Update:
    updates = await bot.get_updates(offset=-1)
    return updates[-1]


async def test_a_deep_link_becomes_start_with_its_payload(ravi: Phone, bot: Bot) -> None:
    await ravi.open_link("https://t.me/blessings_billing_bot?start=inv_abc-123")
    message = (await next_update(bot)).message
    assert message is not None
    assert message.text == "/start inv_abc-123"
    assert message.entities[0].type == "bot_command"
    with pytest.raises(ValueError, match="Not a link to this bot"):
        await ravi.open_link("https://t.me/other_bot?start=x")


async def test_wait_for_counts_from_the_last_action(started: Phone, bot: Bot) -> None:
    await bot.send_message(started.home.id, "old card")
    started.mark()
    with pytest.raises(PhoneError, match="old card"):
        await started.wait_for("card", timeout=0.05)
    sent = await bot.send_message(started.home.id, "new card")
    assert (await started.wait_for("card")).id == sent.message_id
    await bot.edit_message_text("card, approved", started.home.id, sent.message_id)
    assert (await started.wait_for(lambda message: message.is_edited)).text == "card, approved"
    await bot.delete_message(started.home.id, sent.message_id)
    await started.wait_gone(sent.message_id)


async def test_pressing_finds_the_newest_button_then_the_keyboard(started: Phone, bot: Bot) -> None:
    chat = started.home.id
    await bot.send_message(chat, "menu", reply_markup=ReplyKeyboardMarkup([["Next meter"], ["Undo"]]))
    for data in ("a", "b"):
        button = InlineKeyboardButton("Approve 121 normal", callback_data=data)
        await bot.send_message(chat, "card", reply_markup=InlineKeyboardMarkup([[button]]))
    await started.press("Approve")
    query = (await next_update(bot)).callback_query
    assert query is not None
    assert query.data == "b"
    await started.press("Approve", within=started.received[1])
    query = (await next_update(bot)).callback_query
    assert query is not None
    assert query.data == "a"
    assert (await started.press("Undo")).kind is ButtonKind.TEXT
    assert started.messages[-1].text == "Undo"
    with pytest.raises(PhoneError, match="sees no button 'Pay'"):
        await started.press("Pay")
    await bot.send_message(chat, "gone", reply_markup=ReplyKeyboardRemove())
    assert started.keyboard == []


async def test_contacts_own_other_and_forwarded(ravi: Phone, bot: Bot) -> None:
    await ravi.share_contact()
    own = (await next_update(bot)).message
    assert own is not None
    assert own.contact is not None
    assert own.contact.user_id == ravi.spec.user_id
    await ravi.share_contact(Contact("+447700900199", "Someone", forwarded=True))
    other = (await next_update(bot)).message
    assert other is not None
    assert other.contact is not None
    assert other.contact.user_id is None
    assert other.forward_origin is not None


async def test_offline_keeps_both_sides_apart_until_online(started: Phone, bot: Bot) -> None:
    await started.go_offline()
    first, second = await started.send_text("one"), await started.send_text("two")
    await bot.send_message(started.home.id, "unseen")
    assert (first.message_id, started.unsent, len(started.messages)) == (0, 2, 1)
    assert (await next_update(bot)).message.text == "/start"  # type: ignore[union-attr] # the only one so far
    await started.go_online()
    assert 0 < first.message_id < second.message_id
    assert [message.text for message in started.messages] == ["/start", "unseen", "one", "two"]


async def test_reply_with_photo_and_own_edit(started: Phone, bot: Bot) -> None:
    sent = await bot.send_message(started.home.id, "B17-FF saved")
    await started.reply_with_photo(sent.message_id, picture())
    message = (await next_update(bot)).message
    assert message is not None
    assert message.reply_to_message is not None
    assert message.reply_to_message.message_id == sent.message_id
    assert [size.width for size in message.photo] == [90, 320, 640]
    small = await (await message.photo[0].get_file()).download_as_bytearray()
    assert 0 < len(small) < len(picture())
    with pytest.raises(LookupError, match="not this phone's own"):
        await started.edit(sent.message_id, "forged")


async def test_in_a_group_only_commands_and_replies_are_heard(sim: Simulator, started: Phone, bot: Bot) -> None:
    group = sim.add_group("Blessings City", started, sim.phone("rekha"))
    await started.send_text("B17-FF 146", chat=group)
    await started.send_text("/pending", chat=group)
    messages = [update.message.text for update in await bot.get_updates() if update.message]
    assert messages == ["/start", "/pending"]
    await bot.send_message(group, "card")
    assert all(message.text != "card" for message in started.messages)


async def test_phones_can_be_added_while_running(sim: Simulator, bot: Bot) -> None:
    spec = PhoneSpec("extra", 920001, "<b>Asha</b>", "Engineer", "+447700900150")
    extra = sim.add_phone(spec)
    await extra.start()
    message = (await next_update(bot)).message
    assert message is not None
    assert message.from_user is not None
    assert message.from_user.first_name == "<b>Asha</b>"
    with pytest.raises(ValueError, match="already"):
        sim.add_phone(spec)
