"""The settings: the environment and `.env` are read here and nowhere else."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import setting_values as values
from bot.setting_notes import EnvFile, misspelt, read_env_file, without_effect
from domain.metering import ReadingMode
from jobs.work import Society

_SHORTEST_SECRET: Final = 6  # hiding less would black out ordinary words
DATABASE_EXAMPLE: Final = "postgresql://postgres.abcd:password@aws-0-ap-south-1.pooler.supabase.com:5432/postgres"


class PhotoReading(StrEnum):
    """Who reads photos of meters. `auto`: OpenAI where a key is set and ourselves where it fails, else ourselves."""

    AUTO = "auto"
    OPENAI = "openai"
    OFFLINE = "offline"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """What is wrong with one setting; never holds a secret."""

    name: str
    wrong: str
    example: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.wrong}." + (f" Example: {self.name}={self.example}" if self.example else "")


class SettingsError(Exception):
    """Some settings cannot be used; the text names each one, what is wrong with it and an example."""

    def __init__(self, problems: Sequence[SettingProblem], source: Path | None = None) -> None:
        super().__init__(tuple(problems), source)
        self.problems = tuple(problems)
        self.source = source

    def __str__(self) -> str:
        where = f"in {self.source} or the environment" if self.source else "in the environment"
        return "\n  ".join([f"Please mend these settings {where}:", *map(str, self.problems)])


def _secret(check: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda secret: SecretStr(check(secret.get_secret_value())))


WebAddress = Annotated[str, AfterValidator(values.web_address)]
BotToken = Annotated[SecretStr, _secret(values.bot_token)]
WebhookSecret = Annotated[SecretStr, _secret(values.webhook_secret)]
DatabaseAddress = Annotated[SecretStr, _secret(values.database_address)]
CloudinaryAddress = Annotated[SecretStr, _secret(values.cloudinary_address)]
StripeKey = Annotated[SecretStr, _secret(values.stripe_key)]
HookSecret = Annotated[SecretStr, _secret(values.hook_secret)]
RazorpayKey = Annotated[str, AfterValidator(values.razorpay_key)]
DiscordAddress = Annotated[SecretStr, _secret(values.discord_address)]
ApiToken = Annotated[SecretStr, _secret(values.api_token)]
OpenAIModel = Annotated[str, AfterValidator(values.openai_model)]
SentryAddress = Annotated[SecretStr, _secret(values.ping_address)]
WhatsAppId = Annotated[str, AfterValidator(values.whatsapp_id)]
WhatsAppToken = Annotated[SecretStr, _secret(values.whatsapp_token)]
Auth0Domain = Annotated[str, AfterValidator(values.auth0_domain)]
IssuerAddress = Annotated[str, AfterValidator(values.issuer_address)]
PingAddress = Annotated[SecretStr, _secret(values.ping_address)]
UpiAddress = Annotated[str, AfterValidator(values.upi_address)]
Folder = Annotated[Path, BeforeValidator(values.folder)]
Zone = Annotated[ZoneInfo, BeforeValidator(values.zone)]
Hours = Annotated[tuple[int, int], NoDecode, BeforeValidator(values.hours)]
Languages = Annotated[tuple[str, ...], NoDecode, BeforeValidator(values.languages)]
Phones = Annotated[tuple[str, ...], NoDecode, BeforeValidator(values.phones)]
Proxies = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(values.networks)]
UpperCase = BeforeValidator(lambda text: text.upper() if isinstance(text, str) else text)
LowerCase = BeforeValidator(lambda text: text.lower() if isinstance(text, str) else text)


class Settings(BaseSettings):
    """Every setting is optional; `.env.example` says what each is for and what happens without it."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        validate_default=True,
        env_file_encoding="utf-8-sig",  # Notepad begins a file with a mark
    )

    telegram_bot_token: BotToken | None = Field(None, examples=["123456789:AAF-as-BotFather-sent-it"])
    telegram_api_base: WebAddress = Field("https://api.telegram.org", examples=["https://api.telegram.org"])
    telegram_webhook_secret: WebhookSecret | None = Field(None, examples=["any-40-letters-and-digits"])
    whatsapp_phone_number_id: WhatsAppId | None = Field(None, examples=["106540352242922"])
    whatsapp_access_token: WhatsAppToken | None = Field(None, examples=["EAAG-as-Meta-showed-it-once"])
    whatsapp_app_secret: HookSecret | None = Field(None, examples=["32-letters-and-digits-as-Meta-shows-them"])
    whatsapp_verify_token: HookSecret | None = Field(None, examples=["any-40-letters-and-digits"])
    whatsapp_business_account_id: WhatsAppId | None = Field(None, examples=["102290129340398"])
    whatsapp_api_base: WebAddress = Field(
        "https://graph.facebook.com/v23.0", examples=["https://graph.facebook.com/v23.0"]
    )
    database_url: DatabaseAddress | None = Field(None, examples=[DATABASE_EXAMPLE])
    data_dir: Folder = Field(default_factory=values.usual_data_folder, examples=["/srv/billing"])
    public_url: WebAddress | None = Field(None, examples=["https://bills.example.org"])
    host: str = Field("127.0.0.1", examples=["0.0.0.0"])  # noqa: S104 - an example
    port: int = Field(8080, ge=0, le=65535, examples=["8080"])
    trusted_proxies: Proxies = Field((), examples=["127.0.0.1,10.0.0.0/8"])
    timezone: Zone = Field(ZoneInfo("Asia/Kolkata"), examples=["Asia/Kolkata"])
    society_name: str = Field("Blessings City", max_length=60, examples=["Blessings City"])
    languages: Languages = Field(("en", "hi"), examples=["en,hi"])
    reading_mode: Annotated[ReadingMode, LowerCase] = Field(ReadingMode.UNITS, examples=["units"])
    due_days: int = Field(10, ge=1, le=90, examples=["10"])
    delivery_hours: Hours = Field((8, 20), examples=["08-20"])
    grace_days: int = Field(0, ge=0, le=90, examples=["0"])
    single_admin: bool = Field(default=False, examples=["false"])
    monthly_reading_target: int | None = Field(None, ge=1, le=100_000, examples=["146"])
    admin_phones: Phones = Field((), examples=["+447700900001,+447700900002"])
    upi_vpa: UpiAddress | None = Field(None, examples=["blessingscity@upi"])
    upi_name: str | None = Field(None, max_length=60, examples=["Blessings City"])
    office_contact: str | None = Field(None, max_length=200, examples=["Gate 1, 10–17 h, +44 7700 900100"])
    stripe_api_key: StripeKey | None = Field(None, examples=["sk_live_51Abc"])
    stripe_webhook_secret: HookSecret | None = Field(None, examples=["whsec_Abc"])
    stripe_api_base: WebAddress = Field("https://api.stripe.com", examples=["https://api.stripe.com"])
    razorpay_key_id: RazorpayKey | None = Field(None, examples=["rzp_live_Abc"])
    razorpay_key_secret: SecretStr | None = Field(None, examples=["as-Razorpay-showed-it-once"])
    razorpay_webhook_secret: HookSecret | None = Field(None, examples=["any-40-letters-and-digits"])
    razorpay_api_base: WebAddress = Field("https://api.razorpay.com", examples=["https://api.razorpay.com"])
    cloudinary_url: CloudinaryAddress | None = Field(None, examples=["cloudinary://key:secret@cloud-name"])
    cloudinary_upload_preset: str | None = Field(None, examples=["meter-photos"])
    openai_api_key: ApiToken | None = Field(None, examples=["sk-proj-as-OpenAI-showed-it-once"])
    openai_base_url: WebAddress = Field("https://api.openai.com/v1", examples=["https://api.openai.com/v1"])
    openai_model: OpenAIModel = Field("gpt-6.1-terra", examples=["gpt-6.1-terra"])
    ai_monthly_cap: Decimal = Field(Decimal(10), ge=0, le=10_000, decimal_places=2, examples=["10"])
    photo_reader: Annotated[PhotoReading, LowerCase] = Field(PhotoReading.AUTO, examples=["auto"])
    ai_wording: bool = Field(default=False, examples=["false"])
    discord_webhook_url: DiscordAddress | None = Field(None, examples=["https://discord.com/api/webhooks/123/abc"])
    heartbeat_url: PingAddress | None = Field(None, examples=["https://hc-ping.com/your-uuid"])
    header_auth_token: ApiToken | None = Field(None, examples=["any-40-letters-and-digits"])
    auth0_domain: Auth0Domain | None = Field(None, examples=["your-tenant.eu.auth0.com"])
    auth0_issuer: IssuerAddress | None = Field(None, examples=["https://login.example.org/"])
    auth0_api_identifier: str | None = Field(None, max_length=600, examples=["https://bills.example.org/api"])
    auth0_m2m_client_id: str | None = Field(None, max_length=200, examples=["as-Auth0-shows-it"])
    auth0_m2m_client_secret: SecretStr | None = Field(None, examples=["as-Auth0-shows-it"])
    auth0_client_id: str | None = Field(None, max_length=200, examples=["as-Auth0-shows-it"])
    auth0_client_secret: SecretStr | None = Field(None, examples=["as-Auth0-shows-it"])
    auth0_admin_claim: str | None = Field(None, max_length=200, examples=["https://bills.example.org/roles"])
    auth0_binding_days: int = Field(30, ge=1, le=366, examples=["30"])
    metrics_token: ApiToken | None = Field(None, examples=["any-40-letters-and-digits"])
    sentry_dsn: SentryAddress | None = Field(None, examples=["https://key@o1.ingest.sentry.io/2"])
    log_format: Annotated[Literal["console", "json"], LowerCase] = Field("console", examples=["console"])
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], UpperCase] = Field("INFO", examples=["INFO"])
    supabase_url: str | None = Field(None, repr=False)
    supabase_key: SecretStr | None = None

    _notes: tuple[str, ...] = PrivateAttr(())
    _source: Path | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _as_typed(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Without the quotes that Windows and Docker leave around; what is empty then counts as not set."""
        cleaned = {name: values.unquoted(value) if isinstance(value, str) else value for name, value in given.items()}
        return {name: value for name, value in cleaned.items() if value != ""}

    @field_validator("cloudinary_upload_preset")
    @classmethod
    def _has_its_cloud(cls, preset: str | None, others: ValidationInfo) -> str | None:
        if preset and others.data.get("cloudinary_url", ...) is None:
            raise ValueError("must have CLOUDINARY_URL=cloudinary://<cloud name> beside it")
        return preset

    @field_validator("razorpay_key_secret")
    @classmethod
    def _has_its_key(cls, secret: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if (secret is None) != (others.data.get("razorpay_key_id") is None) and "razorpay_key_id" in others.data:
            raise ValueError("and RAZORPAY_KEY_ID go together: set both, or neither")
        return secret

    @field_validator("photo_reader", "ai_wording")
    @classmethod
    def _has_an_openai_key(cls, wish: object, others: ValidationInfo) -> object:
        if wish in {PhotoReading.OPENAI, True} and others.data.get("openai_api_key", ...) is None:
            raise ValueError("must have OPENAI_API_KEY beside it")
        return wish

    @property
    def issuer(self) -> str | None:
        """The exact name by which Auth0's tokens call their issuer."""
        return self.auth0_issuer or (f"https://{self.auth0_domain}/" if self.auth0_domain else None)

    @property
    def no_hook(self) -> tuple[str, ...]:
        """What is missing for Telegram to push its messages to us; it takes https addresses only."""
        real = self.telegram_api_base.startswith("https:")
        address = self.public_url is not None and (self.public_url.startswith("https:") or not real)
        there = {
            "TELEGRAM_BOT_TOKEN": self.telegram_bot_token,
            "PUBLIC_URL (https://…)": address,
            "TELEGRAM_WEBHOOK_SECRET": self.telegram_webhook_secret,
        }
        return tuple(name for name, value in there.items() if not value)

    @property
    def has_chat(self) -> bool:
        """Whether people can be written to."""
        whatsapp = self.whatsapp_phone_number_id is not None and self.whatsapp_access_token is not None
        return whatsapp or self.telegram_bot_token is not None

    @property
    def whatsapp_receives(self) -> bool:
        """Whether people on WhatsApp can write to us: Meta pushes to https addresses only."""
        secrets = self.whatsapp_app_secret is not None and self.whatsapp_verify_token is not None
        return self.has_chat and secrets and (self.public_url or "").startswith("https:")

    @property
    def openai_may_be_asked(self) -> bool:
        """Whether there is a key, and anything at all may be spent."""
        return self.openai_api_key is not None and self.ai_monthly_cap > 0

    @property
    def openai_reads(self) -> bool:
        """Whether photos are shown to OpenAI."""
        return self.openai_may_be_asked and self.photo_reader in {PhotoReading.AUTO, PhotoReading.OPENAI}

    @property
    def this_machine_reads(self) -> bool:
        """Whether photos are read offline, alone or where OpenAI does not answer."""
        return self.photo_reader in {PhotoReading.AUTO, PhotoReading.OFFLINE}

    @property
    def lets_machines_in(self) -> bool:
        """Whether anybody can call the HTTP API."""
        return self.header_auth_token is not None or bool(self.issuer and self.auth0_api_identifier)

    @property
    def admins_log_in(self) -> bool:
        """Whether an admin's chat has rights only while a login has bound it."""
        return self.auth0_admin_claim is not None

    @property
    def login_lacks(self) -> tuple[str, ...]:
        """What is missing before an admin can log in, where they must."""
        needed = {"AUTH0_DOMAIN": self.issuer, "AUTH0_CLIENT_ID": self.auth0_client_id, "PUBLIC_URL": self.public_url}
        return tuple(name for name, value in needed.items() if value is None) if self.admins_log_in else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not wrong but should be known: misspelt names, settings without effect."""
        return self._notes

    @property
    def source(self) -> Path | None:
        """The `.env` that was read."""
        return self._source

    def refuse_forgotten_database(self) -> None:
        """An old `.env` must not quietly start an empty database. Raises SettingsError; for `run` and `migrate`."""
        if self.supabase_url and not self.database_url:
            raise SettingsError([_FORGOTTEN_DATABASE], self._source)

    def refuse_half_a_login(self) -> None:
        """Admins must neither be locked out unsaid nor let in without the login asked for. Raises SettingsError."""
        if self.login_lacks:
            wrong = f"is set, so admins must log in, but nobody can without {', '.join(self.login_lacks)}: set that too"
            raise SettingsError([SettingProblem("AUTH0_ADMIN_CLAIM", f"{wrong}, or take it out again")], self._source)

    def secrets(self) -> tuple[str, ...]:
        """Everything that must never be written anywhere, the database's password by itself too."""
        held = [value.get_secret_value() for _, value in self if isinstance(value, SecretStr)]
        password = urlsplit(self.database_url.get_secret_value()).password if self.database_url else None
        found = [*held, password or "", unquote(password or "")]
        return tuple(text for text in found if len(text) >= _SHORTEST_SECRET)

    def society(self) -> Society:
        """The settings that jobs need."""
        return Society(
            name=self.society_name,
            zone=self.timezone,
            reading_mode=self.reading_mode,
            due_days=self.due_days,
            delivery_hours=self.delivery_hours,
            grace_days=self.grace_days,
            single_admin=self.single_admin,
            languages=self.languages,
            reading_target=self.monthly_reading_target,
            public_url=self.public_url,
            upi_vpa=self.upi_vpa,
            upi_name=self.upi_name or self.society_name,
            office_contact=self.office_contact,
            admin_phones=self.admin_phones,
            admins_log_in=self.admins_log_in,
            office_channel=self.discord_webhook_url is not None,
            ai_wording=self.ai_wording,
        )


_FORGOTTEN_DATABASE: Final = SettingProblem(
    "DATABASE_URL",
    "is missing beside SUPABASE_URL: this service talks to the database itself. In Supabase open your project, "
    "press Connect, choose Session pooler, copy the connection string and put in your database password",
    DATABASE_EXAMPLE,
)
KNOWN: Final = frozenset(name.upper() for name in Settings.model_fields)


def load_settings(candidates: Sequence[Path] | None = None) -> Settings:
    """From the environment, then from the first `.env` there is: in the working folder, else beside start.py.

    Raises SettingsError with everything that is wrong at once.
    """
    candidates = [Path.cwd() / ".env", values.ROOT / ".env"] if candidates is None else candidates
    source = next(filter(Path.is_file, candidates), None)
    written = _read(source) if source else EnvFile()
    try:
        settings = Settings(_env_file=source)
    except ValidationError as error:
        raise SettingsError([_problem(detail) for detail in error.errors()], source) from None
    settings._notes = tuple(_notes(written))  # noqa: SLF001 - ours
    settings._source = source  # noqa: SLF001 - ours
    return settings


def _read(source: Path) -> EnvFile:
    try:
        content = read_env_file(source)
    except UnicodeDecodeError:
        wrong = SettingProblem(".env", "is not UTF-8 text: in Notepad save it again with the encoding UTF-8")
        raise SettingsError([wrong], source) from None
    except OSError as error:
        raise SettingsError([SettingProblem(".env", f"cannot be read: {error.strerror}")], source) from error
    if content.bad_lines:
        lines = ", ".join(map(str, content.bad_lines))
        wrong = SettingProblem(f".env, line {lines},", "must be NAME=value, or begin with #")
        raise SettingsError([wrong], source)
    return content


def _notes(written: EnvFile) -> Iterator[str]:
    in_environment = {name.upper() for name, value in os.environ.items() if value}
    yield from misspelt(written.names, KNOWN, all_ours=True)
    yield from misspelt(in_environment - written.names, KNOWN, all_ours=False)
    yield from without_effect(written.filled | in_environment)


_PLAINER: Final = {
    "Input should be": "must be",
    "String should have": "must have",
    "a valid integer": "a whole number",
    "a valid boolean": "true or false",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
}


def _problem(detail: ErrorDetails) -> SettingProblem:
    """Pydantic's words follow the name of the setting; its URL and the value are left out."""
    name = str(detail["loc"][0])
    said = detail["msg"].removeprefix("Value error, ").split(", unable")[0]
    for theirs, ours in _PLAINER.items():
        said = said.replace(theirs, ours)
    return SettingProblem(name.upper(), said, _example(name))


def _example(name: str) -> str:
    return str((Settings.model_fields[name].examples or [""])[0])
