"""What a model writes stays text: no markup, no script, no turned line, whatever its size."""

from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from app.main import create_app
from app.settings import Settings
from backprompt.upstream import ScriptedUpstream
from tests.app.conftest import REQUEST, make_app, served
from tests.app.console.pages import QUIET, form_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ATTACK = (
    "</pre></details><script>document.title='pwned'</script>"
    "<img src=x onerror=\"document.title='pwned'\"><svg onload=\"document.title='pwned'\">"
    '<a id="head" href="javascript:alert(1)">x</a><style>*{display:none}</style>'
    "<base href=//evil.example><form action=//evil.example><button>Cancel</button></form>"
    "{{ 7*7 }} \u202egnp.exe \x1b[2J\x1b]0;pwned\x07 \x00 \u2066 \ud800 '\"`"
)
MOST_BYTES = 150_000
HUGE = 10_000_000


async def test_a_hostile_response_stays_text_live_and_afterwards(pool, visit, released):
    app = create_app(Settings(upstream=QUIET), upstream=released.upstream, pool=pool)
    async with served(app) as (host, port):
        url = f"http://{host}:{port}"
        page = await visit(f"{url}/console")
        answer = await page.request.post(
            f"{url}/solve", data=REQUEST, headers={"prefer": "respond-async"}
        )
        run = (await answer.json())["id"]
        await page.goto(f"{url}/console/runs/{run}")
        released.say(ATTACK)
        await expect(page.locator("#r1")).to_contain_text("rejected")
        for _ in ("live", "afterwards"):
            assert (
                await page.locator("#r1 script, #r1 img, #r1 svg, #r1 style, #r1 form").count() == 0
            )
            shown = await page.locator("#r1").text_content()
            assert "<script>document.title" in shown
            assert not set("\u202e\u2066\x1b\x07\x00") & set(shown)
            assert "pwned" not in await page.title()
            if _ == "live":
                released.say("hello")
                await expect(page.locator("#head .won")).to_be_visible()
                await page.reload()


async def test_ten_megabytes_are_a_small_page(pool, visit):
    lines = iter(("<b>spam " * (HUGE // 8), "hello"))
    upstream = ScriptedUpstream(lambda _: next(lines))
    app = create_app(Settings(upstream=QUIET), upstream=upstream, pool=pool)
    async with served(app) as (host, port), httpx.AsyncClient(timeout=120) as http:
        url = f"http://{host}:{port}"
        result = (await http.post(f"{url}/solve", json=REQUEST)).json()
        page = await visit(f"{url}/console")
        sent = list[Any]()
        page.on("requestfinished", lambda request: sent.append(request))  # noqa: PLW0108  # playwright marks what it is given
        await page.goto(f"{url}/console/runs/{result['id']}")
        await page.wait_for_load_state("networkidle")
        await expect(page.locator("#head .state")).to_contain_text(result["status"])
        sizes = [await request.sizes() for request in sent]
        total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
        assert total <= MOST_BYTES
        assert await page.locator("b").count() == 0


async def test_an_answer_is_checked_without_a_model(pool, visit):
    async with served(make_app(pool)) as (host, port):
        page = await visit(f"http://{host}:{port}/console/try?domain=pddl")
        wrong = form_of("pddl", "")["problem.problem"].replace("(define", "(defin", 1)
        await page.click("text=Check it")
        await expect(page.locator(".judged h2")).to_contain_text("accepted")
        await page.fill("[name=answer]", "(fly away)")
        await page.click("text=Check it")
        await expect(page.locator(".judged h2")).to_contain_text("rejected")
        await page.fill('[name="problem.problem"]', wrong)
        await page.click("text=Check it")
        assert await page.input_value('[name="problem.problem"]') == wrong
        await expect(page.locator("[role=alert]")).to_be_visible()
        assert all("422" in fault for fault in visit.faults)
        visit.faults.clear()
