"""What a specialist offers: buffers, changes, and services that are offered no more."""

from decimal import Decimal
from functools import partial

import pytest

from booking.caller import Caller
from booking.dynamodb.queries import PageRequest
from booking.errors import Forbidden
from booking.runtime.ids import new_id
from booking.specialists.errors import ProfileNotFound, ServiceNotFound
from booking.specialists.services import (
    create_service,
    list_own_services,
    list_services,
    service_of,
    update_service,
)
from tests.integration.api import Api, error_of
from tests.integration.people import NOW, SECOND, a_service, a_specialist, an_admin
from tests.integration.store_calls import counted_calls, just_before
from tests.integration.tables import change_stored, refused, stored_in_calendar

PATH = "/specialists/me/services"
OFFERED = {"title": "Haircut", "description": "Short", "duration_minutes": 30, "price": "25.00"}
FIRST_PAGE = PageRequest(20)


@pytest.fixture
def specialist() -> Caller:
    return a_specialist()


def close_profile(of: Caller) -> None:
    """What deactivation does."""
    change_stored("calendar", {"specialist_id": of.specialist_id, "sk": "profile"}, closed=True)


def an_inactive_service(of: Caller) -> str:
    return update_service(of, a_service(of).id, is_active=False).id


class TestNewServices:
    def test_say_how_long_is_kept_free_around_them(self, api: Api, specialist: Caller) -> None:
        buffers = {"buffer_before_minutes": 5, "buffer_after_minutes": 240}

        made = api.request("POST", PATH, specialist, json=OFFERED | buffers)

        assert made.status_code == 201
        body = made.json()
        assert {name: body[name] for name in OFFERED | buffers} == OFFERED | buffers
        assert (body["is_active"], body["currency"]) == (True, "EUR")
        [item] = stored_in_calendar("service")
        assert (item["buffer_before_minutes"], item["buffer_after_minutes"]) == (5, 240)

    def test_keep_nothing_free_unless_told_to(self, api: Api, specialist: Caller) -> None:
        body = api.request("POST", PATH, specialist, json=OFFERED).json()

        assert (body["buffer_before_minutes"], body["buffer_after_minutes"]) == (0, 0)

    @pytest.mark.parametrize("wrong", [-1, 241, 1.5, "5", True, None])
    @pytest.mark.parametrize("name", ["buffer_before_minutes", "buffer_after_minutes"])
    def test_have_buffers_of_up_to_four_hours(self, api: Api, specialist: Caller, name: str, wrong: object) -> None:
        error_of(api.request("POST", PATH, specialist, json=OFFERED | {name: wrong}), 422, "validation_error")

        assert stored_in_calendar("service") == []

    def test_are_not_made_in_another_currency(self, api: Api, specialist: Caller) -> None:
        error_of(api.request("POST", PATH, specialist, json=OFFERED | {"currency": "USD"}), 422, "validation_error")


class TestChanges:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("title", "Shave"),
            ("description", None),
            ("description", "Long"),
            ("duration_minutes", 480),
            ("price", "0.01"),
            ("buffer_before_minutes", 240),
            ("buffer_after_minutes", 0),
            ("is_active", False),
        ],
    )
    def test_leave_everything_else_as_it_is(self, api: Api, specialist: Caller, name: str, value: object) -> None:
        offered = {**OFFERED, "buffer_before_minutes": 5, "buffer_after_minutes": 10}
        before = api.request("POST", PATH, specialist, json=offered).json()

        changed = api.request("PATCH", f"{PATH}/{before['id']}", specialist, json={name: value})

        assert changed.status_code == 200
        assert changed.json() == before | {name: value}
        assert api.request("GET", PATH, specialist).json() == [before | {name: value}]

    def test_of_nothing_change_nothing(self, api: Api, specialist: Caller) -> None:
        service = a_service(specialist)
        before = stored_in_calendar("service")

        assert api.request("PATCH", f"{PATH}/{service.id}", specialist, json={}).status_code == 200

        assert stored_in_calendar("service") == before

    def test_are_stored_exactly(self, specialist: Caller) -> None:
        service = a_service(specialist)

        changed = update_service(specialist, service.id, price=Decimal("19.9"), description=None, is_active=False)

        [item] = stored_in_calendar("service")
        assert (item["price"], item["is_active"], "description" in item) == ("19.90", False, False)
        assert changed == service_of(specialist.specialist_id, service.id)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": None},
            {"title": "x"},
            {"duration_minutes": None},
            {"duration_minutes": 4},
            {"duration_minutes": 481},
            {"price": None},
            {"price": 0},
            {"buffer_before_minutes": None},
            {"buffer_before_minutes": 241},
            {"buffer_after_minutes": -1},
            {"is_active": None},
            {"is_active": 2},
            {"currency": "USD"},
            {"id": "svc_x"},
        ],
        ids=str,
    )
    def test_that_cannot_be_are_a_422(self, api: Api, specialist: Caller, wrong: dict[str, object]) -> None:
        service = a_service(specialist)
        before = stored_in_calendar("service")

        error_of(api.request("PATCH", f"{PATH}/{service.id}", specialist, json=wrong), 422, "validation_error")

        assert stored_in_calendar("service") == before

    def test_of_another_specialists_service_are_not_found(self, api: Api, specialist: Caller) -> None:
        service = a_service(a_specialist())
        for caller in (specialist, an_admin()):
            refused(ServiceNotFound, partial(update_service, caller, service.id, title="Mine"))

        answer = api.request("PATCH", f"{PATH}/{service.id}", specialist, json={"title": "Mine"})

        error_of(answer, 404, "service_not_found")

    @pytest.mark.parametrize("service_id", [f"svc_{'A' * 22}", f"slt_{'A' * 22}", "", "x" * 200, "svc_\x00"])
    def test_of_what_is_none_make_none(self, specialist: Caller, service_id: str) -> None:
        refused(ServiceNotFound, partial(update_service, specialist, service_id, title="Cut"))

    def test_of_what_cannot_be_a_services_id_never_reach_the_store(self, specialist: Caller) -> None:
        with counted_calls() as calls, pytest.raises(ServiceNotFound):
            update_service(specialist, "svc_x", title="Cut")

        assert calls.operations == []

    def test_are_refused_to_a_deactivated_specialist(self, specialist: Caller) -> None:
        service = a_service(specialist)
        close_profile(specialist)

        refused(Forbidden, partial(update_service, specialist, service.id, is_active=True))
        refused(Forbidden, partial(update_service, specialist, new_id("svc"), is_active=True))

    def test_are_refused_to_one_who_is_just_being_deactivated(self, specialist: Caller) -> None:
        service = a_service(specialist)

        with just_before("TransactWriteItems", partial(close_profile, specialist)), pytest.raises(Forbidden):
            update_service(specialist, service.id, title="Shave")

        [item] = stored_in_calendar("service")
        assert item["title"] == service.title

    def test_cost_one_write_and_one_read(self, specialist: Caller) -> None:
        service = a_service(specialist)

        with counted_calls() as calls:
            update_service(specialist, service.id, title="Shave")

        assert calls.operations == ["TransactWriteItems", "GetItem"]


class TestServicesThatAreOfferedNoMore:
    def test_are_on_their_specialists_list_only(self, api: Api, specialist: Caller) -> None:
        first, gone, last = a_service(specialist), an_inactive_service(specialist), a_service(specialist)
        path = f"/specialists/{specialist.specialist_id}/services"

        assert {service["id"] for service in api.request("GET", path).json()} == {first.id, last.id}
        own = {service["id"]: service["is_active"] for service in api.request("GET", PATH, specialist).json()}
        assert own == {first.id: True, gone: False, last.id: True}

    def test_come_back(self, specialist: Caller) -> None:
        gone = an_inactive_service(specialist)

        update_service(specialist, gone, is_active=True)

        assert [service.id for service in list_services(specialist.specialist_id, FIRST_PAGE).items] == [gone]

    def test_do_not_hide_those_of_earlier_releases(self, specialist: Caller) -> None:
        service = a_service(specialist)
        [item] = stored_in_calendar("service")
        change_stored("calendar", {"specialist_id": item["specialist_id"], "sk": item["sk"]}, is_active=None)

        [shown] = list_services(specialist.specialist_id, FIRST_PAGE).items

        assert (shown.id, shown.is_active) == (service.id, True)

    def test_do_not_make_their_specialist_unknown(self, api: Api, specialist: Caller) -> None:
        an_inactive_service(specialist)

        assert api.request("GET", f"/specialists/{specialist.specialist_id}/services").json() == []


class TestOwnServices:
    def test_are_listed_in_the_order_of_their_creation_page_by_page(self, specialist: Caller) -> None:
        added = [
            create_service(
                specialist,
                title="Cut",
                description=None,
                duration_minutes=30,
                price=Decimal(1),
                now=NOW + number * SECOND,
            ).id
            for number in range(5)
        ]

        first = list_own_services(specialist, PageRequest(3))
        second = list_own_services(specialist, PageRequest(3, start=first.next_start))

        assert [service.id for service in [*first.items, *second.items]] == added
        assert second.next_start is None

    def test_are_nobody_elses(self, specialist: Caller) -> None:
        a_service(a_specialist())

        assert list_own_services(specialist, FIRST_PAGE).items == []

    def test_need_a_profile(self, api: Api) -> None:
        admin = an_admin()

        with pytest.raises(ProfileNotFound):
            list_own_services(admin, FIRST_PAGE)
        error_of(api.request("GET", PATH, admin), 404, "specialist_profile_not_found")
