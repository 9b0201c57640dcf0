"""The recipes in data/deploy: what they name exists. The compose file and the Windows task are read only, not run."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml  # type: ignore[import-untyped] # comes with the developers' tools, without types

from bot.settings import KNOWN
from tests.unit_file import UNIT, read_unit

DEPLOY = UNIT.parent
NOT_OURS = {"XDG_CACHE_HOME"}
"""What start.py reads."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def test_what_compose_sets_are_settings(compose: dict[str, Any]) -> None:
    for name in ("migrate", "billing"):
        assert set(compose["services"][name]["environment"]) - NOT_OURS <= KNOWN


def test_several_processes_share_one_database_and_one_folder(compose: dict[str, Any]) -> None:
    billing = compose["services"]["billing"]
    assert billing["deploy"]["replicas"] > 1
    assert "DATABASE_URL" in billing["environment"]
    assert billing["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    named = {volume.split(":")[0] for one in compose["services"].values() for volume in one.get("volumes", ())}
    assert {volume for volume in named if not volume.startswith(".")} == set(compose["volumes"])
    data = billing["environment"]["DATA_DIR"]
    assert f"data:{data}" in billing["volumes"]


def test_compose_trusts_its_proxy_alone(compose: dict[str, Any]) -> None:
    proxy = compose["services"]["proxy"]["networks"]["inside"]["ipv4_address"]
    assert compose["services"]["billing"]["environment"]["TRUSTED_PROXIES"] == proxy
    subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert ipaddress.ip_address(proxy) in ipaddress.ip_network(subnet)
    assert "ports" not in compose["services"]["billing"], "nobody gets past the proxy"
    caddyfile = compose["configs"]["caddyfile"]["content"]
    assert "respond /metrics 404" in caddyfile
    assert f"billing:{compose['services']['billing']['environment']['PORT']}" in caddyfile


def test_compose_waits_for_what_has_begun_as_long_as_the_unit(compose: dict[str, Any]) -> None:
    billing = compose["services"]["billing"]
    assert billing["stop_grace_period"] == f"{read_unit()['Service']['TimeoutStopSec'][0]}s"
    assert (billing["stop_signal"], billing["restart"]) == ("SIGTERM", "always")
    commands = [compose["services"][name]["command"] for name in ("migrate", "billing")]
    assert commands == [["python", "start.py", "migrate"], ["python", "start.py", "run"]]
    assert (Path(DEPLOY) / compose["x-service"]["volumes"][0].split(":")[0] / "start.py").exists()


def test_the_unit_sets_settings_and_writes_only_its_own_folders() -> None:
    service = read_unit()["Service"]
    settings = dict(line.split("=", 1) for line in service["Environment"])
    assert set(settings) - NOT_OURS <= KNOWN
    assert settings["DATA_DIR"] == f"/var/lib/{service['StateDirectory'][0]}"
    assert service["ProtectSystem"] == ["strict"]
    assert service["KillMode"] == ["mixed"], "SIGTERM would take an embedded PostgreSQL away from those it serves"
    assert "MemoryDenyWriteExecute" not in service
    assert "PrivateIPC" not in service


def test_the_windows_task_runs_the_service_for_ever() -> None:
    root = ET.fromstring((DEPLOY / "windows-task.xml").read_text("utf-8"))  # noqa: S314 - our own file
    names = {re.sub(r"{.*}", "", one.tag): (one.text or "").strip() for one in root.iter()}
    assert names["Arguments"].endswith("start.py run")
    assert names["Arguments"].split()[1].rpartition("\\")[0] == names["WorkingDirectory"]
    assert names["ExecutionTimeLimit"] == "PT0S"
    assert names["MultipleInstancesPolicy"] == "IgnoreNew"
    assert "BootTrigger" in names
    assert "RestartOnFailure" in names
