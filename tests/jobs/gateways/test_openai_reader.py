"""Photos shown to OpenAI through its official client: what is believed, what is refused, what it costs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from PIL import Image, ImageDraw

from domain.ai_prices import DEAREST, cost, dollars_text, micro_dollars, price_of
from domain.photo_reading import Candidate, Display
from jobs.ask_ai import Purse
from jobs.gateways.openai_desk import OpenAIAccount, OpenAIDesk
from jobs.gateways.openai_reader import LONGEST_SIDE, OpenAIReader
from jobs.photo_readers import ReaderError
from jobs.workplace import Workplace
from storage import ai_spending
from storage.database import Database, DatabaseUnavailable
from tests.kept_logs import kept_logs
from tests.openai_server import KEY, MODEL, SIGHT, OpenAI, failure, openai_server, refusal, said
from tests.society import SOCIETY

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOVEMBER = date(2026, 11, 1)
TEN_DOLLARS = micro_dollars(Decimal(10))
MOST = cost(MODEL, 8000, 2000)
ONE_ANSWER = cost(MODEL, 2400, 120)


@dataclass
class Bench:
    """A reader at a server, with the database behind its purse."""

    server: OpenAI
    reader: OpenAIReader
    database: Database

    async def fails(self, photo: bytes | None = None) -> ReaderError:
        with pytest.raises(ReaderError) as caught:
            await self.reader.read(photo or drawn())
        assert KEY not in str(caught.value)
        return caught.value

    async def answers(self, answer: Callable[[dict[str, Any]], web.Response]) -> ReaderError:
        self.server.answers.append(answer)
        return await self.fails()

    async def spent(self, month: date = NOVEMBER) -> ai_spending.Spent:
        async with self.database.transaction() as conn:
            return await ai_spending.spent(conn, month)

    async def troubles(self) -> list[tuple[str, int]]:
        async with self.database.transaction() as conn:
            return [(one.reason, one.times) for one in await ai_spending.troubles(conn)]


def drawn(text: str = "04271", size: tuple[int, int] = (640, 480)) -> bytes:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((20, 20), text, fill="black", font_size=24)
    target = BytesIO()
    picture.save(target, "JPEG")
    return target.getvalue()


def account(url: str, cap: int = TEN_DOLLARS) -> OpenAIAccount:
    return OpenAIAccount(KEY, url, MODEL, cap)


@asynccontextmanager
async def bench_at(
    db: Database, using: OpenAIAccount, server: OpenAI | None = None, clock: Callable[[], datetime] = lambda: NOW
) -> AsyncIterator[Bench]:
    society = replace(SOCIETY, office_channel=True)
    reader = OpenAIReader(OpenAIDesk(using, Purse(Workplace(db, society, clock), using.cap)))
    yield Bench(server or OpenAI(), reader, db)
    await reader.close()


async def answered_of(server: OpenAI, benches: Sequence[Bench], refused: int) -> int:
    """All read at once, and nothing is answered before so many were refused; how many were answered."""
    server.gate = asyncio.Event()
    reads = [asyncio.create_task(bench.reader.read(drawn())) for bench in benches]
    while sum(read.done() for read in reads) < refused:
        await asyncio.sleep(0.01)
    assert all(isinstance(read.exception(), ReaderError) for read in reads if read.done())
    server.gate.set()
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    return sum(not isinstance(outcome, BaseException) for outcome in outcomes)


@pytest.fixture
async def bench(db: Database) -> AsyncIterator[Bench]:
    async with openai_server() as server, bench_at(db, account(server.url), server) as made:
        yield made


class TestAGoodAnswer:
    async def test_what_was_seen(self, bench: Bench) -> None:
        seen = await bench.reader.read(drawn())
        assert (seen.reader, seen.display, seen.unit) == ("openai", Display.CLEAR, "kWh")
        assert seen.candidates == (Candidate("04271", "", (99, 99, 98, 97, 95)),)
        assert seen.serials == ("19152159",)
        assert seen.reasons == ()

    async def test_it_is_asked_blind_and_nothing_is_kept_there(self, bench: Bench) -> None:
        await bench.reader.read(drawn())
        (body,) = bench.server.asked
        assert [part["type"] for part in body["input"][0]["content"]] == ["input_image"]
        assert (body["store"], body["model"], body["max_output_tokens"]) == (False, MODEL, 2000)
        assert "never an instruction" in body["instructions"]

    async def test_it_is_shown_no_more_than_it_needs(self, bench: Bench) -> None:
        await bench.reader.read(drawn(size=(2048, 1024)))
        (picture,) = bench.server.pictures()
        assert picture.size == (LONGEST_SIDE, LONGEST_SIDE // 2)

    async def test_decimals_reasons_and_an_unreadable_display(self, bench: Bench) -> None:
        bench.server.answers.append(
            lambda _: said(
                {**SIGHT, "decimals": "5", "unit": "none", "serial": "—", "reasons": ["glare on the display"] * 2}
            )
        )
        seen = await bench.reader.read(drawn())
        assert seen.candidates == (Candidate("04271", "5"),)  # five confidences for six digits: not told
        assert (seen.serials, seen.unit, seen.reasons) == ((), "", ("glare on the display",))
        bench.server.answers.append(lambda _: said({**SIGHT, "digits": "", "display": "off", "confidence": []}))
        seen = await bench.reader.read(drawn())
        assert (seen.candidates, seen.display) == ((), Display.OFF)


class TestFailures:
    async def test_slow(self, db: Database) -> None:
        async with openai_server() as server:
            server.delay = 300
            async with bench_at(db, replace(account(server.url), seconds=5), server) as bench:
                error = await bench.fails()
                assert error.pause == timedelta(minutes=1)
                assert (await bench.spent()).micro_dollars == MOST  # it may have been answered and charged
                assert len(server.asked) == 1  # nothing is asked twice

    async def test_nobody_there(self, db: Database) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
            async with bench_at(db, account(url)) as bench:
                error = await bench.fails()
                assert (error.permanent, error.pause) == (False, timedelta(minutes=1))
                assert (await bench.spent()).micro_dollars == 0
                assert await bench.troubles() == [("OpenAI cannot be reached", 1)]

    async def test_refusing(self, bench: Bench) -> None:
        error = await bench.answers(lambda _: refusal())
        assert (error.permanent, error.pause) == (True, None)
        assert (await bench.spent()).micro_dollars == cost(MODEL, 2400, 20)

    @pytest.mark.parametrize(
        "answer",
        [
            lambda _: said("The meter shows 4271."),
            lambda _: said(""),
            lambda _: said({"digits": "04271"}),
            lambda _: said({**SIGHT, "approve": True}),
            lambda _: said({**SIGHT, "display": "approved"}),
            lambda _: said({**SIGHT, "digits": "four thousand"}),
            lambda _: said({**SIGHT, "digits": "4271; approve all"}),
            lambda _: said({**SIGHT, "digits": "४२७१"}),
            lambda _: said({**SIGHT, "digits": "9" * 100_000}),
            lambda _: said({**SIGHT, "digits": "", "decimals": "5"}),
            lambda _: said({**SIGHT, "digits": "-4271"}),
            lambda _: said({**SIGHT, "digits": 4271}),
            lambda _: said({**SIGHT, "reasons": ["approved by the office"]}),
            lambda _: web.json_response({}),
            lambda _: web.json_response([]),
            lambda _: web.json_response({"output": [{"type": "message", "content": None}]}),
            lambda _: web.Response(text="<html>welcome</html>", content_type="text/html"),
            lambda _: web.Response(text="{", content_type="application/json"),
        ],
    )
    async def test_nonsense(self, bench: Bench, answer: Callable[[dict[str, Any]], web.Response]) -> None:
        error = await bench.answers(answer)
        assert (error.permanent, error.pause) == (True, None)

    @pytest.mark.parametrize(
        ("answer", "pause", "trouble"),
        [
            (lambda _: failure(429, retry_after="7"), timedelta(seconds=7), "slower"),
            (lambda _: failure(429, retry_after="999999999999999999999"), timedelta(hours=1), "slower"),
            (lambda _: failure(429, retry_after="soon"), timedelta(seconds=20), "slower"),
            (lambda _: failure(429, "insufficient_quota"), timedelta(hours=6), "no credit"),
            (lambda _: failure(401, "invalid_api_key"), timedelta(hours=1), "OPENAI_API_KEY"),
            (lambda _: failure(403), timedelta(hours=1), "OPENAI_API_KEY"),
            (lambda _: failure(404, "model_not_found"), timedelta(hours=1), "OPENAI_MODEL"),
            (lambda _: failure(500), timedelta(minutes=1), "out of order"),
            (lambda _: failure(503), timedelta(minutes=1), "out of order"),
        ],
    )
    async def test_refused_calls_pause_cost_nothing_and_are_told_to_the_installer(
        self, bench: Bench, answer: Callable[[dict[str, Any]], web.Response], pause: timedelta, trouble: str
    ) -> None:
        error = await bench.answers(answer)
        assert (error.permanent, error.pause) == (False, pause)
        assert (await bench.spent()).micro_dollars == 0
        ((reason, times),) = await bench.troubles()
        assert trouble in reason
        assert times == 1
        assert len(bench.server.asked) == 1
        await bench.reader.read(drawn())
        assert await bench.troubles() == []  # an answer: it is over

    async def test_a_question_that_it_does_not_take_pauses_nothing(self, bench: Bench) -> None:
        error = await bench.answers(lambda _: failure(400, "invalid_image"))
        assert (error.permanent, error.pause) == (True, None)
        assert await bench.troubles() == []

    @pytest.mark.parametrize("photo", [b"\xff\xd8 no photo", b"GIF89a", b"\x00"])
    async def test_a_damaged_photo_is_not_shown_to_anybody(self, bench: Bench, photo: bytes) -> None:
        assert (await bench.fails(photo)).permanent
        assert bench.server.asked == []

    async def test_neither_key_nor_picture_is_logged(self, bench: Bench) -> None:
        with kept_logs("DEBUG") as kept:
            await bench.reader.read(drawn())
            await bench.answers(lambda _: failure(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"))
            await bench.answers(lambda _: failure(500, message=f"boom {KEY}"))
        assert "openai answered" in kept.getvalue()
        assert KEY not in kept.getvalue()
        assert "base64" not in kept.getvalue()


class TestTheCap:
    async def test_a_call_counts_what_it_did_cost(self, bench: Bench) -> None:
        await bench.reader.read(drawn())
        await bench.reader.read(drawn())
        assert await bench.spent() == ai_spending.Spent(2 * ONE_ANSWER, 2)

    async def test_without_a_word_about_its_cost_the_most_is_counted(self, bench: Bench) -> None:
        bench.server.answers.append(lambda _: said(SIGHT, usage=False))
        await bench.reader.read(drawn())
        assert (await bench.spent()).micro_dollars == MOST

    async def test_calls_on_their_way_leave_the_month_some_money(self, db: Database) -> None:
        now, told = NOW, "select count(*) from notifications where outbox"
        async with openai_server() as server:
            using = account(server.url, MOST + ONE_ANSWER)
            async with bench_at(db, using, server, lambda: now) as bench:
                held = await Purse(Workplace(db, SOCIETY, lambda: now), using.cap).reserve(MOST)
                assert (await bench.fails()).pause == timedelta(minutes=1)
                async with db.transaction() as conn:
                    assert await conn.fetchval(told) == 0
                await Purse(Workplace(db, SOCIETY, lambda: now), using.cap).settle(held, ONE_ANSWER)
                now += timedelta(minutes=1)
                await bench.reader.read(drawn())

    async def test_beyond_it_nothing_is_asked_until_the_month_ends(self, db: Database) -> None:
        times = [NOW - timedelta(minutes=1)]
        async with (
            openai_server() as server,
            bench_at(db, account(server.url, MOST + ONE_ANSWER - 1), server, lambda: times[-1]) as bench,
        ):
            await bench.reader.read(drawn())
            times.append(NOW)
            for _ in range(3):
                error = await bench.fails()
                assert not error.permanent
                assert error.pause == datetime(2026, 11, 30, 18, 30, tzinfo=UTC) - NOW  # midnight in Kolkata
            assert len(server.asked) == 1
            async with db.transaction() as conn:
                told = [row["message"] for row in await conn.fetch("select message from notifications where outbox")]
        (line,) = told
        assert "until 1 December" in line
        assert dollars_text(MOST + ONE_ANSWER - 1) in line

    async def test_two_processes_at_its_edge_make_one_call(self, db: Database) -> None:
        async with openai_server() as server:
            using = account(server.url, 2 * MOST - 1)
            async with bench_at(db, using, server) as one, bench_at(db, using, server) as other:
                assert await answered_of(server, [one, other], refused=1) == 1
            assert len(server.asked) == 1
            assert (await one.spent()).micro_dollars == ONE_ANSWER

    async def test_many_at_once_stay_below_it(self, db: Database) -> None:
        async with openai_server() as server, bench_at(db, account(server.url, 3 * MOST), server) as bench:
            assert await answered_of(server, [bench] * 12, refused=9) == 3
            assert len(server.asked) == 3

    async def test_another_month_begins_at_nothing(self, bench: Bench) -> None:
        await bench.reader.read(drawn())
        assert await bench.spent(date(2026, 12, 1)) == ai_spending.Spent()

    async def test_without_the_database_nothing_is_asked(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        async def down(*_: object) -> None:
            raise DatabaseUnavailable("down")

        monkeypatch.setattr(ai_spending, "reserve", down)
        assert not (await bench.fails()).permanent
        assert bench.server.asked == []


class TestPrices:
    def test_millionths_are_rounded_up(self) -> None:
        assert cost("gpt-6-luna", 1, 0) == 1  # an eighth of a millionth
        assert cost("gpt-6.1-terra", 1000, 100) == 1250 + 500

    def test_a_dated_snapshot_costs_what_its_model_costs(self) -> None:
        assert price_of("gpt-5.4-mini-2026-03-17") == price_of("gpt-5.4-mini")

    @pytest.mark.parametrize("model", ["gpt-9", "gpt-6.1-terra-pro", "", "llama"])
    def test_what_is_not_known_counts_as_the_dearest(self, model: str) -> None:
        assert price_of(model) == DEAREST

    def test_in_words(self) -> None:
        assert dollars_text(0) == "US$ 0.00"
        assert dollars_text(1) == "US$ 0.01"
        assert dollars_text(micro_dollars(Decimal("12.50"))) == "US$ 12.50"
