"""What the tests of the pages are given: a stack of their own, people with accounts, and visitors with a browser.

The browser is Debian's or Playwright's own. Whatever goes wrong in a page that a visitor has open fails the test: an
error of a script, one on the console, or something that the Content-Security-Policy stopped.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.e2e.conftest import people, sink, stack
from tests.e2e.deployed import DeployedStack
from tests.e2e.people import People, Person, good
from tests.web.booking_page import Shop, a_shop, a_specialist, sign_in
from tests.web.browsers import NO_BROWSER, VIEWPORTS, launched
from tests.web.desk_page import Desk, slots_of, zone_at_noon

__all__ = ["people", "sink", "stack"]  # fixtures

EXPECTED_REFUSALS = ("Failed to load resource: the server responded with a status of 4",)
"""The browser says of every answer 4xx that it is one; what the page makes of it is what tests are about."""
SAY_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("Content-Security-Policy", event.violatedDirective, event.blockedURI));
"""

Visitor = Callable[..., Page]

expect.set_options(timeout=15_000)  # a function that is called for the first time takes its time


@pytest.fixture(scope="module")
def shop(people: People) -> Shop:
    return a_shop(people)


@pytest.fixture
def client(people: People) -> Person:
    return people.new("client")


@pytest.fixture
def signed_in(visitor: Visitor, client: Person) -> Visitor:
    """Opens a browser of the client's."""
    return partial(visitor, person=client)


@pytest.fixture
def zone() -> str:
    return zone_at_noon()


@pytest.fixture
def specialist(people: People, zone: str) -> Person:
    return a_specialist(people, zone)


@pytest.fixture
def today(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


@pytest.fixture
def anna(people: People) -> Person:
    """Of a client whose token says how to reach them."""
    person = people.new("client")
    good(person.http.patch("/users/me", json={"display_name": "Anna Berg", "phone": "+4930123456"}))
    return people.signed_in(person.email)


@pytest.fixture
def booking(specialist: Person, anna: Person, zone: str) -> dict[str, Any]:
    """In an hour or two, today."""
    soonest = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    service = specialist.offer_service(60)
    today = datetime.now(ZoneInfo(zone)).date()
    slot = next(slot for slot in slots_of(specialist, today, zone, service) if slot["start_at"] > soonest)
    return anna.booked(slot["id"], service_id=service, note="Second floor")


@pytest.fixture
def desk(visitor: Visitor, specialist: Person, zone: str) -> Desk:
    """Opens the specialist's desk at a place of it: `desk("week", viewport="phone")`."""

    def opened(place: str = "", **options: Any) -> Page:
        page = visitor(f"/desk#{place}", person=specialist, timezone_id=zone, **options)
        page.locator("h1:not(.unseen)").wait_for()
        return page

    return opened


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            started = launched(playwright)
        except Error as error:
            pytest.fail(f"{NO_BROWSER}.\n{error}", pytrace=False)
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Browser, stack: DeployedStack) -> Iterator[Visitor]:
    """Opens a browser of somebody's own, on a page of theirs: `visitor("/book", viewport="phone", locale="ru-RU", …)`.

    `person` is signed in there already.
    """
    problems: list[str] = []
    with ExitStack() as contexts:

        def opened(
            path: str | None = None,
            *,
            person: Person | None = None,
            viewport: str = "desktop",
            expected: tuple[str, ...] = (),
            **options: Any,
        ) -> Page:
            width, height = VIEWPORTS[viewport]
            context: BrowserContext = browser.new_context(
                base_url=stack.url,
                viewport={"width": width, "height": height},
                locale=options.pop("locale", "en-GB"),
                timezone_id=options.pop("timezone_id", "Europe/Berlin"),
                reduced_motion="reduce",
                **options,
            )
            contexts.callback(context.close)
            context.set_default_timeout(15_000)
            page = context.new_page()
            watch(page, problems, (*EXPECTED_REFUSALS, *expected))
            if person:
                sign_in(page, person)
            if path:
                page.goto(path)
            return page

        yield opened
    assert not problems, "\n".join(problems)


def watch(page: Page, problems: list[str], expected: tuple[str, ...]) -> None:
    """Notes what goes wrong in a page."""

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(expected):
            problems.append(f"{page.url}: {message.type}: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error.stack or error}"))
    page.add_init_script(SAY_VIOLATIONS)


def must_be_accessible(page: Page) -> None:
    """No finding of axe's on the page as it is now."""
    found = Axe().run(page).response["violations"]
    assert not found, "\n".join(
        f"{finding['id']}: {finding['help']}: {node['html']}" for finding in found for node in finding["nodes"]
    )


def must_fit(page: Page) -> None:
    """Nothing is wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
