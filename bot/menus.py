"""The menu of commands of each chat: set again whenever its person's roles or language change. A menu is no right."""

from __future__ import annotations

from collections.abc import Collection

from bot.i18n import LANGUAGES, Translator
from bot.router import menu
from bot.visit import Visit
from domain.roles import Role
from jobs import ports
from jobs.ports import Message
from storage import outbox, visitors
from storage.outbox import Draft


def menus_for_strangers() -> dict[str | None, tuple[tuple[str, str], ...]]:
    """By language code; `None`: any other language."""
    languages: dict[str | None, str] = {None: "en"} | {code: code for code in LANGUAGES if code != "en"}
    return {code: menu((), Translator(language)) for code, language in languages.items()}


async def refresh_menu(visit: Visit, shown: str | None) -> None:
    """Queues the chat's menu where it is not (`shown`) the one for the chat's roles and language as they are now.

    `/start` queues it anyway: another bot, or a chat app that forgot, knows none.
    """
    if not _may_have_changed(visit) and shown == _signature(visit.t, visit.roles):
        return
    conn, chat_id = visit.work.conn, visit.chat.id
    now = await visitors.standing(conn, chat_id, visit.work.login_at)
    t = Translator(now.language or visit.t.language)
    wanted = _signature(t, now.roles)
    is_known = wanted == now.menu and not visit.text.casefold().startswith("/start")
    if is_known or not now.is_private or (now.menu is None and not now.roles):
        return
    await visitors.note_menu(conn, chat_id, wanted)
    payload = ports.as_json(Message(commands=menu(now.roles, t)))
    draft = Draft(outbox.REPLY, "menu", f"{visit.key}:{wanted}", 1, payload)
    await outbox.queue(conn, [(chat_id, draft)])


def _may_have_changed(visit: Visit) -> bool:
    """Presses, contacts and commands change roles and languages; readings and photos, most of the traffic, do not."""
    said = visit.text.casefold()
    return bool(visit.incoming.press or visit.incoming.contact) or said.startswith(("/", "join"))


def _signature(t: Translator, roles: Collection[Role]) -> str:
    return f"{t.language}:{','.join(sorted(roles))}"
