"""What all pages have in common: how they are sent, and that they open without a fault."""

import httpx
import pytest

from tests.e2e.deployed import DeployedStack
from tests.web.conftest import Visitor, must_be_accessible, must_fit

PAGES = ("/book", "/manage", "/reset-password", "/verify-email", "/desk")
every_page = pytest.mark.parametrize("path", PAGES)


@every_page
@pytest.mark.parametrize("viewport", ["phone", "desktop"])
def test_a_page_opens_without_a_fault_and_axe_finds_none(visitor: Visitor, path: str, viewport: str) -> None:
    page = visitor(path, viewport=viewport)

    page.locator("h1").wait_for()

    must_be_accessible(page)
    must_fit(page)


@every_page
@pytest.mark.parametrize(("locale", "language"), [("en-US", "en"), ("ru-RU", "ru"), ("de-DE", "en")])
def test_a_page_speaks_the_visitors_language_or_english(
    visitor: Visitor, path: str, locale: str, language: str
) -> None:
    page = visitor(path, locale=locale)

    assert page.locator("html").get_attribute("lang") == language


def test_assets_are_kept_for_a_year_and_pages_are_asked_for_again(stack: DeployedStack) -> None:
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=60) as http:
        page = http.get("/book")
        again = http.get("/book", headers={"If-None-Match": page.headers["etag"]})
        address = page.text.partition('stylesheet" href="')[2].partition('"')[0]
        style = http.get(f"/{address}")
        other = http.get("/pages/of-another-release/pages.css")

    assert (page.headers["cache-control"], again.status_code, again.content) == ("no-cache", 304, b"")
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (other.text, other.headers["cache-control"]) == (style.text, "no-store")
