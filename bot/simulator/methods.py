"""The methods the simulated Bot API offers, by their lower-case names."""

from collections.abc import Awaitable, Callable, Mapping

from bot.simulator import chatting, editing, profile, receiving, sending
from bot.simulator.account import Account
from bot.simulator.calls import Call

Method = Callable[[Account, Call], object]
SlowMethod = Callable[[Account, Call], Awaitable[object]]

METHODS: Mapping[str, Method] = {
    "getme": profile.get_me,
    "setmycommands": profile.set_my_commands,
    "deletemycommands": profile.delete_my_commands,
    "getmycommands": profile.get_my_commands,
    "setmyname": profile.set_text,
    "getmyname": profile.get_text,
    "setmydescription": profile.set_text,
    "getmydescription": profile.get_text,
    "setmyshortdescription": profile.set_text,
    "getmyshortdescription": profile.get_text,
    "setchatmenubutton": profile.set_chat_menu_button,
    "getchatmenubutton": profile.get_chat_menu_button,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "senddocument": sending.send_document,
    "sendmediagroup": sending.send_media_group,
    "sendchataction": sending.send_chat_action,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "deletemessages": editing.delete_messages,
    "answercallbackquery": chatting.answer_callback_query,
    "getchat": chatting.get_chat,
    "getfile": chatting.get_file,
    "pinchatmessage": chatting.pin_chat_message,
    "unpinchatmessage": chatting.unpin_chat_message,
    "setmessagereaction": chatting.set_message_reaction,
}

SLOW_METHODS: Mapping[str, SlowMethod] = {
    "getupdates": receiving.get_updates,
    "setwebhook": receiving.set_webhook,
    "deletewebhook": receiving.delete_webhook,
    "getwebhookinfo": receiving.get_webhook_info,
}
