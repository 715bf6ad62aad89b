"""A real browser, watched: whatever a page complains about fails the test."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from backprompt.upstream import Request, ScriptedUpstream

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
REPORT = """document.addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser) -> AsyncIterator["Visitor"]:
    """Open pages; errors in their consoles and breaches of their policy fail the test."""
    visitor = Visitor(browser)
    yield visitor
    for context in visitor.contexts:
        await context.close()
    assert not visitor.faults


class Visitor:
    """Opens pages, each in a browser of its own that has never been anywhere."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.faults: list[str] = []
        self.contexts: list[BrowserContext] = []

    async def __call__(self, url: str, **options: Any) -> Page:
        context = await self._browser.new_context(**options)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if options.get("java_script_enabled", True):
            await context.add_init_script(REPORT)
        page = await context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        await page.goto(url)
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.faults.append(said.text)


class Released:
    """A model that says each of its lines when it is told to."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self.upstream = ScriptedUpstream(self._respond)

    def say(self, line: str) -> None:
        """Let the next call, or the one under way, be answered."""
        self._lines.put_nowait(line)

    async def _respond(self, _: Request) -> str:
        return await self._lines.get()


@pytest.fixture
def released() -> Released:
    return Released()
