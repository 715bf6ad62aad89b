"""Signing in: who gets to the pages where requests need a key, and who does not."""

import pytest
from playwright.async_api import expect

from tests.app.conftest import REQUEST, client, served
from tests.app.security.conftest import Ring

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = {"origin": "http://service"}


@pytest.fixture
def ring(tmp_path) -> Ring:
    return Ring(tmp_path / "keys.json")


async def test_a_browser_signs_in_and_out(pool, visit, ring):
    token = ring.make()
    async with served(ring.serve(pool, "hello")) as (host, port):
        url = f"http://{host}:{port}"
        page = await visit(f"{url}/console/runs")
        await expect(page.locator("h1")).to_have_text("Sign in")
        await page.fill("[name=key]", token)
        await page.press("[name=key]", "Enter")
        await expect(page.locator("h1")).to_have_text("Runs")
        assert await page.evaluate("document.cookie") == ""
        cookie = (await page.context.cookies(f"{url}/console"))[0]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert await page.context.cookies(f"{url}/runs") == []
        await page.click("text=Sign out")
        await expect(page.locator("h1")).to_have_text("Sign in")
        await page.goto(f"{url}/console")
        await expect(page.locator("h1")).to_have_text("Sign in")


async def test_the_cookie_counts_for_the_console_alone(pool, ring):
    token = ring.make()
    async with client(ring.serve(pool, "hello")) as http:
        form = {"key": token, "next": "/console/runs"}
        signed = await http.post("/console/sign-in", data=form, headers=HOME)
        assert (signed.status_code, signed.headers["location"]) == (303, "/console/runs")
        cookie = {"cookie": signed.headers["set-cookie"].split(";")[0]}
        assert (await http.get("/console/runs", headers=cookie)).status_code == 200
        assert (await http.get("/runs", headers=cookie)).status_code == 401
        assert (await http.post("/solve", json=REQUEST, headers=cookie)).status_code == 401


async def test_a_foreign_page_starts_nothing_with_the_cookie(pool, ring):
    cookie = {"cookie": f"modulo_key={ring.make()}", "origin": "https://evil.example"}
    form = {"domain": "word", "do": "solve", "problem.word": "hello"}
    async with client(
        ring.serve(pool, "hello", security={"cors_origins": ("https://evil.example",)})
    ) as http:
        for path in ("/console/try", "/console/sign-in", "/console/sign-out"):
            assert (await http.post(path, data=form, headers=cookie)).status_code == 403


@pytest.mark.parametrize(
    "after", ["https://evil.example", "//evil.example", "/runs", "/console\\@e"]
)
async def test_signing_in_leads_to_the_console_only(pool, ring, after):
    async with client(ring.serve(pool, "hello")) as http:
        signed = await http.post("/console/sign-in", data={"key": ring.make(), "next": after})
    assert signed.headers["location"] == "/console"


async def test_a_key_that_may_not_solve_is_told_so(pool, ring):
    weak_key = ring.make("metrics")
    async with client(ring.serve(pool, "hello")) as http:
        wrong = await http.post("/console/sign-in", data={"key": "mdl_no"})
        weak = await http.post("/console/sign-in", data={"key": weak_key})
        cookie = {"cookie": f"modulo_key={weak_key}"}
        closed = await http.get("/console", headers=cookie)
    assert (wrong.status_code, weak.status_code, closed.status_code) == (401, 403, 403)
    assert "set-cookie" not in {*wrong.headers, *weak.headers}
    assert "the scope `solve`" in weak.text
    assert closed.headers["content-type"].startswith("text/html")


async def test_without_a_key_every_page_leads_to_the_sign_in(pool, ring):
    async with client(ring.serve(pool, "hello")) as http:
        for path in ("/console", "/console/try", "/console/domains/word", "/console/runs.json"):
            led = await http.get(path)
            assert led.status_code == 303
            assert led.headers["location"].startswith("/console/sign-in?next=%2Fconsole")
        assert (await http.get("/console/static/console.css")).status_code == 200
