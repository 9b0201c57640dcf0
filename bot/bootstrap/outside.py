"""What the settings choose: chats, outside services, who may call. Nothing where a service is not configured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.channels.telegram import Address
from bot.channels.whatsapp import Account
from bot.web.api.callers import Gate
from bot.web.api.desk import Api
from bot.web.api.photos import PhotoDesk
from domain.ai_prices import micro_dollars

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.settings import Settings
    from jobs.gateways.auth0 import Auth0Tokens, Issuer
    from jobs.gateways.discord import DiscordBoard
    from jobs.gateways.openai_desk import OpenAIAccount
    from jobs.payment_ports import PaymentProvider
    from jobs.photo_readers import PhotoReader
    from jobs.token_ports import LoginProvider
    from jobs.upload_photos import PhotoStore

_HOOK = "/webhook/telegram"


def telegram_address(settings: Settings, *, polling: bool | None) -> Address | None:
    """The bot whose token is set, and whether its messages are pushed to us."""
    token, secret = opened(settings.telegram_bot_token), opened(settings.telegram_webhook_secret)
    if token is None:
        return None
    pushed = not settings.no_hook and not polling
    webhook = f"{settings.public_url}{_HOOK}" if pushed else None
    return Address(token, settings.telegram_api_base, webhook, secret)


def whatsapp_account(settings: Settings) -> Account | None:
    """The number that speaks on WhatsApp, where both its id and a token are set."""
    number, token = settings.whatsapp_phone_number_id, opened(settings.whatsapp_access_token)
    if number is None or token is None:
        return None
    secrets = opened(settings.whatsapp_app_secret), opened(settings.whatsapp_verify_token)
    return Account(number, token, settings.whatsapp_api_base, *secrets)


def photo_store(settings: Settings) -> PhotoStore | None:
    """Where photos are copied to."""
    address = opened(settings.cloudinary_url)
    if address is None:
        return None
    from jobs.gateways.cloudinary_store import CloudinaryStore, cloudinary_account

    return CloudinaryStore(cloudinary_account(address, settings.cloudinary_upload_preset))


def photo_readers(settings: Settings) -> tuple[PhotoReader, ...]:
    """Those of this machine; OpenAI, where it reads, is asked before them."""
    if not settings.this_machine_reads:
        return ()
    from jobs.gateways.ocr.reader import OfflineReader, is_installed

    return (OfflineReader(),) if is_installed() else ()


def openai_account(settings: Settings) -> OpenAIAccount:
    """The account at OpenAI whose key is set, and what it is asked: nothing without a key, or money to be spent."""
    from jobs.gateways.openai_desk import OpenAIAccount

    return OpenAIAccount(
        opened(settings.openai_api_key) or "",
        settings.openai_base_url,
        settings.openai_model,
        micro_dollars(settings.ai_monthly_cap),
        reads=settings.openai_reads,
        words=settings.ai_wording and settings.openai_may_be_asked,
    )


def office_board(settings: Settings) -> DiscordBoard | None:
    """The office's channel for notices."""
    address = opened(settings.discord_webhook_url)
    if address is None:
        return None
    from jobs.gateways.discord import DiscordBoard

    return DiscordBoard(address)


def heartbeat(settings: Settings) -> Callable[[], Awaitable[None]] | None:
    """Calls whoever cries out when nobody calls."""
    address = opened(settings.heartbeat_url)
    if address is None:
        return None
    from jobs.gateways.heartbeat import Heartbeat

    return Heartbeat(address).beat


def payment_providers(settings: Settings) -> tuple[PaymentProvider, ...]:
    """Those that have keys."""
    return tuple(filter(None, (stripe(settings), razorpay(settings))))


def stripe(settings: Settings) -> PaymentProvider | None:
    """Stripe with the key that is set."""
    key = opened(settings.stripe_api_key)
    return stripe_payments(key, settings.stripe_api_base) if key else None


def stripe_payments(api_key: str, api_base: str) -> PaymentProvider:
    """Stripe behind the port of payments."""
    from jobs.gateways.stripe import StripeAccount, StripePayments

    return StripePayments(StripeAccount(api_key, api_base))


def razorpay(settings: Settings) -> PaymentProvider | None:
    """Razorpay with the keys that are set."""
    secret = opened(settings.razorpay_key_secret)
    if settings.razorpay_key_id is None or secret is None:
        return None
    return razorpay_payments(settings.razorpay_key_id, secret, settings.razorpay_api_base)


def razorpay_payments(key_id: str, key_secret: str, api_base: str) -> PaymentProvider:
    """Razorpay behind the port of payments."""
    from jobs.gateways.razorpay import RazorpayAccount, RazorpayPayments

    return RazorpayPayments(RazorpayAccount(key_id, key_secret, api_base))


def hook_secrets(settings: Settings) -> dict[str, str]:
    """What payment providers sign their hooks with."""
    secrets = {"stripe": settings.stripe_webhook_secret, "razorpay": settings.razorpay_webhook_secret}
    return {name: secret.get_secret_value() for name, secret in secrets.items() if secret}


@asynccontextmanager
async def errors_told(settings: Settings) -> AsyncIterator[None]:
    """To Sentry, where it is configured."""
    dsn = opened(settings.sentry_dsn)
    if dsn is None:
        yield
        return
    from jobs.gateways import sentry

    handler = sentry.start(dsn)
    try:
        yield
    finally:
        await asyncio.to_thread(sentry.stop, handler)


def http_api(settings: Settings) -> Api:
    """The HTTP API with whoever it lets in."""
    from jobs.gateways.images import prepare_photo
    from jobs.gateways.photo_fetch import PhotoFetch

    gate = Gate(opened(settings.header_auth_token), token_check(settings))
    photos = PhotoDesk(PhotoFetch(), prepare_photo)
    return Api(gate, photos=photos, metrics_token=opened(settings.metrics_token))


def token_check(settings: Settings) -> Auth0Tokens | None:
    """Whoever knows Auth0's tokens for our API, where both are configured."""
    if settings.issuer is None or settings.auth0_api_identifier is None:
        return None
    from jobs.gateways.auth0 import Auth0Tokens

    return Auth0Tokens(issuer(settings))


def auth0_keys(settings: Settings) -> Auth0Tokens | None:
    """Whoever knows the keys that Auth0 publishes, whatever they are for."""
    if settings.issuer is None:
        return None
    from jobs.gateways.auth0 import Auth0Tokens

    return Auth0Tokens(issuer(settings))


def admin_login(settings: Settings) -> LoginProvider | None:
    """Where admins log in, if they do."""
    claim, client_id = settings.auth0_admin_claim, settings.auth0_client_id
    if settings.issuer is None or client_id is None or claim is None:
        return None
    return login_provider(settings.issuer, client_id, opened(settings.auth0_client_secret), claim)


def login_provider(issuer: str, client_id: str, secret: str | None, claim: str) -> LoginProvider:
    """An issuer's login for one application; `claim` names what says who is an admin."""
    from jobs.gateways.auth0 import Auth0Tokens, Issuer
    from jobs.gateways.auth0_login import AdminLogins, Client

    return AdminLogins(Auth0Tokens(Issuer(issuer, client_id)), Client(client_id, secret), claim)


def issuer(settings: Settings) -> Issuer:
    """Who issues the tokens of our API."""
    from jobs.gateways.auth0 import Issuer

    return Issuer(settings.issuer or "", settings.auth0_api_identifier or "")


def opened(secret: SecretStr | None) -> str | None:
    """The secret itself."""
    return secret.get_secret_value() if secret else None
