"""Methods about the bot itself: who it is, its command menus, its descriptions."""

import re

from bot.simulator import errors, limits
from bot.simulator.account import Account
from bot.simulator.calls import Call
from bot.simulator.shapes import Json
from bot.simulator.world import Change, ChangeKind

_COMMAND = re.compile(r"[a-z0-9_]+")
_PLAIN_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
_CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})


def get_me(account: Account, call: Call) -> object:
    del call
    return {
        **account.user,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
        "supports_guest_queries": False,
    }


def set_my_commands(account: Account, call: Call) -> object:
    commands = _read_commands(call)
    account.commands[_read_scope(account, call), _read_language(call)] = commands
    account.world.tell(Change(ChangeKind.COMMANDS, 0))
    return True


def delete_my_commands(account: Account, call: Call) -> object:
    account.commands.pop((_read_scope(account, call), _read_language(call)), None)
    account.world.tell(Change(ChangeKind.COMMANDS, 0))
    return True


def get_my_commands(account: Account, call: Call) -> object:
    return account.commands.get((_read_scope(account, call), _read_language(call)), [])


def _read_commands(call: Call) -> list[Json]:
    value = call.parsed("commands", errors.COMMANDS_NOT_JSON)
    if value is None:
        return []
    if not isinstance(value, list):
        errors.COMMANDS_NOT_ARRAY.refuse()
    if len(value) > limits.COMMANDS:
        errors.COMMANDS_TOO_MANY.refuse()
    return [_read_command(item) for item in value]


def _read_command(item: object) -> Json:
    if not isinstance(item, dict):
        errors.COMMAND_BROKEN.refuse(reason="expected an Object")
    for name in ("command", "description"):
        if name not in item:
            errors.COMMAND_BROKEN.refuse(reason=f'Can\'t find field "{name}"')
    command, description = str(item["command"]).strip(), str(item["description"]).strip()
    command = command.removeprefix("/")
    if not command:
        errors.COMMAND_EMPTY.refuse()
    if len(command) > limits.COMMAND_CHARACTERS:
        errors.COMMAND_LENGTH.refuse(limit=limits.COMMAND_CHARACTERS)
    if not description:
        errors.DESCRIPTION_EMPTY.refuse()
    if len(description) > limits.DESCRIPTION_CHARACTERS:
        errors.DESCRIPTION_LENGTH.refuse(limit=limits.DESCRIPTION_CHARACTERS)
    if not _COMMAND.fullmatch(command):
        errors.COMMAND_INVALID.refuse()
    return {"command": command, "description": description}


def _read_scope(account: Account, call: Call) -> str:
    """A scope as a key: its type, and the chat's id behind it where it is bound to one."""
    scope = call.parsed("scope", errors.SCOPE_NOT_JSON)
    if scope is None:
        return "default"
    kind = scope.get("type") if isinstance(scope, dict) else None
    if not isinstance(scope, dict) or not isinstance(kind, str):
        errors.SCOPE_BROKEN.refuse(reason="BotCommandScope must be an Object")
    if kind in _PLAIN_SCOPES:
        return kind
    if kind not in _CHAT_SCOPES:
        errors.SCOPE_BROKEN.refuse(reason="Unsupported type specified")
    chat = account.chat(Call(call.method, {"chat_id": str(scope.get("chat_id") or "")}))
    return f"{kind}:{chat.id}"


def _read_language(call: Call) -> str:
    language = call.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        errors.LANGUAGE_INVALID.refuse()
    return language


def set_text(account: Account, call: Call) -> object:
    """setMyName, setMyDescription, setMyShortDescription: remembered by language."""
    field = call.method.lower().removeprefix("setmy")
    parameter = {"shortdescription": "short_description"}.get(field, field)
    account.descriptions[f"{field}:{_read_language(call)}"] = call.text(parameter)
    return True


def get_text(account: Account, call: Call) -> object:
    field = call.method.lower().removeprefix("getmy")
    name = {"shortdescription": "short_description"}.get(field, field)
    return {name: account.descriptions.get(f"{field}:{_read_language(call)}", "")}


def set_chat_menu_button(account: Account, call: Call) -> object:
    button = call.parsed("menu_button", errors.MENU_BUTTON_BROKEN) or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in {"default", "commands", "web_app"}:
        errors.MENU_BUTTON_BROKEN.refuse()
    account.menu_buttons[call.integer("chat_id")] = button
    return True


def get_chat_menu_button(account: Account, call: Call) -> object:
    fallback = account.menu_buttons.get(0, {"type": "commands"})
    return account.menu_buttons.get(call.integer("chat_id"), fallback)
