"""A run in a real browser, from its first event to its certificate."""

import pytest
from playwright.async_api import expect
from pydantic import SecretStr

from app.main import create_app
from app.settings import Settings
from tests.app.conftest import REQUEST, served
from tests.app.console.conftest import PATIENCE_MS
from tests.app.plain_language import TEXT, Model, said

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
        await expect(page.locator("#r1 .headline")).to_contain_text("hallo is not the word")
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


async def test_a_finished_run_is_walked_by_keys_and_forked(pool, visit, released):
    app = create_app(Settings(upstream=QUIET), upstream=released.upstream, pool=pool)
    for line in ("hallo", "hullo", "hello", "hello"):
        released.say(line)
    async with served(app) as place:
        url = address(place)
        page = await visit(f"{url}/console/runs")
        run = await start(page, url)
        await page.goto(f"{url}/console/runs/{run}")
        await expect(page.locator("#head .won")).to_be_visible()
        await page.goto(f"{url}/console/runs/{run}#r2")
        await expect(page.locator("#r2")).to_have_attribute("open", "")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await expect(page.locator("#r2 > summary")).to_be_focused()
        await page.keyboard.press("k")
        await expect(page.locator("#r1 > summary")).to_be_focused()
        assert page.url.endswith("#r1")
        await page.keyboard.press("Enter")
        await expect(page.locator("#r1 .candidate")).to_contain_text("hallo")
        await page.fill("#filter", "hullo")
        await expect(page.locator("#rounds > .round:visible")).to_have_count(1)
        await page.click("text=Go on differently")
        await page.fill("[name=from_round]", "2")
        await page.select_option("[name=feedback]", "binary")
        await page.click(".fork button")
        await expect(page.locator("#head .won")).to_be_visible()
        assert run not in page.url
        forked = page.url.rsplit("/", 1)[1]
        await page.goto(f"{url}/console/compare?a={run}&b={forked}")
        await expect(page.locator(".sides > section")).to_have_count(2)


async def test_the_list_of_runs_renews_itself(pool, visit, released):
    app = create_app(Settings(upstream=QUIET), upstream=released.upstream, pool=pool)
    async with served(app) as place:
        url = address(place)
        page = await visit(f"{url}/console/runs")
        await start(page, url)
        await page.reload()
        await expect(page.locator("#runs .state")).to_have_text("… running")
        released.say("hello")
        await expect(page.locator("#runs .state")).to_have_text("✓ certified")
        await expect(page.locator("#runs time")).to_have_text("just now")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.locator("#head .won pre")).to_have_text("hello")


async def test_a_finished_run_is_read_without_javascript(pool, visit, released):
    app = create_app(Settings(upstream=QUIET), upstream=released.upstream, pool=pool)
    released.say("hallo")
    released.say("hello")
    async with served(app) as place:
        url = address(place)
        page = await visit(f"{url}/console/runs", java_script_enabled=False)
        answer = await page.request.post(f"{url}/solve", data=REQUEST)
        run = (await answer.json())["id"]
        await page.goto(f"{url}/console/runs/{run}")
        await expect(page.locator("#head .won pre")).to_have_text("hello")
        await page.click("#r1 > summary")
        await expect(page.locator("#r1 .answer")).to_contain_text("hallo")
        assert await page.locator("form.filter").is_hidden()


async def test_a_run_is_followed_on_after_a_restart(pool, visit, released, tmp_path):
    file = SecretStr(f"sqlite:///{tmp_path / 'runs.db'}")

    def service():
        settings = Settings(upstream=QUIET, database_url=file)
        return create_app(settings, upstream=released.upstream, pool=pool)

    async with served(service()) as place:
        page = await visit(f"{address(place)}/console/runs")
        run = await start(page, address(place))
        await page.goto(f"{address(place)}/console/runs/{run}")
        released.say("hallo")
        await expect(page.locator("#r2 .waiting")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.locator("body")).to_have_attribute("data-line", "broken")
    async with served(service(), place[1]):
        released.say("hello")
        await expect(page.locator("#head .won")).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.locator("#r1")).to_have_count(1)
        visit.faults.clear()  # the console has said that the service was away


async def test_a_waiting_run_is_answered_on_its_page(pool, visit):
    model = Model([said()])
    app = create_app(Settings(upstream=QUIET), upstream=model.upstream, pool=pool)
    async with served(app) as place:
        url = address(place)
        page = await visit(f"{url}/console/try?domain=calendar")
        await page.fill("[name=text]", TEXT.replace("30", "25"))
        await page.click("text=Solve it")
        await expect(page.locator(".asked h2")).to_have_text("Is this what you mean?")
        await expect(page.locator(".doubts li").first).to_contain_text("doubt")
        await page.click("text=Yes, solve this")
        await expect(page.locator("#head .state")).not_to_contain_text("needs input")
        assert not model.formal[1:]
