"""What commands ask of outside services once, without the service around them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.bootstrap.outside import issuer, openai_account, opened, telegram_address
from bot.channels.telegram import name_of
from bot.channels.whatsapp import Account
from jobs.workbooks import Table, written_by

if TYPE_CHECKING:
    from bot.channels.approval import Desk
    from bot.settings import Settings
    from jobs.master_workbook import MasterWorkbook
    from jobs.photo_intake import PreparedPhoto
    from jobs.take_over_photos import TakenOver
    from jobs.work import Work


def prepared_photo(raw: bytes) -> PreparedPhoto:
    """A photo as it is kept when somebody sends it. Raises PhotoRefused."""
    from jobs.gateways.images import prepare_photo

    return prepare_photo(raw)


async def telegram_name(settings: Settings) -> str | None:
    """What Telegram calls the bot whose token is set; one real call. Raises ChannelDownError."""
    address = telegram_address(settings, polling=None)
    return await name_of(address) if address else None


def template_desk(settings: Settings) -> Desk | None:
    """WhatsApp's templates at the business account, where it and a token are set."""
    token, account = opened(settings.whatsapp_access_token), settings.whatsapp_business_account_id
    if token is None or account is None:
        return None
    from bot.channels.whatsapp.api import GraphApi
    from bot.channels.whatsapp.template_desk import TemplateDesk

    api = GraphApi(Account(settings.whatsapp_phone_number_id or "", token, settings.whatsapp_api_base))
    return TemplateDesk(api, account, template_submissions(settings))


async def whatsapp_number(settings: Settings) -> str | None:
    """The number that is set and the name it shows; one real call. Raises ApprovalError."""
    token, number = opened(settings.whatsapp_access_token), settings.whatsapp_phone_number_id
    if token is None or number is None:
        return None
    from bot.channels.whatsapp.api import GraphApi
    from bot.channels.whatsapp.template_desk import number_of

    return await number_of(GraphApi(Account(number, token, settings.whatsapp_api_base)), number)


def template_submissions(settings: Settings) -> list[Mapping[str, Any]]:
    """WhatsApp's templates as they are handed in for review."""
    from bot.channels.whatsapp.template_desk import submissions

    return submissions(settings.public_url, settings.languages)


def templates_left_out(settings: Settings) -> list[tuple[str, str]]:
    """Name and language of WhatsApp's templates that need a public https address, where there is none."""
    from bot.channels.whatsapp.template_desk import left_out

    return left_out(settings.public_url, settings.languages)


async def openai_seconds(settings: Settings) -> float:
    """How long OpenAI took for a few words, where a key is set; one real call. Raises AnswerError."""
    from jobs.gateways.openai_desk import try_key

    started = time.monotonic()
    await try_key(openai_account(settings))
    return time.monotonic() - started


def grey_point() -> bytes:
    """The smallest photo, the same one every time."""
    from jobs.gateways import images

    return images.grey_point()


async def token_of_client(settings: Settings) -> str:
    """A token by client credentials, where all of it is configured. Raises ProviderError."""
    from jobs.gateways import auth0_login as login

    client = login.Client(settings.auth0_m2m_client_id or "", opened(settings.auth0_m2m_client_secret))
    return await login.token_of_client(issuer(settings), client)


async def token_of_person(settings: Settings, port: int, show: Callable[[str], None]) -> str:
    """A token by login at the address that `show` is given, where all of it is configured. Raises ProviderError."""
    from jobs.gateways import auth0_login as login

    client = login.Client(settings.auth0_client_id or "", opened(settings.auth0_client_secret))
    return await login.token_of_person(issuer(settings), client, port, show)


def write_tables(tables: Sequence[Table]) -> bytes:
    """Tables as one workbook."""
    from jobs.gateways.tables import write_tables as write

    return write(tables)


written_by(write_tables)


def read_master(source: Path) -> MasterWorkbook:
    """The master workbook in a file. Raises WorkbookError."""
    from jobs.gateways.workbook import read_master as read

    return read(source)


def master_template() -> bytes:
    """An empty master workbook with one example row."""
    from jobs.gateways.workbook_writer import write_template

    return write_template()


async def take_over_photos(work: Work, folder: Path) -> TakenOver:
    """The photos and links of the former screen's folder, to their readings."""
    from jobs.gateways.images import prepare_photo
    from jobs.gateways.photo_files import read_old_photos
    from jobs.take_over_photos import take_over_photos as take_over

    return await take_over(work.conn, read_old_photos(folder), prepare_photo, work.now)
