"""Lists: filters, and both ways of paging."""

import re
from base64 import urlsafe_b64decode
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from booking.accounts.access_tokens import issue_access_token
from booking.api import dependencies
from booking.bookings.end import cancel_booking
from booking.bookings.read import BookingFilter, get_booking, list_own_bookings, list_specialist_bookings
from booking.bookings.rules import Status
from booking.caller import Caller, Role
from booking.dynamodb import queries
from booking.dynamodb.queries import MOST_QUERIES_WITH_FILTER, PageRequest
from booking.errors import BookingError, DatesReversed
from booking.runtime.clock import current_instant
from booking.runtime.signing import SIGNING_KEYS
from booking.specialists import profiles
from infra.openapi import document
from tests.integration.api import Api, error_of
from tests.integration.people import HOUR, NOW, SECOND, a_booking, a_client, a_slot, a_specialist, someone
from tests.integration.store_calls import counted_calls, items_read
from tests.integration.tables import booking_item, change_stored, put_stored

MARCH = [date(2030, 3, day) for day in range(1, 32)]

PUBLIC = ("/specialists", "/specialists/{}/services", "/specialists/{}/schedule/dates", "/specialists/{}/slots")
OWN = (
    "/users",
    "/specialists/me/services",
    "/specialists/me/schedule/dates",
    "/specialists/me/slots",
    "/specialists/me/time-off",
    "/bookings/me",
    "/bookings/specialists/me",
    "/bookings/wait-list/me",
)


@pytest.fixture(scope="module")
def forty_five() -> list[Caller]:
    """As many specialists, in the order in which they joined."""
    return [someone(Role.SPECIALIST) for _ in range(45)]


@pytest.fixture
def listed(forty_five: list[Caller]) -> list[str]:
    for number, specialist in enumerate(forty_five):
        profiles.update_own_profile(specialist, {"display_name": "Ann"}, NOW + number * SECOND)
    return [specialist.specialist_id for specialist in forty_five]


@pytest.fixture
def few(forty_five: list[Caller]) -> list[str]:
    """Three of them, which is more than a page of two."""
    for number, specialist in enumerate(forty_five[:3]):
        profiles.update_own_profile(specialist, {"display_name": "Ann"}, NOW + number * SECOND)
    return [specialist.specialist_id for specialist in forty_five[:3]]


def ids(page: list[dict[str, str]]) -> list[str]:
    return [item["id"] for item in page]


def next_of(link: str) -> str:
    found = re.fullmatch(r'<(.+)>; rel="next"', link)
    assert found is not None
    return found[1]


def cursor_of(link: str) -> str:
    return parse_qs(urlsplit(next_of(link)).query)["cursor"][0]


class TestPaging:
    def test_a_walk_along_the_links_sees_everything_once_and_in_order(self, api: Api, listed: list[str]) -> None:
        seen, sizes, url = [], [], "/specialists?limit=20"
        while url:
            with counted_calls() as calls:
                response = api.request("GET", url)
            assert calls.operations == ["Query"]
            seen += ids(response.json())
            sizes.append(len(response.json()))
            url = next_of(response.headers["link"]) if "link" in response.headers else ""

        assert seen == listed
        assert sizes == [20, 20, 5]

    def test_offsets_see_the_same(self, api: Api, listed: list[str]) -> None:
        pages = [api.request("GET", f"/specialists?limit=20&offset={offset}") for offset in (0, 20, 40, 60)]

        assert [identity for page in pages for identity in ids(page.json())] == listed
        assert ["link" in page.headers for page in pages] == [True, True, False, False]

    def test_a_list_that_ends_with_its_page_promises_no_more(self, api: Api, listed: list[str]) -> None:
        assert "link" not in api.request("GET", "/specialists?limit=45").headers
        assert "link" in api.request("GET", "/specialists?limit=44").headers

    def test_a_page_holds_20_unless_told_otherwise(self, api: Api, listed: list[str]) -> None:
        assert ids(api.request("GET", "/specialists").json()) == listed[:20]

    def test_what_a_page_reads_does_not_depend_on_what_precedes_it(self, api: Api, listed: list[str]) -> None:
        url, asked = "/specialists?limit=10", []
        for _ in range(3):
            with counted_calls() as calls:
                url = next_of(api.request("GET", url).headers["link"])
            asked.append([parameters["Limit"] for parameters in calls.parameters("Query")])

        assert asked == [[11], [11], [11]]

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=101",
            "limit=x",
            "limit=",
            "offset=-1",
            "offset=201",
            "offset=x",
            "cursor=x",
            "cursor=",
            "cursor=x&offset=0",
        ],
    )
    def test_what_is_no_page_is_a_422(self, api: Api, query: str) -> None:
        error_of(api.request("GET", f"/specialists?{query}"), 422, "validation_error")

    @pytest.mark.parametrize("path", PUBLIC)
    def test_lists_that_anyone_may_read_skip_200_items_at_most(self, api: Api, path: str) -> None:
        path = path.format(a_specialist().specialist_id)

        with counted_calls() as calls:
            refused = api.request("GET", f"{path}?offset=201")
        [problem] = error_of(refused, 422, "validation_error")["detail"]
        assert (problem["loc"], calls.operations) == (["query", "offset"], [])
        assert api.request("GET", f"{path}?limit=100&offset=200").json() == []

    @pytest.mark.parametrize("path", OWN)
    def test_lists_for_those_who_are_signed_in_skip_more(self, api: Api, path: str) -> None:
        admin = someone(Role.ADMIN)
        profiles.update_own_profile(admin, {}, NOW)

        assert api.request("GET", f"{path}?limit=100&offset=10000", admin).json() == []
        error_of(api.request("GET", f"{path}?offset=10001", admin), 422, "validation_error")

    def test_every_list_is_one_or_the_other(self) -> None:
        paged = {
            path
            for path, operations in document()["paths"].items()
            if "cursor" in {parameter["name"] for parameter in operations.get("get", {}).get("parameters", [])}
        }

        in_parts = {"/users/me/export"}  # one object, of which bookings come in parts: test_privacy.py
        assert paged - in_parts == {path.replace("{}", "{id}") for path in (*PUBLIC, *OWN)}

    @pytest.mark.parametrize("offset", [0, 1])
    def test_cursor_and_offset_together_are_a_422(self, api: Api, few: list[str], offset: int) -> None:
        link = api.request("GET", "/specialists?limit=2").headers["link"]

        response = api.request("GET", f"{next_of(link)}&offset={offset}")

        [problem] = error_of(response, 422, "validation_error")["detail"]
        assert problem["loc"] == ["query", "cursor"]

    def test_a_cursor_that_was_changed_is_a_422(self, api: Api, few: list[str]) -> None:
        cursor = cursor_of(api.request("GET", "/specialists?limit=2").headers["link"])
        another = "B" if cursor[40] == "A" else "A"
        altered = ["x", cursor[:-2], cursor + "x", cursor[:40] + another + cursor[41:], cursor + "=", "a.b.c"]

        for text in altered:
            error_of(api.request("GET", "/specialists", params={"cursor": text}), 422, "validation_error")

    def test_a_cursor_shows_nothing_of_the_table(self, api: Api, few: list[str]) -> None:
        cursor = cursor_of(api.request("GET", "/specialists?limit=2").headers["link"])

        shown = urlsafe_b64decode(cursor + "==")
        for word in (few[1].encode(), b"listed", b"profile", b"2030"):
            assert word not in shown

    def test_lists_that_anyone_may_read_do_without_a_secret(self, api: Api, few: list[str]) -> None:
        SIGNING_KEYS.forget()

        with counted_calls("secretsmanager") as calls:
            link = api.request("GET", "/specialists?limit=2").headers["link"]
            assert api.request("GET", next_of(link)).json()

        assert calls.operations == []

    def test_a_cursor_of_another_list_is_a_422(self, api: Api, few: list[str]) -> None:
        cursor = cursor_of(api.request("GET", "/specialists?limit=2").headers["link"])
        specialist = few[0]

        for path in (
            f"/specialists/{specialist}/services",
            f"/specialists/{specialist}/slots",
            "/bookings/me",
            "/users",
        ):
            caller = someone(Role.ADMIN)
            error_of(api.request("GET", path, caller, params={"cursor": cursor}), 422, "validation_error")

    def test_a_cursor_is_no_token_and_a_token_no_cursor(self, api: Api, few: list[str]) -> None:
        cursor = cursor_of(api.request("GET", "/specialists?limit=2").headers["link"])
        token = issue_access_token(a_client(), current_instant())

        error_of(
            api.request("GET", "/bookings/me", headers={"Authorization": f"Bearer {cursor}"}),
            401,
            "invalid_credentials",
        )
        error_of(api.request("GET", "/specialists", params={"cursor": token}), 422, "validation_error")


class TestCursorsOfOwnLists:
    @pytest.fixture
    def client(self) -> Caller:
        client, specialist = a_client(), a_specialist()
        for number in range(1, 4):
            a_booking(specialist, client, number * HOUR)
        return client

    def test_are_their_owners(self, api: Api, client: Caller) -> None:
        link = api.request("GET", "/bookings/me?limit=1", client).headers["link"]

        error_of(api.request("GET", next_of(link), a_client()), 422, "validation_error")
        assert len(api.request("GET", next_of(link), client).json()) == 1

    def test_belong_to_their_filters(self, api: Api, client: Caller) -> None:
        link = api.request("GET", "/bookings/me?limit=1&status=confirmed", client).headers["link"]

        assert "status=confirmed" in link
        assert len(api.request("GET", next_of(link), client).json()) == 1
        other = next_of(link).replace("confirmed", "cancelled")
        error_of(api.request("GET", other, client), 422, "validation_error")

    def test_keep_working_with_another_limit(self, api: Api, client: Caller) -> None:
        link = api.request("GET", "/bookings/me?limit=1", client).headers["link"]

        assert len(api.request("GET", next_of(link).replace("limit=1", "limit=50"), client).json()) == 2

    def test_walk_both_lists_of_bookings_and_the_wait_list(self, api: Api, client: Caller) -> None:
        specialist, waiter = a_specialist(), a_client()
        for number in range(1, 6):
            start_in = number * HOUR
            booking = a_booking(specialist, a_client(), start_in)
            api.request("POST", "/bookings/wait-list", waiter, json={"slot_id": booking.slot_id})

        for path, caller in (("/bookings/specialists/me", specialist), ("/bookings/wait-list/me", waiter)):
            seen, url = [], f"{path}?limit=2"
            while url:
                response = api.request("GET", url, caller)
                seen += ids(response.json())
                url = next_of(response.headers["link"]) if "link" in response.headers else ""
            assert len(seen) == len(set(seen)) == 5

    def test_walk_the_accounts(self, api: Api) -> None:
        admin = someone(Role.ADMIN)
        for number in range(3):
            email = f"{number}@example.com"
            api.request("POST", "/auth/register", json={"email": email, "password": "12345678"})

        first = api.request("GET", "/users?limit=2", admin)
        rest = api.request("GET", next_of(first.headers["link"]), admin)

        assert [user["email"][0] for user in first.json() + rest.json()] == ["0", "1", "2"]

    @pytest.mark.parametrize(("passed", "shown_next"), [(0.5, [3, 4, 5]), (2.5, [3, 4, 5]), (3.5, [4, 5]), (9, [])])
    def test_walk_slots_although_time_passes(
        self, api: Api, monkeypatch: pytest.MonkeyPatch, passed: float, shown_next: list[int]
    ) -> None:
        specialist, now = a_specialist(), current_instant()
        opened = {number: a_slot(specialist, number * HOUR, now=now).id for number in range(1, 6)}
        first = api.request("GET", f"/specialists/{specialist.specialist_id}/slots?limit=2")

        monkeypatch.setattr(dependencies, "current_instant", lambda: now + passed * HOUR)
        rest = api.request("GET", next_of(first.headers["link"]).replace("limit=2", "limit=20"))

        assert ids(first.json()) == [opened[1], opened[2]]
        assert ids(rest.json()) == [opened[number] for number in shown_next]


class TestFilters:
    @pytest.fixture
    def specialist(self) -> Caller:
        return a_specialist()

    @pytest.fixture
    def client(self, specialist: Caller) -> Caller:
        """Has bookings from the first to the fourth of March, the one of the second cancelled."""
        client = a_client()
        bookings = {day: self.booked(specialist, client, day) for day in (3, 1, 4, 2)}
        cancel_booking(client, bookings[2], NOW)
        return client

    def booked(self, specialist: Caller, client: Caller, day: int) -> str:
        start = datetime(2030, 3, day, 23, tzinfo=UTC) if day == 1 else datetime(2030, 3, day, tzinfo=UTC)
        return a_booking(specialist, client, start - NOW).id

    @pytest.mark.parametrize(
        ("wanted", "days"),
        [
            (BookingFilter(), [1, 2, 3, 4]),
            (BookingFilter(Status.CONFIRMED), [1, 3, 4]),
            (BookingFilter(Status.CANCELLED), [2]),
            (BookingFilter(Status.EXPIRED), []),
            (BookingFilter(date_from=MARCH[1]), [2, 3, 4]),
            (BookingFilter(date_to=MARCH[1]), [1, 2]),
            (BookingFilter(date_from=MARCH[1], date_to=MARCH[2]), [2, 3]),
            (BookingFilter(date_from=MARCH[0], date_to=MARCH[0]), [1]),
            (BookingFilter(Status.CONFIRMED, MARCH[1], MARCH[2]), [3]),
            (BookingFilter(date_from=MARCH[10]), []),
        ],
        ids=str,
    )
    def test_both_lists_show_what_is_asked_for_by_start_of_the_slot(
        self, specialist: Caller, client: Caller, wanted: BookingFilter, days: list[int]
    ) -> None:
        with counted_calls() as calls:
            of_client = list_own_bookings(client, wanted, PageRequest(20))
        names = ["BatchGetItem"] if days else []
        of_specialist = list_specialist_bookings(specialist, wanted, PageRequest(20))

        assert [booking.slot_start_at.day for booking in of_client.items] == days
        assert [booking.slot_start_at.day for booking in of_specialist.items] == days
        assert calls.operations == ["Query", *names]

    def test_days_that_are_reversed_are_refused(self, api: Api, client: Caller) -> None:
        with pytest.raises(DatesReversed):
            BookingFilter(date_from=MARCH[1], date_to=MARCH[0])

        response = api.request("GET", "/bookings/me?date_from=2030-03-02&date_to=2030-03-01", client)
        [problem] = error_of(response, 422, "validation_error")["detail"]
        assert problem["loc"] == ["query", "date_to"]

    @pytest.mark.parametrize(
        "query",
        ["status=open", "date_from=tomorrow", "date_to=2030-02-30", "date_from=1767225600", "date_to=1999-12-31"],
    )
    def test_what_is_no_filter_is_a_422(self, api: Api, client: Caller, query: str) -> None:
        error_of(api.request("GET", f"/bookings/me?{query}", client), 422, "validation_error")

    def test_filters_over_http(self, api: Api, client: Caller, specialist: Caller) -> None:
        query = "status=confirmed&date_from=2030-03-01&date_to=2030-03-03"

        for path, caller in (("/bookings/me", client), ("/bookings/specialists/me", specialist)):
            found = api.request("GET", f"{path}?{query}", caller).json()
            assert [booking["slot_start_at"] for booking in found] == ["2030-03-01T23:00:00Z", "2030-03-03T00:00:00Z"]

    def test_a_sparse_status_is_found_behind_many_others(self, specialist: Caller, client: Caller) -> None:
        page = list_own_bookings(client, BookingFilter(Status.CANCELLED), PageRequest(1))

        assert ([booking.slot_start_at.day for booking in page.items], page.next_start) == ([2], None)


class TestSparseFilters:
    """What is asked for lies behind much else; each client has three such bookings, the last of them."""

    OTHERS = 1501

    @pytest.fixture
    def client(self) -> Caller:
        client, template = a_client(), booking_item(a_booking(a_specialist(), a_client()).id)
        shown = {self.OTHERS - 700, self.OTHERS, self.OTHERS + 1}
        put_stored(
            "bookings",
            [
                template
                | {
                    "booking_id": f"bkg_{number}",
                    "client_id": client.user_id,
                    "starts": f"2030-03-01T09:00:00.{number:06}Z#bkg_{number}",
                    "status": "cancelled" if number in shown else "confirmed",
                }
                for number in range(self.OTHERS + 2)
            ],
        )
        return client

    @pytest.fixture(autouse=True)
    def short_queries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As if one query read a megabyte of larger items."""
        monkeypatch.setattr(queries, "ITEMS_PER_QUERY_WITH_FILTER", 200)

    def walk(self, api: Api, client: Caller, url: str) -> list[list[str]]:
        """The ids of every page; no page is more than a few queries."""
        pages = []
        while url:
            with items_read() as read:
                response = api.request("GET", url, client)
            assert read["queries"] <= MOST_QUERIES_WITH_FILTER
            assert read["items"] <= 1000
            pages.append(ids(response.json()))
            url = next_of(response.headers["link"]) if "link" in response.headers else ""
        return pages

    def test_a_page_may_end_early_and_the_links_lead_to_each_item_once(self, api: Api, client: Caller) -> None:
        pages = self.walk(api, client, "/bookings/me?status=cancelled&limit=2")

        assert pages == [[], ["bkg_801"], ["bkg_1501", "bkg_1502"]]

    def test_an_offset_goes_on_over_pages_that_end_early(self, api: Api, client: Caller) -> None:
        pages = self.walk(api, client, "/bookings/me?status=cancelled&limit=20&offset=2")

        assert [identity for page in pages for identity in page] == ["bkg_1502"]

    def test_nothing_at_all_is_found_with_as_few_queries_a_page(self, api: Api, client: Caller) -> None:
        assert {*map(len, self.walk(api, client, "/bookings/me?status=expired"))} == {0}

    def test_larger_queries_follow_the_first(self, client: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "ITEMS_PER_QUERY_WITH_FILTER", 1000)

        with counted_calls() as calls:
            page = list_own_bookings(client, BookingFilter(Status.CANCELLED), PageRequest(20))

        assert [booking.id for booking in page.items] == ["bkg_801", "bkg_1501", "bkg_1502"]
        assert page.next_start is None
        assert [parameters["Limit"] for parameters in calls.parameters("Query")] == [21, 1000, 1000]


class TestSpecialistsBookings:
    def test_say_who_booked(self) -> None:
        specialist, client = a_specialist(), a_client()
        a_booking(specialist, client)

        [booking] = list_specialist_bookings(specialist, BookingFilter(), PageRequest(20)).items

        assert booking.client_email == client.email

    def test_are_an_empty_list_for_a_specialist_without_any_for_one_read_more(self) -> None:
        specialist = a_specialist()

        with counted_calls() as calls:
            assert list_specialist_bookings(specialist, BookingFilter(), PageRequest(20)).items == []

        assert calls.operations == ["Query", "GetItem"]

    def test_are_not_found_for_an_admin_without_a_profile(self, api: Api) -> None:
        response = api.request("GET", "/bookings/specialists/me", someone(Role.ADMIN))

        assert error_of(response, 404, "specialist_profile_not_found")["detail"] == "Specialist profile not found"


@pytest.mark.parametrize("status", Status)
def test_a_booking_of_any_status_is_shown_to_whoever_may_see_it(status: Status) -> None:
    specialist, client = a_specialist(), a_client()
    booking = a_booking(specialist, client)
    change_stored("bookings", {"booking_id": booking.id}, status=status.value)

    for caller in (client, specialist, someone(Role.ADMIN)):
        assert get_booking(caller, booking.id, NOW).status is status
    with pytest.raises(BookingError):
        get_booking(a_client(), booking.id, NOW)
