"""What the tests of the pages are given: a stack of their own, people with accounts, and visitors with a browser.

The browser is Debian's or Playwright's own. Whatever goes wrong in a page that a visitor has open fails the test: an
error of a script, one on the console, or something that the Content-Security-Policy stopped.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.e2e.deployed import MAIL_PORT, DeployedStack, deployed_stack
from tests.e2e.mail_sink import MailSink, mail_sink
from tests.e2e.people import People
from tests.e2e.sending import let_mail_out
from tests.web.browsers import NO_BROWSER, VIEWPORTS, launched

EXPECTED_REFUSALS = ("Failed to load resource: the server responded with a status of 4",)
"""The browser says of every answer 4xx that it is one; what the page makes of it is what tests are about."""
SAY_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("Content-Security-Policy", event.violatedDirective, event.blockedURI));
"""

Visitor = Callable[..., Page]

expect.set_options(timeout=15_000)  # a function that is called for the first time takes its time


@pytest.fixture(scope="session")
def sink() -> Iterator[MailSink]:
    with mail_sink(MAIL_PORT) as sink:
        yield sink


@pytest.fixture(scope="session")
def stack(sink: MailSink) -> Iterator[DeployedStack]:
    """One stack for all tests, whose mail arrives in `sink`; `BOOKING_E2E_URL` names another."""
    with deployed_stack() as deployed:
        let_mail_out(deployed)
        yield deployed


@pytest.fixture(scope="session")
def people(stack: DeployedStack) -> Iterator[People]:
    with People(stack) as everybody:
        yield everybody


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
    """Opens a browser of somebody's own, on a page of theirs: `visitor(viewport="phone", locale="ru-RU", …)`."""
    problems: list[str] = []
    with ExitStack() as contexts:

        def opened(
            path: str | None = None, *, viewport: str = "desktop", expected: tuple[str, ...] = (), **options: Any
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
