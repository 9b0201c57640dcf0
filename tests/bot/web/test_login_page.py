"""Admins who log in (attack 1): the way there and back through real HTTP, and everything that must bind nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.bootstrap import login_provider
from tests.journeys.browser import axe_violations, chromium
from tests.journeys.stage import free_port, staged
from tests.logins import CLAIM, CLIENT, RULES, Browser, Office, office

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the provider, within itself
    pytest.mark.timeout(300),
]


@pytest.fixture
async def at(dsn: str) -> AsyncIterator[Office]:
    async with office(dsn) as made:
        yield made


async def test_an_admin_logs_in_once_and_works(at: Office) -> None:
    rekha = at.stage.rekha
    link = await at.link(rekha)
    page = await at.browser.open(link)
    assert (page.status, "Telegram chat of Rekha" in page.text) == (200, True)
    led = await at.browser.press(link)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(led.address).query).items()}
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{at.stage.service.address}/login/callback"
    done = await at.browser.open(await at.browser.log_in(led.address, "rekha"))
    assert (done.status, "Logged in until" in done.text, "Back to the chat" in done.text) == (200, True, True)
    await rekha.wait_for("You are logged in until 2 Dec 2026")
    await rekha.send_text("/quote B17-FF 146 3.2")
    await rekha.wait_for("B17-FF: ₹3,264.40")
    assert await at.bindings() == [("Rekha", "rekha")]
    assert await at.stage.value("select actor from audit where action = 'admin.logged_in'") == "Rekha"


async def test_only_the_button_and_the_way_back_change_anything(at: Office) -> None:
    """Link previews fetch addresses; a page elsewhere may send a form."""
    link = await at.link(at.stage.rekha)
    before = await at.stage.rows("select * from admin_logins")
    for method in ("GET", "HEAD"):
        async with at.browser.session.request(method, link) as answer:
            assert (answer.status, "Set-Cookie" in answer.headers) == (200, False)
    elsewhere = await at.browser.press(link, headers={"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status, "Nothing was changed." in elsewhere.text) == (403, True)
    assert await at.stage.rows("select * from admin_logins") == before
    back = f"{at.stage.service.address}/login/callback"
    async with at.browser.session.head(back) as answer:
        assert answer.status == 404
    assert (await at.browser.through(link, "rekha")).status == 200


async def test_what_the_pages_may_do_in_a_browser(at: Office) -> None:
    link = await at.link(at.stage.rekha)
    page, led = await at.browser.open(link), await at.browser.press(link)
    policy = page.headers["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        f"form-action 'self' https: {at.provider}",
    ):
        assert part in policy
    for answer in (page, led, await at.browser.open(f"{link}x")):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    cookie = led.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=600"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "script" not in page.text


async def test_over_https_the_cookie_is_secure(dsn: str) -> None:
    """As behind a proxy that does the https."""
    async with office(dsn, replace(RULES, public_url="https://bills.example.org")) as at:
        link = await at.link(at.stage.rekha)
        assert link.startswith("https://bills.example.org/login/")
        led = await at.browser.press(link.replace("https://bills.example.org", at.stage.service.address))
        assert "Secure" in led.headers["Set-Cookie"]
        assert "redirect_uri=https%3A%2F%2Fbills.example.org%2Flogin%2Fcallback" in led.address


async def begun(at: Office, browser: Browser, who: str = "rekha") -> str:
    """The address that leads back to us, of a login for Rekha's chat."""
    led = await browser.press(await at.link(at.stage.rekha))
    return await browser.log_in(led.address, who)


async def test_a_way_back_that_is_not_the_one_begun_here(at: Office) -> None:
    back = await begun(at, at.browser)
    other_browser = await at.browse().open(back)
    assert (other_browser.status, "was begun in another browser" in other_browser.text) == (403, True)
    other_state = await at.browser.open(back.replace("state=", "state=0"))
    assert other_state.status == 403
    assert await at.bindings() == []
    again = await begun(at, at.browser)
    at.stage.clock.move(minutes=11)
    assert (await at.browser.open(again)).status == 403
    for rubbish in ("", "?state=", "?state=%00%ff&code=%00", f"?state={'x' * 5000}&code=x"):
        assert (await at.browser.open(f"{at.stage.service.address}/login/callback{rubbish}")).status == 403
    assert await at.bindings() == []


async def test_it_comes_back_once(at: Office) -> None:
    """Also where it came to nothing: the role may be given meanwhile, but not to this way back."""
    browser = at.browse()
    await at.may("rekha", "owner")
    refused = await browser.press(await at.link(at.stage.rekha))
    back = await browser.log_in(refused.address, "rekha")
    cookie = {"Cookie": refused.headers["Set-Cookie"].partition(";")[0]}
    assert "is no admin's" in (await browser.open(back)).text
    assert "has come back twice" in (await browser.open(back, headers=cookie)).text
    await at.may("rekha", "admin")
    led = await browser.press(link := await at.link(at.stage.rekha))
    secret = led.headers["Set-Cookie"].partition(";")[0]
    back = await browser.log_in(led.address, "rekha")
    assert (await browser.open(back)).status == 200
    assert (await browser.open(back, headers={"Cookie": secret})).status == 403
    used = await browser.open(link)
    assert (used.status, "no longer works" in used.text) == (404, True)
    assert (await browser.press(link)).status == 404
    assert await at.stage.value("select count(*) from admin_bindings") == 1


async def test_an_address_is_for_its_time_and_its_chat(at: Office) -> None:
    link = await at.link(at.stage.rekha)
    assert (await at.browser.open(f"{link}x")).status == 404
    at.stage.clock.move(minutes=16)
    for seen in (await at.browser.open(link), await at.browser.press(link)):
        assert (seen.status, "/login" in seen.text) == (404, True)
    fresh = await at.link(at.stage.rekha, "/login")
    await at.stage.conn.execute(
        "update chat_identities set person_id = null where person_id = $1", at.stage.town.rekha.person_id
    )
    assert (await at.browser.press(fresh)).status == 404


async def test_who_is_no_admin_there_is_none_here(at: Office) -> None:
    for claim in (None, False, "owner", "admins", "not-admin", ["administrator"], {"admin": True}, 1, "true", []):
        await at.may("rekha", claim)
        seen = await at.browser.open(await begun(at, at.browser))
        assert (claim, seen.status, "is no admin's" in seen.text) == (claim, 403, True)
    assert await at.bindings() == []
    why = "select distinct after ->> 'why' from audit where action = 'admin.login_refused'"
    assert await at.stage.rows(why) == [("the login is no admin's",)]


async def test_one_login_is_one_persons(at: Office) -> None:
    """Somebody who passes their address on gets nothing by it, not even when the other's own login has expired."""
    await at.enter(at.stage.mohan, "mohan")
    at.stage.clock.move(days=31)
    await at.stage.settled()
    seen = await at.browser.through(await at.link(at.stage.rekha), "mohan")
    assert (seen.status, "another person's" in seen.text) == (403, True)
    assert await at.bindings() == []
    assert (await at.browser.through(await at.link(at.stage.rekha), "rekha")).status == 200


async def test_a_login_that_is_refused_there(at: Office) -> None:
    led = await at.browser.press(await at.link(at.stage.rekha))
    back = await at.browser.log_in(led.address, "rekha", action="deny")
    state = parse_qs(urlsplit(led.address).query)["state"][0]
    given = back if "state=" in back else f"{back}&state={state}"
    seen = await at.browser.open(given)
    assert (seen.status, "You were not logged in" in seen.text) == (403, True)
    assert await at.bindings() == []


async def test_a_provider_that_does_not_answer(dsn: str) -> None:
    login = login_provider(f"http://127.0.0.1:{free_port()}", CLIENT, None, CLAIM)
    async with aiohttp.ClientSession() as session, staged(dsn, rules=RULES, login=login) as stage:
        at = Office(stage, "", Browser(session, ""), lambda: Browser(session, ""))
        seen = await at.browser.press(await at.link(stage.rekha))
        assert (seen.status, "did not answer" in seen.text, "Ref " in seen.text) == (503, True, True)


async def test_nothing_secret_is_written_down(at: Office) -> None:
    with capture_logs() as logs:
        link = await at.link(at.stage.rekha)
        led = await at.browser.press(link)
        secret = led.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
        back = await at.browser.log_in(led.address, "rekha")
        await at.browse().open(back)
        assert (await at.browser.open(back)).status == 200
        await at.stage.settled()
    said = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    asked = parse_qs(urlsplit(led.address).query)
    hidden = (link.rpartition("/")[2], secret, said["code"], said["state"], asked["nonce"][0])
    tables = await at.stage.rows(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    rows = [await at.stage.rows(f"select t::text from {name} t") for (name,) in tables]  # noqa: S608 - our own tables
    held = f"{logs}{rows}"
    assert [one for one in hidden if one in held] == []


@pytest.mark.slow
async def test_in_a_real_browser_without_scripts(at: Office) -> None:
    """The policy of our page lets the form lead to the provider; nothing needs JavaScript; axe finds nothing."""
    link = await at.link(at.stage.rekha)
    async with chromium() as browser:
        async with await browser.new_context(viewport={"width": 360, "height": 700}) as looked:
            page = await looked.new_page()
            for address in (link, f"{link}x"):
                await page.goto(address)
                assert await axe_violations(page) == []
        async with await browser.new_context(java_script_enabled=False) as context:
            page = await context.new_page()
            await page.goto(link)
            await page.get_by_role("button", name="Log in").click()
            await page.locator("input[name=sub]").fill("rekha")
            await page.locator("button[type=submit], input[type=submit], form button").first.click()
            await page.get_by_role("heading", name="Logged in until").wait_for()
    assert await at.bindings() == [("Rekha", "rekha")]
