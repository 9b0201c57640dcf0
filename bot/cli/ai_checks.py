"""What the doctor says of OpenAI and of who reads photos: what is configured, what it cost, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from bot import bootstrap
from bot.cli.checks import Check, Status
from bot.settings import PhotoReading
from domain.ai_prices import DEAREST, dollars_text, micro_dollars, price_of
from domain.plural import counted
from storage.invocation import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings
    from jobs.examine import Examination

_NAME: Final = "OpenAI"


def of_ai(using: Settings) -> Iterator[Check]:
    """Who reads photos, and whether OpenAI is asked at all."""
    yield _readers(using)
    yield _account(using)


def of_calls(found: Examination, using: Settings) -> Iterator[Check]:
    """What this month's calls cost, and why calls came to nothing since the last answer."""
    if found.ai_spent.calls:
        cap = dollars_text(micro_dollars(using.ai_monthly_cap))
        spent = f"{dollars_text(found.ai_spent.micro_dollars)} of {cap} spent this month"
        yield Check(_NAME, Status.OK, f"{spent}, {counted(found.ai_spent.calls, 'call')}")
    for one in found.ai_troubles:
        last = f"{one.last_at.astimezone(using.timezone):%d %b %H:%M}"
        message = f"{one.reason}: {counted(one.times, 'time')}, last {last}; nothing was answered since"
        yield Check(_NAME, Status.WARNING, message, f"{command('doctor --live openai')} tries it")


def _readers(using: Settings) -> Check:
    if using.this_machine_reads and not bootstrap.photo_readers(using):
        return _without_library(using)
    match using.photo_reader:
        case PhotoReading.OFF:
            return Check("photos", Status.OK, "kept, nobody reads them (PHOTO_READER=off)")
        case PhotoReading.OFFLINE:
            return Check("photos", Status.OK, "read on this machine alone (PHOTO_READER=offline)")
        case PhotoReading.OPENAI if using.openai_reads:
            return Check("photos", Status.OK, "read by OpenAI alone (PHOTO_READER=openai); people where it fails")
        case PhotoReading.OPENAI:
            message = "PHOTO_READER is openai, but AI_MONTHLY_CAP is 0: nobody reads them"
            return Check(
                "photos", Status.WARNING, message, "set AI_MONTHLY_CAP to some US dollars, or PHOTO_READER=auto"
            )
        case PhotoReading.AUTO if using.openai_reads:
            return Check("photos", Status.OK, "read by OpenAI, on this machine where it does not answer")
        case PhotoReading.AUTO:
            return Check("photos", Status.OK, "read on this machine: nothing leaves the house")
        case _:
            assert_never(using.photo_reader)


def _without_library(using: Settings) -> Check:
    lacking = "there is no library for reading photos on a machine of this kind"
    if using.openai_reads:
        return Check("photos", Status.OK, f"read by OpenAI alone: {lacking}")
    return Check("photos", Status.WARNING, f"{lacking}: people read them", "set OPENAI_API_KEY, or PHOTO_READER=off")


def _account(using: Settings) -> Check:
    if using.openai_api_key is None:
        return Check(_NAME, Status.OK, "not configured (OPENAI_API_KEY): never asked")
    if not using.openai_may_be_asked:
        return Check(_NAME, Status.WARNING, "AI_MONTHLY_CAP is 0: never asked", "set it to some US dollars a month")
    asked = [what for what, there in (("photos", using.openai_reads), ("sentences", using.ai_wording)) if there]
    if not asked:
        return Check(_NAME, Status.OK, "a key is set, but nothing is asked (PHOTO_READER, AI_WORDING)")
    cap = dollars_text(micro_dollars(using.ai_monthly_cap))
    message = f"{using.openai_model} for {' and '.join(asked)}, at most {cap} a month"
    if price_of(using.openai_model) == DEAREST:
        return Check(_NAME, Status.WARNING, f"{message}; its price is not known and counts as the dearest", _CHEAPER)
    return Check(_NAME, Status.OK, message)


_CHEAPER: Final = "without OPENAI_MODEL a model with a known price is asked"
