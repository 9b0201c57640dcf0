"""Debian's Chromium, driven; and the demo as a process of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.journeys.stage import free_port

ROOT = Path(__file__).parents[2]
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


class NoBrowserError(Exception):
    """There is no Chromium on this machine: install it with `apt-get install chromium` (Debian, Ubuntu)."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def chromium_path() -> str:
    """Raises NoBrowserError, which says how to install one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise NoBrowserError
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """`billing demo` as somebody starts it; the address that it prints when it is ready."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port)),
        cwd=ROOT,
        env={**_environment(), "DATA_DIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield await asyncio.wait_for(_ready(process), 90)
    finally:
        process.terminate()
        await process.communicate()


def _environment() -> dict[str, str]:
    """A newcomer has nothing set."""
    ours = ("TELEGRAM_", "DATABASE_URL", "DATA_DIR", "PUBLIC_URL", "OPENAI_", "AI_", "PHOTO_READER")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


async def _ready(process: asyncio.subprocess.Process) -> str:
    output = process.stdout
    assert output is not None
    while line := (await output.readline()).decode():
        if "The demo is ready: " in line:
            return line.partition("ready: ")[2].strip()
    raise EOFError("the demo ended before it was ready")


async def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is now: the rule and the element."""
    await page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = await page.evaluate("axe.run()")
    assert found["passes"], "axe looked at nothing"
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


async def open_phones(page: Page, address: str) -> None:
    await page.goto(address)
    await page.wait_for_selector("[data-ready]")


def phone(page: Page, key: str) -> Locator:
    return page.get_by_test_id(f"phone-{key}")


async def show(page: Page, key: str) -> Locator:
    """Where phones stand one at a time, its tab is opened first."""
    tab = page.get_by_test_id(f"tab-{key}")
    if await tab.is_visible():
        await tab.click()
    shown = phone(page, key)
    await expect(shown).to_be_visible()
    return shown
