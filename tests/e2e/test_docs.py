"""The documentation pages: they work wherever the API is mounted, and fetch nothing from anybody else."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.e2e.deployed import DeployedStack
from tests.e2e.people import ANSWER_SECONDS, good

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


class Addresses(HTMLParser):
    """Every address that a page loads or links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"src", "href", "spec-url"} and value]


@pytest.fixture(params=["front door", "stage"])
def root(request: pytest.FixtureRequest, stack: DeployedStack) -> str:
    """Where the API is mounted: at the root of a host, or behind the gateway's stage."""
    if request.param == "front door":
        return f"{stack.url}/"
    outputs = stack.outputs()
    endpoint = stack.client("apigateway").meta.endpoint_url
    return f"{endpoint}/restapis/{outputs['ApiId']}/{outputs['StageName']}/_user_request_/"


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_a_page_loads_from_where_it_came(page: str, root: str) -> None:
    answer = httpx.get(root + page, timeout=ANSWER_SECONDS)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert re.findall(r"https?://[^\s\"'<>]+", answer.text) == []

    parser = Addresses()
    parser.feed(answer.text)
    in_script = re.findall(r"url: '([^']+)'", answer.text)
    loaded = [address for address in parser.found + in_script if not address.startswith("data:")]
    assert any(address.endswith(".js") for address in loaded)
    assert any(address.endswith("openapi.json") for address in loaded)
    for address in loaded:
        asset = httpx.get(urljoin(root + page, address), timeout=ANSWER_SECONDS)
        assert asset.status_code == 200, address
        suffix = "." + urlsplit(address).path.rsplit(".", 1)[-1]
        assert asset.headers["content-type"].startswith(MEDIA_TYPES[suffix])
        assert asset.content


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_a_page_may_load_from_nobody_else(page: str, stack: DeployedStack) -> None:
    policy = httpx.get(f"{stack.url}/{page}", timeout=ANSWER_SECONDS).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_the_document_describes_the_routes(root: str) -> None:
    document = good(httpx.get(root + "openapi.json", timeout=ANSWER_SECONDS))
    assert document["openapi"].startswith("3.")
    assert document["paths"].keys() >= {"/auth/register", "/bookings", "/bookings/{id}/cancel", "/health"}
    assert all(not urlsplit(server["url"]).netloc for server in document["servers"])
