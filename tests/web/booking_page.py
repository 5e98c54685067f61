"""What visitors do on the booking page, and the specialists whom they visit."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import People, Person, good

ZONE = "Europe/Berlin"
NAME = "Hair by Ann"


@dataclass(frozen=True)
class Shop:
    """A specialist with hours and two services."""

    person: Person
    haircut: str
    colouring: str

    @property
    def path(self) -> str:
        return f"/book/{self.person.specialist_id}"

    def day(self, day: date) -> str:
        """The address of the haircut's times of a day."""
        return f"{self.path}?service={self.haircut}&day={day}"


def a_specialist(people: People, zone: str = ZONE, opens: str = "00:00", closes: str = "24:00", **rules: int) -> Person:
    """With a name, and these hours every day."""
    person = people.new("specialist")
    good(person.http.patch("/specialists/me", json={"display_name": NAME, "time_zone": zone}))
    person.describe_week(opens, closes, **rules)
    return person


def a_shop(people: People, opens: str = "09:00", closes: str = "19:00", **rules: int) -> Shop:
    person = a_specialist(people, ZONE, opens, closes, **rules)
    return Shop(person, person.offer_service(30), person.offer_service(60, title="Colouring", price="60.50"))


def sign_in(page: Page, person: Person) -> None:
    """As if this person had signed in on this tab before."""
    session = json.dumps({"access_token": person.token, "refresh_token": person.refresh_token})
    page.add_init_script(f"sessionStorage.setItem('booking.session', {json.dumps(session)})")


def times(page: Page) -> Locator:
    return page.locator(".picker-times .times button")


def shown_times(page: Page) -> list[str]:
    times(page).first.wait_for()
    return times(page).all_inner_texts()


def pick(page: Page, time: str) -> None:
    page.get_by_role("button", name=time, exact=True).click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_focused()


def soon(days: int = 3) -> date:
    """A day with nothing past in it, in any zone."""
    return date.today() + timedelta(days=days)  # noqa: DTZ011 - any zone's will do


def next_change(zone: str, *, forward: bool) -> date:
    """The day on which clocks next go forward, or back."""
    there, day = ZoneInfo(zone), datetime.now(UTC).date() + timedelta(days=1)
    while True:
        before, after = (datetime.combine(day + timedelta(days=n), time(0), there).utcoffset() for n in (0, 1))
        assert before is not None
        assert after is not None
        if (after > before) if forward else (after < before):
            return day
        day += timedelta(days=1)
