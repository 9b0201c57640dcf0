"""The control routes, the page's stream, and who may reach them."""

import asyncio
import base64
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

import aiohttp
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.simulator import DEMO_TOKEN, Phone, RealTokenError, Simulator, refuse_beside_real_token
from tests.bot.simulator.conftest import picture


@pytest.fixture
async def http(sim: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sim.url) as session:
        yield session


async def post(http: aiohttp.ClientSession, path: str, status: int = 200, **body: object) -> object:
    async with http.post(f"/sim/{path}", json=body) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if status == 200 else await answer.text()


async def test_everything_a_phone_does_by_http(http: aiohttp.ClientSession, ravi: Phone, bot: Bot) -> None:
    picture64 = base64.b64encode(picture()).decode()
    await post(http, "phones/ravi/start", payload="abc")
    await post(http, "phones/ravi/text", text="B17-FF 146")
    await post(http, "phones/ravi/edit", message_id=2, text="B17-FF 147")
    await post(http, "phones/ravi/photo", sample="b17-ff", caption="B17-FF 146")
    await post(http, "phones/ravi/album", photos=[{"data": picture64}, {"data": picture64, "caption": "x"}])
    await post(http, "phones/ravi/document", data=picture64, name="a.xlsx")
    await post(http, "phones/ravi/contact", own=False, phone_number="+447700900199", first_name="Other")
    button = InlineKeyboardButton("Yes", callback_data="y")
    await bot.send_message(ravi.home.id, "sure?", reply_markup=InlineKeyboardMarkup([[button]]))
    await post(http, "phones/ravi/press", button="Yes")
    await post(http, "phones/ravi/offline", offline=True)
    assert ravi.is_offline
    await post(http, "phones/ravi/offline", offline=False)
    await post(http, "phones/ravi/block", blocked=True)
    assert ravi.home.blocked
    assert len(await bot.get_updates()) == 10
    assert ravi.messages[1].text == "B17-FF 147"


async def test_mistakes_are_answered_with_words(http: aiohttp.ClientSession) -> None:
    assert "No such phone" in str(await post(http, "phones/nobody/text", 404, text="x"))
    assert "No such action" in str(await post(http, "phones/ravi/dance", 404))
    assert "sees no button" in str(await post(http, "phones/ravi/press", 400, button="x"))
    assert "not base64" in str(await post(http, "phones/ravi/photo", 400, data="%%%"))
    assert "2 to 10" in str(await post(http, "phones/ravi/album", 400, photos=[]))
    async with http.post("/sim/phones/ravi/text", data={"text": "x"}) as answer:
        assert answer.status == 415


async def test_waiting_by_http(http: aiohttp.ClientSession, started: Phone, bot: Bot) -> None:
    await bot.send_message(started.home.id, "here it is")
    async with http.get("/sim/phones/ravi/wait", params={"text": "it is"}) as answer:
        assert (await answer.json())["raw"]["text"] == "here it is"
    async with http.get("/sim/phones/ravi/wait", params={"text": "no", "timeout": "0.05"}) as answer:
        assert answer.status == 404


async def test_the_page_hears_what_happens(http: aiohttp.ClientSession, ravi: Phone, bot: Bot) -> None:
    async with http.get("/sim/events") as stream:
        await stream.content.readuntil(b"\n\n")
        await ravi.start()
        await bot.send_message(ravi.home.id, "hello")
        await bot.send_chat_action(ravi.home.id, "typing")
        heard = []
        async with asyncio.timeout(5):
            while "action" not in heard:
                event = (await stream.content.readuntil(b"\n\n")).decode()
                heard.append(event.partition("\n")[0].removeprefix("event: "))
    assert {"message", "phone", "request", "action"} <= set(heard)


async def test_the_coach_moves_on(http: aiohttp.ClientSession, sim: Simulator, ravi: Phone) -> None:
    assert sim.coach.position == 0
    await ravi.send_text("not yet")
    assert sim.coach.position == 0
    await post(http, "phones/ravi/photo", sample="b17-ff", caption="B17-FF 146")
    assert sim.coach.position == 1
    async with http.get("/sim/state") as answer:
        assert (await answer.json())["coach"]["phone"] == "rekha"


async def test_faults_by_http(http: aiohttp.ClientSession, sim: Simulator) -> None:
    await post(http, "faults", shares={"429": 1}, deliver_twice=True, delay_seconds=0.5, real_limits=True)
    assert sim.account.updates.deliver_twice
    assert sim.account.rates.enabled
    shown = await post(http, "faults", clear=True)
    assert isinstance(shown, dict)
    assert shown["shares"] == {"429": 0, "502": 0, "reset": 0, "lost_answer": 0}
    assert not shown["deliver_twice"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"shares": {"teapot": 1}}, "teapot"),
        ({"shares": ["429"]}, "list"),
        ({"shares": {"429": None}}, "NoneType"),
        ({"next": ["429", "teapot"]}, "teapot"),
        ({"next": 5}, "int"),
        ({"delay_seconds": "soon"}, "soon"),
        ({"delay_seconds": "nan"}, "delay_seconds must be 0 to 3600 seconds"),
        ({"retry_after": -1}, "retry_after must be"),
        ({"seed": "x"}, "x"),
    ],
)
async def test_faults_that_are_none_are_refused_with_the_reason(
    http: aiohttp.ClientSession, sim: Simulator, asked: dict[str, object], said: str
) -> None:
    answer = await post(http, "faults", 400, hold_seconds=5, **asked)
    assert said in str(answer)
    assert sim.faults.hold_seconds == 30
    assert not sim.faults.planned


async def test_what_is_no_json_is_refused(http: aiohttp.ClientSession) -> None:
    for kind in ("application/json", "application/json; charset=nonsense"):
        async with http.post("/sim/faults", data=b"{delay", headers={"Content-Type": kind}) as answer:
            assert (answer.status, await answer.text()) == (400, "This is not JSON")
    async with http.get("/sim/phones/ravi/wait", params={"timeout": "long"}) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
async def test_other_sites_are_kept_out(http: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    async with http.get("/sim/state", headers=headers) as answer:
        assert answer.status == 403


async def test_the_page_and_its_parts_are_served(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/static/base.css", "/page/app.js", "/page/style.css", "/sim/samples/b17-gf.jpg"):
        async with http.get(path) as answer:
            assert answer.status == 200, path
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_loopback_only(sim: Simulator) -> None:
    assert sim._runner is not None
    assert [address[0] for address in sim._runner.addresses] == ["127.0.0.1"]


def test_not_beside_a_real_token() -> None:
    refuse_beside_real_token(None)
    refuse_beside_real_token("")
    refuse_beside_real_token(DEMO_TOKEN)
    with pytest.raises(RealTokenError, match="TELEGRAM_BOT_TOKEN is set"):
        refuse_beside_real_token("123456:real")


async def test_in_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot.simulator", stdout=PIPE)
    try:
        assert process.stdout is not None
        addresses = json.loads(await process.stdout.readline())
        async with Bot(addresses["token"], base_url=addresses["base_url"]) as bot:
            assert bot.username == "blessings_billing_bot"
    finally:
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
