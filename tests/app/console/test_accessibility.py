"""Everybody can use the pages: axe-core finds nothing serious on any of them."""

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe

from app.main import create_app
from app.settings import Settings
from tests.app.conftest import served
from tests.app.console.pages import QUIET, answering, fill, write_report

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERIOUS = {"serious", "critical"}


PHONE = {"width": 375, "height": 800}
ESSENTIAL = 5
"""Paths that are looked at in every run of the tests."""


async def find_barriers(page) -> list[object]:
    found = (await Axe().run(page)).response["violations"]
    return [
        (page.url, fault["id"], [place["html"][:160] for place in fault["nodes"][:3]])
        for fault in found
        if fault["impact"] in SERIOUS
    ]


@pytest.mark.parametrize(
    ("scheme", "most"),
    [
        ("light", ESSENTIAL),
        pytest.param("light", None, marks=pytest.mark.slow),
        pytest.param("dark", None, marks=pytest.mark.slow),
    ],
)
async def test_no_page_keeps_anybody_out(pool, visit, tmp_path, scheme, most):
    console = {"bench_dir": write_report(tmp_path / "bench")}
    app = create_app(Settings(upstream=QUIET, console=console), upstream=answering(), pool=pool)
    found = list[object]()
    async with served(app) as (host, port), httpx.AsyncClient(timeout=60) as http:
        http.base_url = f"http://{host}:{port}"
        paths = await fill(http)
        look = {"color_scheme": scheme, "viewport": PHONE, "bypass_csp": True}
        page = await visit(f"{http.base_url}/console/domains", **look)
        for path in [paths[0], *paths[3:]][:most]:
            await page.goto(f"{http.base_url}{path}")
            found += await find_barriers(page)
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, path
        assert found == []
        await page.evaluate("document.querySelector('main').append(document.createElement('img'))")
        assert [fault[1] for fault in await find_barriers(page)] == ["image-alt"]
