"""The first words with somebody: language, own number, invite; and the language at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.conversation import Action, Button, Keyboard, Reply, Turn
from bot.flows.engineer.sticker import scanned
from bot.flows.private import in_private
from bot.flows.welcome import welcome
from bot.i18n import LANGUAGES, Translator
from bot.router import Occasion, Recognised, command, on, press, recognises
from bot.texts import consent as consent_texts
from bot.texts import onboarding as texts
from bot.visit import Visit
from domain.roles import Role
from domain.sticker_code import started_code
from jobs import admin_login, consent
from jobs.people import Linked, LinkProblem, NotLinked, accept_invite, link_by_phone
from jobs.work import Actor
from storage import audit, people

_PROBLEMS = {
    LinkProblem.UNKNOWN_CODE: texts.unknown_code,
    LinkProblem.TOO_MANY_GUESSES: texts.too_many_guesses,
    LinkProblem.NOT_YOUR_OWN: texts.not_your_own,
    LinkProblem.UNKNOWN_NUMBER: texts.unknown_number,
    LinkProblem.ROLE_ENDED: texts.role_ended,
}
_ABOUT_NUMBERS = frozenset({LinkProblem.NOT_YOUR_OWN, LinkProblem.UNKNOWN_NUMBER})


@command("start", "शुरू", "शुरु", about=texts.about_start, alone=True)
@in_private
async def start(visit: Visit, code: str) -> Turn:
    """Take the invite of a deep link, or open the meter of a sticker's; else greet whoever is known.

    Whoever is not is asked for the language first. Without a code it ends a STOP.
    """
    if sticker := started_code(code):
        return await scanned(visit, sticker)
    if code:
        return await join(visit, code)
    again = (Reply(consent_texts.resumed(visit.t)),) if await consent.resume(visit.work, visit.chat) else ()
    if visit.must_log_in:
        await admin_login.ask(visit.work, visit.chat.id, visit.key, after_greeting=True)
    elif not visit.roles:
        return Turn((*again, _language_choice(visit, "onboarding.language")))
    greeting = again or (Reply(texts.already_linked(visit.t, visit.work.actor.name)),)
    return Turn((*greeting, *await welcome(visit, visit.roles)))


@command("join", bare=True)
@in_private
async def join(visit: Visit, code: str) -> Turn:
    """`join CODE`: the same invite where there are no deep links."""
    return await _outcome(visit, await accept_invite(visit.work, visit.chat, code.strip()))


@on(Occasion.CONTACT)
async def contact(visit: Visit) -> Turn:
    """A shared contact: the sender's own links the chat."""
    shared = visit.incoming.contact
    if shared is None or not visit.chat.is_private:
        return Turn(keep_state=True)
    return await _outcome(
        visit,
        await link_by_phone(visit.work, visit.chat, shared.phone, shared.name, is_senders_own=shared.is_senders_own),
    )


@recognises
async def by_number(visit: Visit) -> Recognised | None:
    """Where the platform proves the number with every message, the first one links the chat like a shared contact.

    Only the first: a chat that lost its link, because its person went elsewhere, gets it back by sharing or an invite.
    """
    phone, chat = visit.incoming.phone, visit.chat
    if phone is None or not chat.is_private or await audit.ever(visit.work.conn, "chat.linked", "chat", str(chat.id)):
        return None
    linked = await link_by_phone(visit.work, chat, phone, visit.incoming.name, is_senders_own=True)
    if not isinstance(linked, Linked):
        return None
    replies = await _joined(visit, linked)
    return Recognised(_theirs(visit, linked), replies[0], replies)


def _theirs(visit: Visit, linked: Linked) -> Visit:
    """The same message, now that it is known who sent it."""
    person = linked.person
    language = visit.chat.language or person.language
    return replace(
        visit,
        work=replace(visit.work, actor=Actor(person.id, person.name, linked.roles)),
        chat=replace(visit.chat, person_id=person.id),
        t=Translator(language) if language else visit.t,
        must_log_in=linked.must_log_in,
    )


@on(Occasion.OTHERWISE)
async def stranger(visit: Visit) -> Turn:
    """Anything from a chat that is not linked."""
    return Turn((Reply(texts.stranger(visit.t), keyboard=_share_key(visit.t)),))


@press("onboarding.language")
async def language_chosen(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """First the language, then the number."""
    await people.set_language(visit.work.conn, visit.chat, data["language"])
    t = Translator(data["language"])
    ask = Reply(texts.share_number(t, visit.work.society.name), keyboard=_share_key(t))
    return Turn((Reply(texts.language_set(t), card=data["card"]), ask))


@command("language", "भाषा", about=texts.about_language, alone=True)
@in_private
async def language(visit: Visit, _: str) -> Turn:
    """Offer every language by its own name."""
    return Turn((_language_choice(visit, "language.set"),), keep_state=True)


@press("language.set")
async def set_language(visit: Visit, data: Mapping[str, Any]) -> Turn:
    """Write in this language from now on; keys and open bills follow."""
    await people.set_language(visit.work.conn, visit.chat, data["language"])
    changed = replace(visit, t=Translator(data["language"]))
    done = Reply(texts.language_set(changed.t), card=data["card"])
    return Turn((done, *await welcome(changed, changed.roles)), keep_state=True)


@command("english", "हिन्दी", "हिंदी", "hindi", alone=True)
@in_private
async def language_typed(visit: Visit, _: str) -> Turn:
    """A language by its own name, typed instead of pressed."""
    chosen = {"language": "en" if visit.text.strip("/").casefold() == "english" else "hi", "card": None}
    return await (set_language if visit.roles else language_chosen)(visit, chosen)


def _language_choice(visit: Visit, action: str) -> Reply:
    card = f"language:{visit.work.ref}"
    return Reply(texts.choose_language(), (language_buttons(visit, action, card),), card=card)


def language_buttons(visit: Visit, action: str, card: str) -> tuple[Button, ...]:
    """Every language by its own name."""
    offered = [one for one in reversed(LANGUAGES) if one in visit.work.society.languages]
    choices = [(LANGUAGES[code], {"language": code, "card": card}) for code in offered]
    return tuple(Button(name, Action(action, data)) for name, data in choices)


def _share_key(t: Translator) -> Keyboard:
    key = texts.share_button(t)
    return Keyboard(rows=((key,),), asks_contact=key)


async def _outcome(visit: Visit, outcome: Linked | NotLinked) -> Turn:
    if isinstance(outcome, Linked):
        return Turn(await _joined(visit, outcome))
    again = _share_key(visit.t) if outcome.problem in _ABOUT_NUMBERS else None
    return Turn((Reply(_PROBLEMS[outcome.problem](visit.t), keyboard=again),))


async def _joined(visit: Visit, linked: Linked) -> tuple[Reply, ...]:
    """Greet, then show each role where to begin; owners get their open bills at once."""
    person = linked.person
    chosen = visit.chat.language or person.language
    t = Translator(chosen) if chosen else visit.t
    await people.set_language(visit.work.conn, replace(visit.chat, person_id=person.id), t.language)
    work = replace(visit.work, actor=Actor(person.id, person.name, linked.roles))
    has_keys = Role.ENGINEER in linked.roles
    greeting = texts.linked(t, person.name, visit.work.society.name, linked.flats)
    ask = () if chosen or Role.OWNER not in linked.roles else (_language_choice(visit, "language.set"),)
    beginning = await welcome(replace(visit, work=work, t=t), linked.roles)
    if linked.must_log_in:
        await admin_login.ask(work, visit.chat.id, visit.key, after_greeting=True)
    return (Reply(greeting, remove_keyboard=not has_keys), *beginning, *ask)
