"""A specialist at the desk, in a zone where it is about noon, so that today has a morning and an evening."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, Route

from tests.e2e.people import Person, good

NOON = 12
LOST = "Failed to load resource: net::ERR_CONNECTION_RESET"

Desk = Callable[..., Page]


def zone_at_noon() -> str:
    """A zone without clock changes where it is past eleven now, and before one; its name counts westwards."""
    hours = NOON - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def slots_of(person: Person, day: date, zone: str, service: str | None = None) -> list[dict[str, Any]]:
    """The free slots of a local day."""
    params = {"date": f"{day}", "tz": zone, "is_booked": "false", "limit": "100"}
    params |= {"service_id": service} if service else {}
    found: list[dict[str, Any]] = good(person.http.get(f"/specialists/{person.specialist_id}/slots", params=params))
    return found


def booking_of(person: Person, booking_id: str) -> dict[str, Any]:
    found: dict[str, Any] = good(person.http.get(f"/bookings/{booking_id}"))
    return found


def local_time(instant: str, zone: str) -> str:
    """As the page says it in British English, without a leading zero."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).strftime("%H:%M").removeprefix("0")


def entry(page: Page, text: str) -> Locator:
    return page.locator(".entry").filter(has_text=text)


def lose_the_first_answer(page: Page, path: str) -> None:
    """What is asked for with the first POST there is done, and what the API says to it gets lost."""
    lost: list[object] = []

    def handle(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort("connectionreset")

    page.route(f"**{path}", handle)
