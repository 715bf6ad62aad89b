"""Takes a picture of every page: `python -m tests.app.console.screenshots docs/screenshots`.

The runs are the recorded ones of `examples/recordings`, played back: what is seen has happened.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.async_api import Browser, async_playwright

from app.main import create_app
from app.settings import Settings
from critics.domain import find_domain
from critics.workers.pool import Pool
from tests.app.conftest import served
from tests.app.console.conftest import FLAGS
from tests.app.console.pages import QUIET, form_of
from tests.app.console.recorded import Recorded
from tests.app.plain_language import EXACT

ROOT = Path(__file__).parents[3]
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": {"viewport": {"width": 1120, "height": 840}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1120, "height": 840}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 812}, "color_scheme": "light"},
}
COLORS = 48
MOST_BYTES = 80_000
WRONG_DAY = '{"day": "Monday", "start": "9:30", "end": "10:30"}'


async def start_runs(http: httpx.AsyncClient) -> Mapping[str, str]:
    """Start the runs that are seen; gives their ids."""
    tea = json.loads((ROOT / "examples/pddl/tea/request.json").read_text("utf-8"))
    wanted = {
        "tea": tea,
        "lost": {**tea, "budget": {"rounds": 3}},
        "waiting": {"domain": "calendar", "text": EXACT, "confirm": "always"},
        "tree": {
            "domain": "countdown",
            "problem": {"numbers": [2, 5, 7], "target": 45},
            "strategy": {"search": "tree", "tree": {"free": False, "prior": "uniform"}},
        },
    }
    return {
        name: (await http.post("/solve", json=body)).json()["id"] for name, body in wanted.items()
    }


def list_pages(runs: Mapping[str, str]) -> Mapping[str, str]:
    """Name every page and say where it is."""
    tea, lost = runs["tea"], runs["lost"]
    return {
        "front": "/console",
        "runs": "/console/runs",
        "run": f"/console/runs/{tea}",
        "round": f"/console/runs/{tea}#r1",
        "walk": f"/console/runs/{tea}/candidates/1",
        "certificate": f"/console/runs/{tea}/certificate",
        "compare": f"/console/compare?a={tea}&b={lost}",
        "waiting": f"/console/runs/{runs['waiting']}",
        "tree": f"/console/runs/{runs['tree']}",
        "try": "/console/try?domain=countdown",
        "domain": "/console/domains/pddl",
        "bench": "/console/bench",
        "sign-in": "/console/sign-in",
    }


async def take(browser: Browser, url: str, runs: Mapping[str, str], folder: Path) -> None:
    """Take all pictures."""
    for look, options in LOOKS.items():
        context = await browser.new_context(**options, reduced_motion="reduce")
        page = await context.new_page()
        for name, path in list_pages(runs).items():
            await page.goto(f"{url}{path}")
            await page.wait_for_load_state("networkidle")
            save(await page.screenshot(), folder / f"{name}-{look}.png")
        await page.goto(f"{url}/console/try?domain=calendar")
        for field, text in form_of("calendar", WRONG_DAY).items():
            if field.startswith("problem.") or field == "answer":
                await page.fill(f'[name="{field}"]', text)
        await page.click("text=Check it")
        await page.wait_for_load_state("networkidle")
        save(await page.screenshot(), folder / f"check-{look}.png")
        await context.close()


def save(taken: bytes, file: Path) -> None:
    """Write a picture with few colours, so that it is small."""
    found = Image.open(BytesIO(taken)).convert("RGB")
    found.quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)
    size = file.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"`{file.name}` has {size:,} bytes")


async def photograph(folder: Path, chromium: str) -> None:
    """Serve the console and take pictures of it."""
    async with Pool(size=2) as pool, async_playwright() as playwright:
        app = create_app(Settings(upstream=QUIET), upstream=Recorded(ROOT).upstream, pool=pool)
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        async with served(app) as (host, port), httpx.AsyncClient(timeout=120) as http:
            http.base_url = f"http://{host}:{port}"
            await take(browser, str(http.base_url), await start_runs(http), folder)
        await browser.close()


def main(arguments: Sequence[str]) -> None:
    """Take the pictures."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None or len(arguments) != 1:
        raise SystemExit("say where the pictures go; Chromium is needed (`CHROMIUM` names it)")
    os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp()
    find_domain("pddl")
    Path(arguments[0]).mkdir(parents=True, exist_ok=True)
    asyncio.run(photograph(Path(arguments[0]), chromium))


if __name__ == "__main__":
    main(sys.argv[1:])
