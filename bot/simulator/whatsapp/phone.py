"""A phone with WhatsApp on it, with the same hands as every other phone here."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from bot.simulator.phones import Phone, Sent
from bot.simulator.seen import Button
from bot.simulator.spec import PhoneSpec
from bot.simulator.telephone import user_of
from bot.simulator.whatsapp.business import Business
from bot.simulator.whatsapp.content import SAY
from bot.simulator.whatsapp.line import WhatsAppLine

_GREETING = "Start"


class WhatsAppPhone(Phone):
    """What looks different on WhatsApp is done here the way its person would do it.

    Start is the word itself, or `join <code>`; the keys below the text field are buttons in the chat; what cannot be
    edited is sent again; nothing answers a press but a message.
    """

    def __init__(self, business: Business, spec: PhoneSpec) -> None:
        self.business = business
        self.person = business.add_person(spec, user_of(spec))
        super().__init__(business, spec, WhatsAppLine(business, self.person))

    @property
    def hides_phone(self) -> bool:
        """Whether the business sees only the id that WhatsApp made for it."""
        return self.person.hides_phone

    @hides_phone.setter
    def hides_phone(self, hides: bool) -> None:
        self.person.hides_phone = hides

    @override
    async def start(self, payload: str = "") -> Sent:
        """Writes first: that word, or the code of an invite."""
        if self.home.blocked:
            await self.block(blocked=False)
        return await self.send_text(f"join {payload}" if payload else _GREETING)

    @override
    async def open_link(self, link: str) -> Sent:
        """Opens `https://wa.me/<number>?text=…` and sends the text; of a Telegram invite its code is typed."""
        parts = urlsplit(link)
        asked = parse_qs(parts.query)
        if parts.hostname == "wa.me" and parts.path.strip("/") == self.business.user["username"]:
            return await self.send_text(asked.get("text", [_GREETING])[0])
        if parts.hostname == "t.me" and asked.get("start"):
            return await self.start(asked["start"][0])
        raise ValueError(f"Not a link to this number: {link}")

    def read(self) -> None:
        """Looks into the chat: what arrived there is read now."""
        self.business.opened(self.person)

    @override
    async def go_offline(self) -> None:
        self.person.offline = True
        await super().go_offline()

    @override
    async def go_online(self) -> None:
        self.person.offline = False
        self.business.deliver(self.person)
        await super().go_online()

    @override
    async def _say(self, button: Button) -> None:
        """The newest button in the chat that says so is tapped."""
        token = f"{SAY}{button.value}"
        for message in reversed(self._home.messages.values()):
            for drawn in message.shown.get("whatsapp", {}).get("buttons", []):
                if drawn.get("callback_data") == token:
                    self._press(message.id, token)
                    return
        await self.send_text(button.text)
