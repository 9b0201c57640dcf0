"""The menu of commands of each chat: set again whenever its person's roles or language change. A menu is no right."""

from __future__ import annotations

from bot.i18n import LANGUAGES, Translator
from bot.router import menu
from bot.visit import Visit
from jobs import ports
from jobs.ports import Message
from storage import outbox, visitors
from storage.outbox import Draft


def menus_for_strangers() -> dict[str | None, tuple[tuple[str, str], ...]]:
    """By language code; `None`: any other language."""
    languages: dict[str | None, str] = {None: "en"} | {code: code for code in LANGUAGES if code != "en"}
    return {code: menu((), Translator(language)) for code, language in languages.items()}


async def refresh_menu(visit: Visit) -> None:
    """Queues the chat's menu where it is not the one for the chat's roles and language as they are now."""
    conn, chat_id = visit.work.conn, visit.chat.id
    now = await visitors.standing(conn, chat_id)
    t = Translator(now.language or visit.t.language)
    wanted = f"{t.language}:{','.join(sorted(now.roles))}"
    if wanted == now.menu or not now.is_private or (now.menu is None and not now.roles):
        return
    await visitors.note_menu(conn, chat_id, wanted)
    payload = ports.as_json(Message(commands=menu(now.roles, t)))
    draft = Draft(outbox.REPLY, "menu", f"{visit.key}:{wanted}", 1, payload)
    await outbox.queue(conn, [(chat_id, draft)])
