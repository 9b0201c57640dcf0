"""One real call to a service, at the wish of whoever installs it: what it said, or why it did not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import bootstrap
from bot.channels.approval import APPROVED, ApprovalError
from bot.channels.base import ChannelDownError
from domain.plural import counted
from jobs.ask_ai import AnswerError
from jobs.office_notices import BoardError
from jobs.photo_intake import PhotoStoreError
from jobs.token_ports import ProviderError
from storage.invocation import command

if TYPE_CHECKING:
    from bot.channels.approval import Standing
    from bot.settings import Settings
    from jobs.payment_ports import PaymentProvider

__all__ = ["CallFailedError", "auth0", "cloudinary", "discord", "openai", "razorpay", "stripe", "telegram", "whatsapp"]


class CallFailedError(Exception):
    """A real call to a service did not work: why, and what mends it."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.mend = mend


async def telegram(settings: Settings) -> str:
    """The bot's name. Raises CallFailedError."""
    try:
        name = await bootstrap.telegram_name(settings)
    except ChannelDownError as error:
        raise CallFailedError(str(error), "check TELEGRAM_BOT_TOKEN and the network") from error
    if name is None:
        raise CallFailedError("no token is configured", "put the token from @BotFather into TELEGRAM_BOT_TOKEN in .env")
    return f"the bot is {name}"


async def whatsapp(settings: Settings) -> str:
    """The number and its name, and where it can be seen whether its templates may be sent. Raises CallFailedError."""
    try:
        number = await bootstrap.whatsapp_number(settings)
        standings = await _templates(settings)
    except ApprovalError as error:
        raise CallFailedError(str(error), "check the WHATSAPP_… settings and the network") from error
    if number is None:
        missing = "put WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_ACCESS_TOKEN into .env"
        raise CallFailedError("not configured", missing)
    lacking = [f"{one.name} ({one.language}) is {one.status}" for one in standings if not one.ok]
    if lacking:
        mend = f"{command('whatsapp templates --submit')} hands in what is missing, --check says more"
        raise CallFailedError(f"the number is {number}, but {', '.join(lacking)}", mend)
    approved = sum(one.status == APPROVED for one in standings)
    return f"the number is {number}" + (f", {approved} of {len(standings)} templates approved" if standings else "")


async def _templates(settings: Settings) -> list[Standing]:
    desk = bootstrap.template_desk(settings)
    if desk is None:
        return []
    try:
        return await desk.standings()
    finally:
        await desk.close()


async def cloudinary(settings: Settings) -> str:
    """One upload of a grey point, the same one every time. Raises CallFailedError."""
    store = bootstrap.photo_store(settings)
    if store is None:
        raise CallFailedError("not configured", "put CLOUDINARY_URL into .env")
    try:
        await store.upload(bootstrap.grey_point())
    except PhotoStoreError as error:
        raise CallFailedError(str(error), "check CLOUDINARY_URL and CLOUDINARY_UPLOAD_PRESET") from error
    return "a test photo was uploaded"


async def discord(settings: Settings) -> str:
    """One look at the webhook, without posting anything. Raises CallFailedError."""
    board = bootstrap.office_board(settings)
    if board is None:
        raise CallFailedError("not configured", "put DISCORD_WEBHOOK_URL into .env")
    try:
        return f"the webhook is {await board.look()}"
    except BoardError as error:
        raise CallFailedError(str(error), "check DISCORD_WEBHOOK_URL and the network") from error


async def auth0(settings: Settings) -> str:
    """One look at the keys that Auth0 publishes. Raises CallFailedError."""
    check = bootstrap.auth0_keys(settings)
    if check is None:
        raise CallFailedError("not configured", "put AUTH0_DOMAIN into .env, and what .env.example names beside it")
    try:
        return f"{counted(await check.keys(), 'key')} for signatures published by {check.issuer.address}"
    except ProviderError as error:
        raise CallFailedError(str(error), "check AUTH0_DOMAIN and the network") from error


async def openai(settings: Settings) -> str:
    """One question of a few words, which costs far less than a cent. Raises CallFailedError."""
    if settings.openai_api_key is None:
        raise CallFailedError("not configured", "put OPENAI_API_KEY into .env")
    if not settings.openai_may_be_asked:
        raise CallFailedError("AI_MONTHLY_CAP is 0: nothing may be spent", "set it to some US dollars a month")
    try:
        seconds = await bootstrap.openai_seconds(settings)
    except AnswerError as error:
        raise CallFailedError(str(error), "check OPENAI_API_KEY, OPENAI_MODEL, the account and the network") from error
    return f"{settings.openai_model} answered in {seconds:.1f} s"


async def stripe(settings: Settings) -> str:
    """One harmless call; what it said. Raises CallFailedError."""
    return await _account(bootstrap.stripe(settings), "STRIPE_API_KEY")


async def razorpay(settings: Settings) -> str:
    """One harmless call; what it said. Raises CallFailedError."""
    return await _account(bootstrap.razorpay(settings), "RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET")


async def _account(provider: PaymentProvider | None, names: str) -> str:
    if provider is None:
        raise CallFailedError("not configured", f"put {names} into .env")
    try:
        said = await provider.account()
    finally:
        await provider.close()
    if isinstance(said, str):
        return said
    raise CallFailedError(said.reason, f"check {names} and the network")
