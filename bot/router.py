"""Who wrote, where their chat is, and what came: which flow answers.

Flows register their handlers here by decorators; `bot.flows` imports them all. Order of decision: a pressed button,
a shared contact, a command, a label of the keyboard, a reply that somebody knows, what a dialogue's step claims, a
reading of whoever may submit one (in any dialogue), the dialogue's step, and at last the help for the sender's role.
What takes a right, readings apart, is answered in private chats only. Where only an admin's login is lacking, the
answer is the way to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import Any

from bot.conversation import SHOW, Reply, Turn
from bot.flows.private import led_there, led_to_login
from bot.i18n import LANGUAGES, Translator
from bot.texts import engine as texts
from bot.visit import Visit
from domain.reading_text import looks_like_reading
from domain.roles import Permission, Role, allowed
from domain.sticker_code import START, typed_code
from storage import conversations, outbox

Words = Callable[[Translator], str]
Handler = Callable[[Visit], Awaitable[Turn]]
PressHandler = Callable[[Visit, Mapping[str, Any]], Awaitable[Turn]]
CommandHandler = Callable[[Visit, str], Awaitable[Turn]]


class Occasion(StrEnum):
    """What may come without a command, a button or a dialogue that waits for it."""

    CONTACT = "contact"
    PHOTO = "photo"
    DOCUMENT = "document"
    EDITED = "edited"
    READING = "reading"
    OTHERWISE = "otherwise"


_BEGINNINGS = frozenset({"start", "join"})
_PRECEDENCE = (Role.ADMIN, Role.ENGINEER, Role.OWNER)


@dataclass(frozen=True, slots=True)
class Rule:
    """One registered handler and whom it serves; no roles and no permission: everybody."""

    handler: Callable[..., Awaitable[Turn]]
    roles: frozenset[Role] = frozenset()
    permission: Permission | None = None
    about: Words | None = None

    async def answer(self, visit: Visit, *asked: Any) -> Turn:  # noqa: ANN401 - a command's text, a button's data
        """What takes a right shows what is not for everybody: in a group it is not said, but for readings."""
        is_for_all = self.permission in {None, Permission.SUBMIT_READING}
        return await self.handler(visit, *asked) if visit.chat.is_private or is_for_all else await led_there(visit)

    def serves(self, roles: Collection[Role]) -> bool:
        if self.permission is not None:
            return allowed(frozenset(roles), self.permission)
        return not self.roles or not self.roles.isdisjoint(roles)

    @property
    def is_for_everybody(self) -> bool:
        return self.permission is None and not self.roles

    @property
    def rank(self) -> int:
        """Where somebody has several roles, the first of these answers."""
        return min((_PRECEDENCE.index(role) for role in self.roles), default=len(_PRECEDENCE))


@dataclass(frozen=True, slots=True)
class Recognised:
    """Somebody linked by what the platform proves: the visit as theirs, a greeting in one line, the whole welcome."""

    visit: Visit
    greeting: Reply
    welcome: tuple[Reply, ...]


Recogniser = Callable[[Visit], Awaitable[Recognised | None]]
Replier = Callable[[Visit], Awaitable[Turn | None]]


@dataclass(slots=True)
class _Registry:
    commands: dict[str, list[Rule]] = field(default_factory=dict)
    menu: list[tuple[str, Rule]] = field(default_factory=list)
    bare: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    presses: dict[str, Rule] = field(default_factory=dict)
    steps: dict[tuple[str, str], tuple[Rule, frozenset[Occasion]]] = field(default_factory=dict)
    labels: list[tuple[Words, Rule]] = field(default_factory=list)
    occasions: dict[Occasion, list[Rule]] = field(default_factory=dict)
    repliers: list[tuple[Replier, Permission]] = field(default_factory=list)
    recognisers: list[Recogniser] = field(default_factory=list)


_REGISTRY = _Registry()


def command(
    *names: str,
    roles: Collection[Role] = (),
    permission: Permission | None = None,
    about: Words | None = None,
    bare: bool = False,
    alone: bool = False,
) -> Callable[[CommandHandler], CommandHandler]:
    """Registers `async handler(visit, argument)` for `/name argument`; `bare`: also without the slash.

    `alone`: also without the slash where nothing else is said.
    The first name is listed in menus and help with the line `about`; without it the command is not listed.
    The same name may be registered for different roles.
    """

    def register(handler: CommandHandler) -> CommandHandler:
        rule = Rule(handler, frozenset(roles), permission, about)
        for name in names:
            _REGISTRY.commands.setdefault(name, []).append(rule)
        if about:
            _REGISTRY.menu.append((names[0], rule))
        if bare:
            _REGISTRY.bare.update(names)
        if alone:
            _REGISTRY.alone.update(names)
        return handler

    return register


def press(
    name: str, *, permission: Permission | None = None, roles: Collection[Role] = ()
) -> Callable[[PressHandler], PressHandler]:
    """Registers `async handler(visit, data)` for buttons with `Action(name, data)`; rights are checked at the press."""

    def register(handler: PressHandler) -> PressHandler:
        if name in _REGISTRY.presses:
            raise ValueError(f"two functions handle {name}")
        _REGISTRY.presses[name] = Rule(handler, frozenset(roles), permission)
        return handler

    return register


def step(
    flow: str, name: str, *, permission: Permission | None = None, claims: Collection[Occasion] = ()
) -> Callable[[Handler], Handler]:
    """Registers `async handler(visit)` for what comes while the chat is at this step of a dialogue.

    Whoever lacks the permission is answered as if there were no dialogue: in a group it is somebody else's, and a
    right may have been taken away since it began.
    Readings and edits of an engineer are answered as such in any dialogue, unless the step `claims` them
    (`Occasion.READING` for free text such as a reason, `Occasion.PHOTO` where a photo is asked for).
    """

    def register(handler: Handler) -> Handler:
        _REGISTRY.steps[flow, name] = (Rule(handler, permission=permission), frozenset(claims))
        return handler

    return register


def label(
    words: Words, *, roles: Collection[Role] = (), permission: Permission | None = None
) -> Callable[[Handler], Handler]:
    """Registers `async handler(visit)` for a key of the persistent keyboard, in whatever language it was shown."""

    def register(handler: Handler) -> Handler:
        _REGISTRY.labels.append((words, Rule(handler, frozenset(roles), permission)))
        return handler

    return register


def on(
    occasion: Occasion, *, roles: Collection[Role] = (), permission: Permission | None = None
) -> Callable[[Handler], Handler]:
    """Registers `async handler(visit)` for an occasion. `OTHERWISE` without roles greets whoever is not known."""

    def register(handler: Handler) -> Handler:
        _REGISTRY.occasions.setdefault(occasion, []).append(Rule(handler, frozenset(roles), permission))
        return handler

    return register


def replied(permission: Permission) -> Callable[[Replier], Replier]:
    """Registers who looks first, whatever the dialogue, at what is written in reply; `None`: it is not theirs."""

    def register(replier: Replier) -> Replier:
        _REGISTRY.repliers.append((replier, permission))
        return replier

    return register


def recognises(recogniser: Recogniser) -> Recogniser:
    """Registers who looks at an unlinked chat whose number the platform proves, before it is answered."""
    _REGISTRY.recognisers.append(recogniser)
    return recogniser


def menu(roles: Collection[Role], t: Translator) -> tuple[tuple[str, str], ...]:
    """The commands listed for somebody with these roles: (name without slash, one line about it)."""
    rules = sorted(_REGISTRY.menu, key=lambda item: item[1].rank)
    lines: dict[str, str] = {}
    for name, rule in rules:
        if rule.about and rule.serves(roles):
            lines.setdefault(name, rule.about(t))
    return tuple(lines.items())


async def route(visit: Visit) -> Turn:
    """The answer of the flow that this visit belongs to, after a greeting where it is the first of somebody known."""
    incoming = visit.incoming
    if incoming.phone is not None and incoming.contact is None and visit.chat.person_id is None:
        for recogniser in _REGISTRY.recognisers:
            if found := await recogniser(visit):
                return await _welcomed(found)
    return await _routed(visit)


async def _welcomed(found: Recognised) -> Turn:
    """A first word that asks for nothing is answered by the welcome; an invite by what it promised, too."""
    visit = found.visit
    name, argument = _split(visit.text)
    if name in _BEGINNINGS and argument:
        return await _routed(visit)
    if name in _BEGINNINGS or not _asks(visit):
        return Turn(found.welcome)
    turn = await _routed(visit)
    return replace(turn, replies=(found.greeting, *turn.replies))


def _asks(visit: Visit) -> bool:
    """Whether there is an answer to this, and not only the help."""
    named = _split(visit.text)[0] in _REGISTRY.commands or any(
        visit.text in _spellings(words) for words, _ in _REGISTRY.labels
    )
    return named or visit.incoming.press is not None or _what(visit) is not Occasion.OTHERWISE


async def _routed(visit: Visit) -> Turn:
    incoming = visit.incoming
    if incoming.press is not None:
        return await _pressed(visit, incoming.press)
    if incoming.contact is not None:
        return await _occasion(visit, Occasion.CONTACT)
    if not incoming.edited:
        named = _command(visit) or _label(visit)
        if named is not None:
            return await named
    return await _said(visit)


async def _pressed(visit: Visit, token: str) -> Turn:
    if token == SHOW:
        return await _shown(visit)
    action = await conversations.action(visit.work.conn, visit.chat.id, token)
    rule = _REGISTRY.presses.get(action.name) if action else None
    if action is None or rule is None:
        return _note(texts.button_is_dead(visit.t))
    if not rule.serves(visit.roles):
        return await led_to_login(visit) if _takes_login(visit, [rule]) else _note(texts.not_allowed(visit.t))
    return await rule.answer(visit, action.data)


async def _shown(visit: Visit) -> Turn:
    """What a template stood for, now that its person has written: it is queued again, in full."""
    message = visit.incoming.pressed_message_id
    queued = await outbox.queue_again(visit.work.conn, visit.chat.id, message) if message else False
    return Turn(keep_state=True) if queued else _note(texts.button_is_dead(visit.t))


def _command(visit: Visit) -> Awaitable[Turn] | None:
    name, argument = _split(visit.text)
    rules = _REGISTRY.commands.get(name, []) if name else []
    if not rules:
        return None
    rule = _first(rules, visit.roles)
    if not visit.text.startswith("/") and not _is_meant(visit, rule):
        return None
    if rule is None:
        return led_to_login(visit) if _takes_login(visit, rules) else _answer(texts.not_allowed(visit.t))
    return rule.answer(visit, argument)


def _is_meant(visit: Visit, rule: Rule | None) -> bool:
    """A bare word of some people's is one of theirs only, and not amid a dialogue: a reason may begin so."""
    if rule is None or rule.is_for_everybody:
        return rule is not None
    return visit.state is None and visit.chat.is_private


def _split(text: str) -> tuple[str, str]:
    """`/name@bot argument` → (name, argument); an empty name where the text is no command.

    The words of a meter's sticker are what its link says, and no reason begins so: they count amid any dialogue.
    """
    if code := typed_code(text):
        return "start", f"{START}{code}"
    first, _, argument = text.partition(" ")
    if first.startswith("/"):
        name, newline, rest = first[1:].partition("\n")
        return name.partition("@")[0].casefold(), (rest + " " + argument if newline else argument).strip()
    if text.casefold() in _REGISTRY.alone:
        return text.casefold(), ""
    return (first.casefold(), argument.strip()) if first.casefold() in _REGISTRY.bare else ("", "")


def _label(visit: Visit) -> Awaitable[Turn] | None:
    rules = [rule for words, rule in _REGISTRY.labels if visit.text and visit.text in _spellings(words)]
    rule = _first(rules, visit.roles)
    return rule.answer(visit) if rule else None


@cache
def _spellings(words: Words) -> frozenset[str]:
    return frozenset(words(Translator(language)) for language in LANGUAGES)


async def _said(visit: Visit) -> Turn:
    answered = await _in_reply(visit) if visit.incoming.reply_to else None
    if answered is not None:
        return answered
    occasion = _what(visit)
    rule, claims = _step(visit)
    if rule and rule.serves(visit.roles) and (occasion in claims or not _is_reading(visit, occasion)):
        return await rule.handler(visit)
    if rule and visit.chat.is_private and _takes_login(visit, [rule]):
        return await led_to_login(visit)
    return await _occasion(visit, occasion)


async def _in_reply(visit: Visit) -> Turn | None:
    for replier, permission in _REGISTRY.repliers:
        if allowed(visit.roles, permission) and (turn := await replier(visit)):
            return turn
    return None


def _what(visit: Visit) -> Occasion:
    incoming = visit.incoming
    if incoming.edited:
        return Occasion.EDITED
    if incoming.media:
        return Occasion.PHOTO if incoming.media.kind == "photo" else Occasion.DOCUMENT
    return Occasion.READING if looks_like_reading(visit.text) else Occasion.OTHERWISE


def _is_reading(visit: Visit, occasion: Occasion) -> bool:
    """What is answered as a reading even amid another dialogue."""
    may_submit = allowed(visit.roles, Permission.SUBMIT_READING)
    return may_submit and occasion in {Occasion.READING, Occasion.PHOTO, Occasion.EDITED}


def _step(visit: Visit) -> tuple[Rule | None, frozenset[Occasion]]:
    if visit.state is None:
        return None, frozenset()
    return _REGISTRY.steps.get((visit.state.flow, visit.state.step), (None, frozenset()))


async def _occasion(visit: Visit, occasion: Occasion) -> Turn:
    rules = _REGISTRY.occasions.get(occasion, [])
    rule = _first(rules, visit.roles)
    if visit.chat.is_private and (rule is None or rule.is_for_everybody) and _takes_login(visit, rules):
        return await led_to_login(visit)
    if rule is None and occasion is not Occasion.OTHERWISE:
        return await _occasion(visit, Occasion.OTHERWISE)
    quiet = occasion is Occasion.OTHERWISE and (not visit.chat.is_private or visit.incoming.edited)
    if rule is None or quiet:
        return Turn(keep_state=True)
    return await rule.answer(visit)


def _takes_login(visit: Visit, rules: Collection[Rule]) -> bool:
    """Whether a login would have one of the rules answer that does not now."""
    if not visit.must_log_in:
        return False
    logged_in = visit.roles | {Role.ADMIN}
    return any(rule.serves(logged_in) and not rule.serves(visit.roles) for rule in rules)


def _first(rules: Collection[Rule], roles: Collection[Role]) -> Rule | None:
    return min((rule for rule in rules if rule.serves(roles)), key=lambda rule: rule.rank, default=None)


def _note(text: str) -> Turn:
    """A small notice that leaves everything as it was."""
    return Turn((Reply("", toast=text),), keep_state=True)


async def _answer(text: str) -> Turn:
    return Turn((Reply(text),), keep_state=True)
