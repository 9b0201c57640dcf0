"""Pictures of every screen into data/screenshots: `python -m tests.journeys.screenshots`."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page

from bot.bootstrap import photo_readers
from bot.demo import Demo, demo
from bot.settings import Settings
from bot.simulator import Phone, draw_meter
from bot.simulator.seen import SeenMessage
from tests.journeys.browser import ROOT, chromium, open_phones, show
from tests.journeys.stage import free_port

FOLDER = ROOT / "data" / "screenshots"
LARGEST = 250_000
PAGE = re.compile(r"http://127\.0\.0\.1:\d+/b/[\w-]+")


@dataclass
class Studio:
    """The running demo, and a page of phones to be photographed."""

    demo: Demo
    browser: Browser
    page: Page

    def phone(self, key: str) -> Phone:
        return self.demo.simulator.phone(key)

    @property
    def ravi(self) -> Phone:
        return self.phone("ravi")

    @property
    def rekha(self) -> Phone:
        return self.phone("rekha")

    async def query(self, sql: str) -> list[Any]:
        async with self.demo.service.database.transaction() as conn:
            return list(await conn.fetch(sql))

    async def shoot(self, name: str, key: str) -> None:
        """One phone, with what it shows now."""
        await still(self.page)
        phone = await show(self.page, key)
        save(name, await phone.screenshot())


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    using = Settings()
    readers = photo_readers(using)
    served = demo(using.society(), folder, free_port(), free_port(), photo_readers=readers)
    try:
        async with served as running, chromium() as browser:
            page = await opened(browser, running.simulator.url, 1280, 1020, scale=2)
            studio = Studio(running, browser, page)
            for scene in SCENES:
                await scene(studio)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def opened(browser: Browser, address: str, width: int, height: int, scale: float = 1) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale, timezone_id="Asia/Kolkata"
    )
    page = await context.new_page()
    await open_phones(page, address)
    await still(page)
    return page


async def still(page: Page) -> None:
    """Until every picture is there and nothing moves."""
    await page.wait_for_load_state("load")
    for _ in range(20):
        if await page.evaluate("[...document.images].every(image => image.complete)"):
            break
        await page.wait_for_timeout(250)
    await page.wait_for_timeout(700)


def save(name: str, content: bytes) -> None:
    """Few colours: the pictures are for a page, not for print."""
    image = Image.open(BytesIO(content)).convert("RGB")
    target = FOLDER / f"{name}.png"
    for colours in (256, 128, 64):
        image.quantize(colours, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size < LARGEST:
            return
    raise ValueError(f"{name} is too large")


async def join(studio: Studio) -> None:
    await studio.shoot("engineer-joined", "ravi")


async def the_first_minute(studio: Studio) -> None:
    sample = next(iter(studio.demo.simulator.samples.values()))
    await studio.ravi.send_photo(draw_meter(sample), sample.caption)
    await studio.ravi.wait_for("saved")
    await studio.shoot("engineer-saved", "ravi")
    await studio.rekha.wait_for("Total")
    await studio.shoot("admin-card", "rekha")
    await studio.rekha.press("Approve")
    await studio.phone("sharma").wait_for("तक भरें")
    await studio.rekha.wait_for("delivered")
    await studio.shoot("admin-approved", "rekha")
    await studio.shoot("owner-bill-hi", "sharma")
    await first_views(studio)
    await second_owner(studio)


async def first_views(studio: Studio) -> None:
    """The whole page, on a laptop and on a phone."""
    address = studio.demo.simulator.url
    laptop = await opened(studio.browser, address, 1280, 860)
    save("demo-1280", await laptop.screenshot())
    small = await opened(studio.browser, address, 360, 740, scale=2)
    save("demo-360", await small.screenshot())
    await laptop.context.close()
    await small.context.close()


async def second_owner(studio: Studio) -> None:
    """Unfolded in a page of its own: four phones side by side are narrow."""
    page = await opened(studio.browser, studio.demo.simulator.url, 1660, 1020, scale=2)
    await page.get_by_test_id("unfold-sharma2").click()
    await replace(studio, page=page).shoot("owner-bill-en", "sharma2")
    await page.context.close()


async def bill_pages(studio: Studio) -> None:
    for key, width, height, name in (
        ("sharma", 360, 740, "bill-page-360-hi"),
        ("sharma2", 1280, 900, "bill-page-1280-en"),
    ):
        phone = studio.phone(key)
        await phone.send_text("/pay")
        ways = await phone.wait_for(lambda message: bool(PAGE.search(message.text)))
        address = PAGE.search(ways.text)
        context = await studio.browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1.5)
        page = await context.new_page()
        await page.goto(address[0] if address else "")
        await still(page)
        save(name, await page.screenshot(full_page=True))
        await context.close()


async def unusual(studio: Studio) -> None:
    await studio.ravi.send_text("D1-FF 1460")
    await studio.ravi.wait_for("look at the meter again")
    await studio.shoot("engineer-odd", "ravi")


async def photo_alone(studio: Studio) -> None:
    """A photo without words, read on this machine; then one that says something else than what was sent."""
    samples = list(studio.demo.simulator.samples.values())
    await studio.ravi.send_photo(draw_meter(samples[2]))
    await studio.ravi.wait_for("B17-SF: ", 60)
    await studio.shoot("engineer-photo", "ravi")
    await studio.ravi.send_text("112")
    await studio.ravi.wait_for("saved")
    await studio.ravi.send_photo(draw_meter(samples[2]), "B18-SF 140")
    await studio.ravi.wait_for("Please look again", 60)
    await studio.shoot("engineer-contradicted", "ravi")
    await studio.rekha.send_text("/check B18-SF")
    await studio.rekha.wait_for("B18-SF")
    await asyncio.sleep(8)
    await studio.shoot("admin-doubt", "rekha")
    for flat in ("B18-SF", "B17-SF"):
        await studio.ravi.send_text("/undo")
        await studio.ravi.wait_for(partial(_taken_back, flat))


def _taken_back(flat: str, message: SeenMessage) -> bool:
    return "Taken back" in message.text and flat in message.text


async def a_round(studio: Studio) -> None:
    await studio.ravi.send_text("/round")
    await studio.ravi.wait_for("or a photo")
    await studio.ravi.press("Can't read")
    await studio.ravi.wait_for("why?")
    await studio.shoot("engineer-round", "ravi")
    await studio.ravi.press("Locked")
    await studio.ravi.wait_for("or a photo")


async def lines(studio: Studio) -> None:
    await studio.ravi.send_text("B17-GF 251\nB71-SF 112\nB18-FF 247 motor 3.2\nC8-GF २९८\nC9-FF")
    await studio.ravi.wait_for("Saved")
    await studio.ravi.wait_for("Did you mean")
    await studio.shoot("engineer-lines", "ravi")


async def steps(studio: Studio) -> None:
    await studio.ravi.send_text("/read")
    await studio.ravi.wait_for("Which block?")
    await studio.ravi.send_text("D2")
    await studio.ravi.wait_for("Which flat of D2?")
    await studio.shoot("engineer-steps", "ravi")


async def normal_ones(studio: Studio) -> None:
    """Nearly the whole society is read; the office approves the normal ones in one press."""
    rows = await studio.query(
        """select f.code, round(avg(r.reading_value)) as units from flats f join meters m on m.flat_id = f.id
           join readings r on r.meter_id = m.id where r.state <> 'pending' and f.code not like 'C8-%'
           and not exists (select from readings n where n.meter_id = m.id
                           and n.reading_date > now() - interval '5 days')
           group by f.id order by f.id limit 125"""
    )
    texts = [f"{row['code']} {row['units'] + 1}" for row in rows]
    for start in range(0, len(texts), 50):
        await studio.ravi.send_text("\n".join(texts[start : start + 50]))
        await studio.ravi.wait_for("Saved", 60)
    await asyncio.sleep(2.5)
    await studio.rekha.send_text("/pending")
    await studio.rekha.wait_for("wait, ")
    await studio.shoot("admin-inbox", "rekha")
    await studio.rekha.press("normal")
    await studio.rekha.wait_for("in all")
    await studio.shoot("admin-offer", "rekha")
    await studio.rekha.press("Approve ")
    await studio.rekha.wait_for("readings approved", 30)
    await studio.shoot("admin-batch", "rekha")
    await studio.rekha.press("Undo ")
    await studio.rekha.wait_for("Undone by")


async def collision(studio: Studio) -> None:
    """A second bill for a month that has one: run it on any day but the first of a month."""
    await studio.ravi.send_text("C8-FF 140 on yesterday")
    await approve(studio, "140 units")
    await studio.rekha.wait_for("Approved by")
    await studio.ravi.send_text("C8-FF 60")
    await approve(studio, "60 units")
    await studio.rekha.wait_for("Store a further one?")
    await studio.shoot("admin-collision", "rekha")


async def approve(studio: Studio, units: str) -> None:
    """The only reading that waits."""
    await studio.ravi.wait_for(lambda message: "saved" in message.text.lower())
    await studio.rekha.send_text("/pending")
    card = await studio.rekha.wait_for(units)
    await studio.rekha.press("Approve", within=card)


async def search(studio: Studio) -> None:
    await studio.rekha.send_text("/find B17")
    await studio.rekha.wait_for("B17-SF")
    await studio.rekha.press("B17-FF")
    await studio.rekha.wait_for("Owner: ")
    await studio.shoot("admin-flat", "rekha")


Scene = Callable[[Studio], Awaitable[None]]
SCENES: tuple[Scene, ...] = (
    join,
    photo_alone,
    the_first_minute,
    bill_pages,
    collision,
    unusual,
    a_round,
    lines,
    steps,
    normal_ones,
    search,
)

if __name__ == "__main__":
    asyncio.run(main())
