"""`make screenshots`: every screen of the pages, from the demo data of the stack that is up.

All of them, light and dark, on a phone and a desktop, in both languages, lie in .local/screenshots for somebody to look
at; the few that the README shows go into docs/screenshots.
"""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from infra.local import demo
from infra.settings import ROOT
from tests.web.browsers import VIEWPORTS, launched

URL = os.environ.get("SCREENSHOTS_URL", "http://localhost:8000")
ALL = ROOT / ".local" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
LOCALES = {"en": "en-GB", "ru": "ru-RU"}
IN_README = {
    "book-times": ("desktop", "light", "en"),
    "book-month": ("phone", "dark", "en"),
}


def services(page: Page) -> None:
    page.goto("/book")
    page.locator(".choice").first.wait_for()


def month(page: Page) -> None:
    services(page)
    page.locator(".choice").first.click()
    page.locator(".day.free").first.wait_for()
    page.locator(".times button").first.wait_for(state="attached")


def times(page: Page) -> None:
    month(page)
    page.locator(".day.free").nth(1).click()
    page.locator(".times button").first.wait_for()


def details(page: Page) -> None:
    times(page)
    page.locator(".times button").nth(2).click()
    page.locator("form").wait_for()


def problems(page: Page) -> None:
    details(page)
    page.locator("form button:not(.plain)").click()
    page.locator(".error").first.wait_for()


def booked(status: str) -> Callable[[Page], None]:
    """What a guest sees then; the answer is made up here, so that a picture books nothing."""
    start = datetime.now(UTC).replace(hour=10, minute=0, second=0) + timedelta(days=1)
    moments = {"slot_start_at": start, "slot_end_at": start + timedelta(hours=1), "created_at": datetime.now(UTC)}
    moments["hold_expires_at"] = datetime.now(UTC) + timedelta(minutes=30)
    answer = {"id": "bkg_1", "status": status} | {name: moment.isoformat() for name, moment in moments.items()}

    def opened(page: Page) -> None:
        details(page)
        page.route("**/bookings/guest", lambda route: route.fulfill(status=201, json=answer))
        page.locator("#name").fill("Zoë Miller")
        page.locator("#email").fill("zoe@example.com")
        page.locator("form button:not(.plain)").click()
        page.locator("[data-step=done]").wait_for()

    return opened


def own_bookings(page: Page) -> None:
    page.goto("/manage")
    email, password = demo.CLIENT
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("form button:not(.plain)").click()
    page.locator(".choice").first.wait_for()


def booking(page: Page) -> None:
    own_bookings(page)
    page.locator(".choice").first.click()
    page.locator("dl").wait_for()


def moving(page: Page) -> None:
    booking(page)
    page.locator(".row button.quiet").nth(1).click()
    page.locator(".day.free").first.wait_for()


def reset_password(page: Page) -> None:
    page.goto("/reset-password#token=of-a-mail")
    page.locator("form").wait_for()


def verify_email(page: Page) -> None:
    page.goto("/verify-email#token=of-a-mail")
    page.locator("main button").wait_for()


def desk_sign_in(page: Page) -> None:
    page.goto("/desk")
    page.locator("form").wait_for()


def desk_booking(page: Page) -> None:
    desk("day/{tomorrow}", ".entry")(page)
    page.locator(".entry").first.click()
    page.locator("dialog dl").wait_for()


def desk(place: str, shown: str) -> Callable[[Page], None]:
    """The desk of the demo specialist, whose clients come from tomorrow on."""

    def opened(page: Page) -> None:
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        page.add_init_script(f"sessionStorage.setItem('booking.session', {json.dumps(session())})")
        page.goto(f"/desk#{place.format(tomorrow=tomorrow)}")
        page.locator(shown).first.wait_for()

    return opened


@cache
def session() -> str:
    """Of the demo specialist: one for all pictures, since signing in is limited."""
    email, password = demo.SPECIALIST
    answer = httpx.post(f"{URL}/auth/login", json={"email": email, "password": password}, trust_env=False, timeout=60)
    return answer.raise_for_status().text


SCREENS: Mapping[str, Callable[[Page], None]] = {
    "book-services": services,
    "book-month": month,
    "book-times": times,
    "book-details": details,
    "book-problems": problems,
    "book-held": booked("held"),
    "book-booked": booked("confirmed"),
    "manage-list": own_bookings,
    "manage-booking": booking,
    "manage-moving": moving,
    "reset-password": reset_password,
    "verify-email": verify_email,
    "desk-sign-in": desk_sign_in,
    "desk-day": desk("day/{tomorrow}", ".entry"),
    "desk-week": desk("week/{tomorrow}", ".entry"),
    "desk-booking": desk_booking,
    "desk-new": desk("day/{tomorrow}/new", ".time-choice"),
    "desk-hours": desk("hours", ".day-row"),
    "desk-dates": desk("dates", ".day"),
    "desk-services": desk("services", "table"),
    "desk-profile": desk("profile", "main form"),
    "desk-share": desk("share", "textarea"),
}


def take(browser: Browser, name: str, viewport: str, scheme: str, language: str) -> None:
    width, height = VIEWPORTS[viewport]
    context = browser.new_context(
        base_url=URL,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=LOCALES[language],
        timezone_id=demo.ZONE,
    )
    page = context.new_page()
    SCREENS[name](page)
    page.screenshot(path=ALL / f"{name}-{viewport}-{scheme}-{language}.png", full_page=True)
    if IN_README.get(name) == (viewport, scheme, language):
        page.screenshot(path=SHOWN / f"{name}.png")
    context.close()


def main() -> None:
    for folder in (ALL, SHOWN):
        folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for name, viewport, scheme, language in product(SCREENS, VIEWPORTS, ("light", "dark"), LOCALES):
            take(browser, name, viewport, scheme, language)
        browser.close()
    print(f"{len(SCREENS) * len(VIEWPORTS) * 2 * len(LOCALES)} pictures in {ALL.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
