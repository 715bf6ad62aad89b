"""A run in a real browser, from its first event to its certificate."""

import pytest
from playwright.async_api import expect

from app.main import create_app
from app.settings import Settings
from tests.app.conftest import REQUEST, served

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

QUIET = {"discover": False, "embedded": False}


def address(place: tuple[str, int]) -> str:
    return f"http://{place[0]}:{place[1]}"


async def start(page, url: str, **wishes) -> str:
    """Start a run that goes on by itself, and give its id."""
    answer = await page.request.post(
        f"{url}/solve", data={**REQUEST, **wishes}, headers={"prefer": "respond-async"}
    )
    assert answer.status == 202
    return (await answer.json())["id"]


async def test_a_run_grows_from_its_first_event_to_its_certificate(pool, visit, released):
    app = create_app(Settings(upstream=QUIET), upstream=released.upstream, pool=pool)
    async with served(app) as place:
        url = address(place)
        page = await visit(f"{url}/console/runs")
        run = await start(page, url)
        await page.goto(f"{url}/console/runs/{run}")
        await expect(page.locator("#r1 .waiting")).to_be_visible()
        released.say("hallo")
        await expect(page.locator("#r1")).to_contain_text("rejected")
        await expect(page.locator("#r1 .headline")).to_contain_text("`hallo` is not the word")
        await expect(page.locator("#r2 .waiting")).to_be_visible()
        assert await page.locator("#head .won").count() == 0
        released.say("hello")
        await expect(page.locator("#head .won pre")).to_have_text("hello")
        await expect(page.locator('form[action$="/cancel"]')).to_have_count(0)
        await page.click("text=Why it holds")
        await expect(page.locator("h1")).to_have_text("This answer solves the problem")
        await page.click("text=Prove it again now")
        await expect(page.locator("[role=status]")).to_contain_text("verified")


async def test_a_run_is_cancelled_from_its_page(pool, visit, released):
    app = create_app(Settings(upstream=QUIET), upstream=released.upstream, pool=pool)
    async with served(app) as place:
        url = address(place)
        page = await visit(f"{url}/console/runs")
        run = await start(page, url)
        await page.goto(f"{url}/console/runs/{run}")
        await expect(page.locator("#r1 .waiting")).to_be_visible()
        await page.click("text=Cancel")
        await expect(page.locator("#head .state")).to_contain_text("cancelled")
        await expect(page.locator("#head .won")).to_have_count(0)
