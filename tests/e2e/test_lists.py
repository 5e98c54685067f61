"""Lists: pages by offset and by cursor, filters, and cursors that were made for another list."""

import itertools
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from tests.e2e.people import People, Person, good
from tests.e2e.refusals import refused


@pytest.fixture(scope="module")
def slots(specialist: Person) -> list[str]:
    return [specialist.open_slot() for _ in range(5)]


def next_link(answer: httpx.Response) -> str | None:
    """Where the answer says that the list goes on, as a client resolves it."""
    link = answer.links.get("next")
    return urljoin(str(answer.url), link["url"]) if link else None


def pages(http: httpx.Client, path: str) -> list[list[str]]:
    """The ids of every page, from the first one on."""
    found, address = [], path
    while True:
        answer = http.get(address)
        found.append([item["id"] for item in good(answer)])
        following = next_link(answer)
        if following is None:
            return found
        address = following


def test_the_link_leads_through_the_whole_list(specialist: Person, slots: list[str], people: People) -> None:
    path = f"/specialists/{specialist.specialist_id}/slots"
    assert pages(people.caller(), f"{path}?limit=2") == [slots[:2], slots[2:4], slots[4:]]
    assert pages(people.caller(), f"{path}?limit=5") == [slots]
    assert pages(people.caller(), f"{path}?limit=2&offset=1") == [slots[1:3], slots[3:]]


def test_a_lists_default_is_20_items(people: People) -> None:
    specialist = people.new("specialist")
    opened = [specialist.open_slot() for _ in range(21)]
    path = f"/specialists/{specialist.specialist_id}/slots"
    assert pages(people.caller(), path) == [opened[:20], opened[20:]]


def test_offset_skips(specialist: Person, slots: list[str], people: People) -> None:
    path = f"/specialists/{specialist.specialist_id}/slots"
    assert pages(people.caller(), f"{path}?limit=3&offset=3") == [slots[3:]]
    assert pages(people.caller(), f"{path}?offset=5") == [[]]
    assert pages(people.caller(), f"{path}?offset=200") == [[]]
    refused(people.caller().get(f"{path}?offset=201"), 422)


def test_own_bookings_are_filtered_and_paged(specialist: Person, people: People) -> None:
    client = people.new("client")
    bookings = [client.booked(specialist.open_slot()) for _ in range(4)]
    client.cancel(bookings[1]["id"])
    confirmed = [booking["id"] for booking in bookings if booking != bookings[1]]
    day = bookings[0]["slot_start_at"][:10]

    assert pages(client.http, "/bookings/me?limit=2&status=confirmed") == [confirmed[:2], confirmed[2:]]
    assert pages(client.http, "/bookings/me?status=cancelled") == [[bookings[1]["id"]]]
    assert pages(client.http, f"/bookings/me?date_to={day}&date_from={day}")[0][0] == bookings[0]["id"]
    assert pages(client.http, "/bookings/me?date_to=2020-01-01") == [[]]
    refused(client.http.get("/bookings/me?date_from=2026-01-02&date_to=2026-01-01"), 422)


def test_a_cursor_belongs_to_one_list_of_one_caller(
    specialist: Person, slots: list[str], ann: Person, ben: Person
) -> None:
    for _ in range(2):
        ann.booked(specialist.open_slot())
    link = next_link(ann.http.get("/bookings/me?limit=1"))
    assert link
    cursor = parse_qs(urlsplit(link).query)["cursor"][0]

    good(ann.http.get(f"/bookings/me?limit=1&cursor={cursor}"))
    refused(ben.http.get(f"/bookings/me?limit=1&cursor={cursor}"), 422)
    refused(ann.http.get(f"/bookings/wait-list/me?limit=1&cursor={cursor}"), 422)
    refused(ann.http.get(f"/bookings/me?limit=1&status=confirmed&cursor={cursor}"), 422)
    refused(ann.http.get(f"/bookings/me?limit=1&offset=1&cursor={cursor}"), 422)
    middle = len(cursor) // 2
    altered = cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :]
    refused(ann.http.get(f"/bookings/me?limit=1&cursor={altered}"), 422)


def test_other_lists_answer_too(specialist: Person, people: People) -> None:
    somebody = people.caller()
    service = good(
        specialist.http.post(
            "/specialists/me/services", json={"title": "Shave", "duration_minutes": 15, "price": "9.5"}
        ),
        201,
    )
    assert service["price"] == "9.50"
    assert good(somebody.get(f"/specialists/{specialist.specialist_id}/services")) == [service]
    assert specialist.specialist_id not in itertools.chain(*pages(somebody, "/specialists?limit=100"))
    good(specialist.http.patch("/specialists/me", json={"display_name": "Ann"}))
    assert specialist.specialist_id in itertools.chain(*pages(somebody, "/specialists?limit=100"))
    refused(somebody.get("/specialists/spc_nothing/services"), 404, "Specialist not found")
    users = people.admin.http.get("/users?limit=2")
    assert len(good(users)) == 2
    assert next_link(users)
