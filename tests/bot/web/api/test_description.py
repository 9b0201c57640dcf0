"""`/openapi.json`: all that interface.md promises, and nothing that a stranger's client would stumble over."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bot.web.api import body
from bot.web.api.callers import Gate
from bot.web.api.description import description
from bot.web.api.desk import Api
from bot.web.api.pace import Rate
from bot.web.api.photos import FLAGS
from domain.metering import Flag
from domain.units import MOST_UNITS
from jobs.receive_reading import Standing
from tests.bot.channels.whatsapp.meta import served
from tests.bot.channels.whatsapp.pushed import account
from tests.bot.web.api.machine import TOKEN, Machine, machine

OFFERED = {
    "/health": {"get"},
    "/ready": {"get"},
    "/webhook/meter-reading": {"post"},
    "/webhook/telegram": {"post"},
    "/webhook/whatsapp": {"get", "post"},
    "/webhook/stripe": {"post"},
    "/webhook/razorpay": {"post"},
    "/b/{token}": {"get"},
    "/b/{token}/bill.pdf": {"get"},
    "/b/{token}/pay/{provider}": {"post"},
    "/metrics": {"get"},
    "/openapi.json": {"get"},
}
NOT_FOR_MACHINES = {"/static/{name}", "/b/{token}/photo.jpg"}
SECRETS = {"stripe": "whsec_of_the_test", "razorpay": "secret_of_the_test"}
SIGNED = "/webhook/(stripe|razorpay|whatsapp)"


def test_every_route_is_described() -> None:
    assert {path: set(item) for path, item in description()["paths"].items()} == OFFERED


def test_limits_are_those_of_the_code() -> None:
    schemas = description()["components"]["schemas"]
    by_meter, by_flat, stored = schemas["ReadingByMeter"], schemas["ReadingByFlat"], schemas["Stored"]
    assert {*by_meter["properties"], *by_flat["properties"]} == set(body.FIELDS)
    assert by_flat["properties"]["flat_code"]["pattern"] == f"^{body.NAME.pattern}$"
    number, text = by_flat["properties"]["reading_value"]["anyOf"]
    assert (number["maximum"], text["pattern"]) == (float(MOST_UNITS), f"^{body._NUMBER.pattern}$")
    assert by_meter["properties"]["meter_number"]["anyOf"][1]["maximum"] == body.LARGEST_METER - 1
    assert by_flat["properties"]["photo_url"]["maxLength"] == body.LONGEST_URL
    assert set(stored["properties"]["status"]["enum"]) == {one.value for one in Standing}
    assert set(stored["properties"]["flags"]["items"]["enum"]) == {*(flag.value for flag in Flag), *FLAGS}


async def test_what_is_routed_is_described_and_what_is_not_is_left_out(gateway: Machine) -> None:
    shown = (await gateway.ask("GET", "/openapi.json")).body["paths"]
    for path in shown:
        answer = await gateway.ask("DELETE", path.replace("{", "").replace("}", ""))
        assert (path, answer.status, answer.error["code"]) == (path, 405, "method_not_allowed")
    assert set(shown) == set(OFFERED)


async def schemathesis(gateway: Machine, folder: Path, *more: str) -> None:
    """As anybody would run it, with every check."""
    address = f"{gateway.service.address}/openapi.json"
    command = [sys.executable, "-m", "schemathesis.cli", "run", address, "--seed", "1", "--no-color", *more]
    settings = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=settings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-6000:]


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_schemathesis_finds_nothing(dsn: str, tmp_path: Path) -> None:
    """Signatures cannot be made up, so that good events of providers are refused: the one check left out, for them."""
    api = Api(Gate(TOKEN), Rate(10_000, 10_000))
    (tmp_path / "schemathesis.toml").write_text(
        f'[[operations]]\ninclude-path-regex = "{SIGNED}"\nchecks.positive_data_acceptance.enabled = false\n', "utf-8"
    )
    with_token = ("--header", f"Authorization: Bearer {TOKEN}", "--max-examples", "20")
    async with (
        served() as meta,
        machine(dsn, api, hook_secrets=SECRETS, whatsapp=account(meta.address)) as gateway,
    ):
        await schemathesis(gateway, tmp_path, *with_token)
        await schemathesis(gateway, tmp_path, "--max-examples", "3")
