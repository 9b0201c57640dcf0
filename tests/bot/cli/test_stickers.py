"""`billing stickers`: a PDF of QR stickers, a sheet for each block."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from jobs.documents import page_count
from tests.bot.cli.conftest import Billing


def test_one_block(seeded: Billing, tmp_path: Path) -> None:
    file = tmp_path / "stickers.pdf"
    told = seeded("stickers", "--block", "b17", "-o", str(file))
    assert told.code == 0
    assert "3 stickers in 1 block. Printed again, they stay the same." in told.out
    assert "They open no chat yet" in told.err
    assert page_count(file.read_bytes()) == 1


@pytest.fixture
async def on_telegram(seeded: Billing, dsn: str) -> tuple[Billing, int]:
    """A society that has been on Telegram, and how many meters it has in use."""
    conn = await asyncpg.connect(dsn)
    await conn.execute("insert into channel_accounts (channel, name) values ('telegram', 'example_bot')")
    count: int = await conn.fetchval("select count(*) from meters where status = 'active'")
    await conn.close()
    return seeded, count


def test_every_block_has_its_sheet_and_links_of_ours(on_telegram: tuple[Billing, int], tmp_path: Path) -> None:
    billing, meters = on_telegram
    file = tmp_path / "stickers.pdf"
    told = billing("stickers", "-o", str(file))
    assert (told.code, told.err) == (0, "")
    assert f"{meters} stickers in " in told.out
    blocks = int(told.out.split(" stickers in ")[1].split()[0])
    assert page_count(file.read_bytes()) >= blocks > 1


def test_a_block_that_is_not_there(seeded: Billing, tmp_path: Path) -> None:
    told = seeded("stickers", "--block", "Z9", "-o", str(tmp_path / "stickers.pdf"))
    assert told.code == 1
    assert "There is no meter in block Z9. There are: " in told.err
    assert "MOTORS" in told.err
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_file_that_is_there_stays(seeded: Billing, tmp_path: Path) -> None:
    file = tmp_path / "mine.pdf"
    file.write_text("mine")
    told = seeded("stickers", "-o", str(file))
    assert told.code == 1
    assert "is there already" in told.err
    assert file.read_text() == "mine"


@pytest.mark.parametrize("wrong", [(), ("--block",), ("B17",)])
def test_wrong_usage(billing: Billing, wrong: tuple[str, ...]) -> None:
    assert billing("stickers", *wrong).code == 2
