"""A specialist's opening hours: the week, days with hours of their own, and the bookings that changes leave outside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from booking.bookings.change_hours import MOST_CONFLICTS, set_date, set_dates, set_schedule, update_own_profile
from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.rules import Booking
from booking.bookings.table import starts_key
from booking.caller import Caller
from booking.dynamodb.queries import PageRequest
from booking.errors import DatesReversed, Forbidden, StoreUnavailable
from booking.runtime.clock import current_instant, epoch_seconds, to_stored
from booking.runtime.ids import new_id
from booking.slots.ids import SlotId
from booking.specialists import profiles
from booking.specialists.errors import (
    DateInThePast,
    DateTooFarAhead,
    FirstDateInThePast,
    LastDateBeforeFirst,
    LastDateTooFarAhead,
    ProfileNotFound,
    SpecialistNotFound,
    TooManyDates,
)
from booking.specialists.hours import delete_date, get_own_schedule, get_schedule, list_dates, list_own_dates
from booking.specialists.opening_hours import DayHours, Interval, Schedule, Weekday
from booking.specialists.rules import MOST_DATES_AT_ONCE, DateFilter, DateHours
from tests.integration.api import Api, error_of
from tests.integration.people import DAY, HOUR, MINUTE, NOW, SECOND, a_booking, a_client, a_slot, a_specialist, an_admin
from tests.integration.store_calls import counted_calls, just_before, refusing
from tests.integration.tables import (
    booking_item,
    change_stored,
    delete_stored,
    put_stored,
    refused,
    stored,
    stored_in_calendar,
)

PATH = "/specialists/me/schedule"
NINE_TO_FIVE = (Interval(9 * 60, 17 * 60),)
MORNING = (Interval(9 * 60, 12 * 60),)
TODAY = NOW.date()
FIRST_PAGE = PageRequest(20)
ALL_DATES = DateFilter()


def every_day(hours: DayHours, **rules: int) -> Schedule:
    return Schedule(hours=dict.fromkeys(Weekday, hours), **rules)


@pytest.fixture
def specialist() -> Caller:
    return a_specialist()


@pytest.fixture
def open_specialist(specialist: Caller) -> Caller:
    """Open from nine to five, UTC, on every day."""
    set_schedule(specialist, every_day(NINE_TO_FIVE), NOW)
    return specialist


def in_zone(caller: Caller, time_zone: str) -> None:
    profiles.update_own_profile(caller, {"time_zone": time_zone}, NOW)


def close_profile(of: Caller) -> None:
    """What deactivation does."""
    change_stored("calendar", {"specialist_id": of.specialist_id, "sk": "profile"}, closed=True)


def booked(specialist: Caller, start_at: datetime, length: timedelta = HOUR) -> Booking:
    """A confirmed booking from hours that starts then, whatever the hours are."""
    before = start_at - HOUR
    booking = create_booking(a_client(), Wish(a_slot(specialist, HOUR, now=before).id), before)
    slot = SlotId.of_hours(specialist.specialist_id, start_at, length)
    change_stored(
        "bookings",
        {"booking_id": booking.id},
        slot_id=slot.text,
        slot_end_at=to_stored(start_at + length),
    )
    return booking


def at(hour: int, day: date = TODAY + DAY, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def ids(bookings: Sequence[Booking]) -> list[str]:
    return [booking.id for booking in bookings]


class TestTheWeek:
    WEEK: Mapping[str, Any] = {
        "mon": [{"from": "09:00", "to": "13:00"}, {"from": "13:00", "to": "18:30"}],
        "sat": [{"from": "00:00", "to": "24:00"}],
        "sun": [],
    }
    RULES: Mapping[str, int] = {
        "slot_minutes": 5,
        "step_minutes": 20,
        "min_notice_minutes": 43_200,
        "horizon_days": 400,
        "change_notice_minutes": 1,
    }

    def test_is_shown_as_it_was_described(self, api: Api, specialist: Caller) -> None:
        described = {"hours": dict(self.WEEK), **self.RULES}

        answer = api.request("PUT", PATH, specialist, json=described)

        assert answer.status_code == 200
        assert answer.json() == described | {"version": 1, "conflicts": []}
        shown = described | {"version": 1}
        assert api.request("GET", PATH, specialist).json() == shown
        assert api.request("GET", f"/specialists/{specialist.specialist_id}/schedule").json() == shown

    def test_is_stored_in_minutes_of_the_day(self, api: Api, specialist: Caller) -> None:
        api.request("PUT", PATH, specialist, json={"hours": dict(self.WEEK), **self.RULES})

        assert get_schedule(specialist.specialist_id) == Schedule(
            hours={
                Weekday.MON: (Interval(540, 780), Interval(780, 1110)),
                Weekday.SAT: (Interval(0, 1440),),
                Weekday.SUN: (),
            },
            slot_minutes=5,
            step_minutes=20,
            min_notice_minutes=43_200,
            horizon_days=400,
            change_notice_minutes=1,
            version=1,
        )

    def test_has_defaults_for_the_rules(self, api: Api, specialist: Caller) -> None:
        answer = api.request("PUT", PATH, specialist, json={"hours": {}}).json()

        assert answer == {
            "hours": {},
            "slot_minutes": 60,
            "step_minutes": 15,
            "min_notice_minutes": 0,
            "horizon_days": 60,
            "change_notice_minutes": 0,
            "version": 1,
            "conflicts": [],
        }

    def test_is_replaced_as_a_whole(self, api: Api, specialist: Caller) -> None:
        api.request("PUT", PATH, specialist, json={"hours": dict(self.WEEK), **self.RULES})

        answer = api.request("PUT", PATH, specialist, json={"hours": {"tue": []}}).json()

        assert (answer["hours"], answer["slot_minutes"], answer["version"]) == ({"tue": []}, 60, 2)

    def test_has_its_days_and_intervals_in_order(self, api: Api, specialist: Caller) -> None:
        late, early = {"from": "15:00", "to": "16:00"}, {"from": "08:00", "to": "15:00"}

        answer = api.request("PUT", PATH, specialist, json={"hours": {"fri": [late, early], "mon": [early]}}).json()

        assert list(answer["hours"].items()) == [("mon", [early]), ("fri", [early, late])]

    def test_has_no_hours_before_it_is_described(self, api: Api, specialist: Caller) -> None:
        answer = api.request("GET", f"/specialists/{specialist.specialist_id}/schedule")

        assert answer.status_code == 200
        assert (answer.json()["hours"], answer.json()["version"]) == ({}, 0)
        assert api.request("GET", PATH, specialist).json() == answer.json()

    @pytest.mark.parametrize(
        "day",
        [
            [{"from": "09:00", "to": "09:00"}],
            [{"from": "10:00", "to": "09:00"}],
            [{"from": "24:00", "to": "24:00"}],
            [{"from": "09:00", "to": "24:01"}],
            [{"from": "09:00", "to": "25:00"}],
            [{"from": "09:60", "to": "12:00"}],
            [{"from": "9:00", "to": "12:00"}],
            [{"from": "09:00:00", "to": "12:00"}],
            [{"from": "09:00", "to": "12:00:30"}],
            [{"from": "09:00 ", "to": "12:00"}],
            [{"from": "٠٩:00", "to": "12:00"}],
            [{"from": 540, "to": 720}],
            [{"from": "09:00"}],
            [{"to": "09:00"}],
            [{"start": "09:00", "end": "10:00"}],
            [{"from": "09:00", "to": "10:00", "note": "x"}],
            [{"from": "09:00", "to": "12:00"}, {"from": "11:59", "to": "13:00"}],
            [{"from": "11:00", "to": "13:00"}, {"from": "09:00", "to": "12:00"}],
            [{"from": "09:00", "to": "12:00"}, {"from": "09:00", "to": "12:00"}],
            [{"from": "09:00", "to": "18:00"}, {"from": "10:00", "to": "11:00"}],
            [{"from": f"{hour:02}:00", "to": f"{hour:02}:30"} for hour in range(21)],
            ["09:00-12:00"],
            {"from": "09:00", "to": "10:00"},
            None,
        ],
        ids=lambda day: str(day)[:60],
    )
    def test_whose_intervals_cannot_be_is_a_422(self, api: Api, specialist: Caller, day: object) -> None:
        before = stored("calendar")

        for method_body in (
            ("PUT", PATH, {"hours": {"mon": day}}),
            ("PUT", f"{PATH}/dates/{current_instant().date() + 2 * DAY}", {"hours": day}),
        ):
            method, path, body = method_body
            error_of(api.request(method, path, specialist, json=body), 422, "validation_error")

        assert stored("calendar") == before

    def test_has_up_to_20_intervals_a_day(self, api: Api, specialist: Caller) -> None:
        day = [{"from": f"{hour:02}:00", "to": f"{hour:02}:30"} for hour in range(20)]

        answer = api.request("PUT", PATH, specialist, json={"hours": {"mon": day}})

        assert (answer.status_code, answer.json()["hours"]["mon"]) == (200, day)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"hours": None},
            {"hours": {"monday": []}},
            {"hours": {"MON": []}},
            {"hours": {"0": []}},
            {"slot_minutes": 4},
            {"slot_minutes": 481},
            {"slot_minutes": 30.5},
            {"slot_minutes": "30"},
            {"slot_minutes": None},
            {"step_minutes": 0},
            {"step_minutes": 12},
            {"step_minutes": "15"},
            {"min_notice_minutes": -1},
            {"min_notice_minutes": 43_201},
            {"horizon_days": 0},
            {"horizon_days": 401},
            {"change_notice_minutes": -1},
            {"change_notice_minutes": 43_201},
            {"version": 1},
            {"time_zone": "UTC"},
        ],
        ids=str,
    )
    def test_that_breaks_a_rule_is_a_422(self, api: Api, specialist: Caller, wrong: dict[str, object]) -> None:
        error_of(api.request("PUT", PATH, specialist, json={"hours": {}} | wrong), 422, "validation_error")

        assert stored_in_calendar("schedule") == []

    def test_needs_hours(self, api: Api, specialist: Caller) -> None:
        error_of(api.request("PUT", PATH, specialist, json={"slot_minutes": 30}), 422, "validation_error")

    def test_of_nobody_is_not_found(self, api: Api) -> None:
        unknown = new_id("spc")
        for specialist_id in (unknown, "spc_x", "x" * 200):
            with pytest.raises(SpecialistNotFound):
                get_schedule(specialist_id)
        error_of(api.request("GET", f"/specialists/{unknown}/schedule"), 404, "specialist_not_found")

    @pytest.mark.parametrize("somebody", [a_client, an_admin])
    def test_of_somebody_without_a_profile_is_not_found(self, api: Api, somebody: Callable[[], Caller]) -> None:
        caller = somebody()
        with pytest.raises(ProfileNotFound):
            get_own_schedule(caller)
        error_of(api.request("GET", PATH, caller), 404, "specialist_profile_not_found")

    def test_makes_a_profile_for_an_admin(self) -> None:
        admin, other = an_admin(), an_admin()

        set_schedule(admin, every_day(MORNING), NOW)
        set_schedule(other, every_day(NINE_TO_FIVE), NOW)

        assert get_schedule(admin.specialist_id).hours[Weekday.MON] == MORNING
        assert get_schedule(other.specialist_id).hours[Weekday.MON] == NINE_TO_FIVE
        assert profiles.get_profile(admin.specialist_id).user_id == admin.user_id

    def test_is_its_specialists_only(self, open_specialist: Caller) -> None:
        set_schedule(a_specialist(), every_day(MORNING), NOW)

        assert get_schedule(open_specialist.specialist_id).hours[Weekday.MON] == NINE_TO_FIVE

    def test_is_read_in_one_call(self, open_specialist: Caller) -> None:
        with counted_calls() as calls:
            get_schedule(open_specialist.specialist_id)

        assert calls.operations == ["GetItem"]
        assert calls.parameters("GetItem")[0]["ConsistentRead"]

    def test_cannot_be_described_by_a_deactivated_specialist(self, specialist: Caller) -> None:
        close_profile(specialist)

        refused(Forbidden, partial(set_schedule, specialist, every_day(MORNING), NOW))

    def test_cannot_be_described_by_one_who_is_just_being_deactivated(self, open_specialist: Caller) -> None:
        closing = partial(close_profile, open_specialist)

        with just_before("TransactWriteItems", closing), pytest.raises(Forbidden):
            set_schedule(open_specialist, every_day(MORNING), NOW)

        assert get_schedule(open_specialist.specialist_id).version == 1

    def test_cannot_be_described_by_a_deactivated_admin(self) -> None:
        admin = an_admin()
        set_schedule(admin, every_day(MORNING), NOW)
        close_profile(admin)

        refused(Forbidden, partial(set_schedule, admin, every_day(NINE_TO_FIVE), NOW))


class TestVersions:
    def test_rise_with_each_change(self, specialist: Caller) -> None:
        versions = [set_schedule(specialist, every_day(MORNING), NOW).value.version for _ in range(3)]

        assert versions == [1, 2, 3]

    def test_are_the_servers_whatever_is_given(self, specialist: Caller) -> None:
        assert set_schedule(specialist, every_day(MORNING, version=77), NOW).value.version == 1

    @pytest.mark.parametrize("earlier", [0, 1])
    def test_rise_for_each_of_two_changes_at_once(self, specialist: Caller, earlier: int) -> None:
        for _ in range(earlier):
            set_schedule(specialist, every_day(NINE_TO_FIVE), NOW)
        others = []

        def other_change() -> None:
            others.append(set_schedule(specialist, every_day(MORNING), NOW).value)

        with just_before("TransactWriteItems", other_change):
            mine = set_schedule(specialist, every_day(NINE_TO_FIVE), NOW).value

        assert [others[0].version, mine.version] == [earlier + 1, earlier + 2]
        assert get_schedule(specialist.specialist_id) == mine

    def test_that_others_change_without_end_are_a_503(self, specialist: Caller) -> None:
        with (
            refusing(
                "TransactionCanceledException", only="TransactWriteItems", reasons=["None", "TransactionConflict"]
            ),
            pytest.raises(StoreUnavailable),
        ):
            set_schedule(specialist, every_day(MORNING), NOW)

        assert stored_in_calendar("schedule") == []


class TestDates:
    def test_have_hours_of_their_own(self, api: Api, specialist: Caller) -> None:
        day = (current_instant().date() + 10 * DAY).isoformat()
        hours = [{"from": "10:00", "to": "12:30"}, {"from": "20:00", "to": "24:00"}]

        answer = api.request("PUT", f"{PATH}/dates/{day}", specialist, json={"hours": hours})

        assert answer.status_code == 200
        assert answer.json() == {"date": day, "hours": hours, "conflicts": []}
        shown = [{"date": day, "hours": hours}]
        assert api.request("GET", f"{PATH}/dates", specialist).json() == shown
        assert api.request("GET", f"/specialists/{specialist.specialist_id}/schedule/dates").json() == shown

    def test_of_a_range_have_the_same_hours(self, api: Api, specialist: Caller) -> None:
        days = [(current_instant().date() + number * DAY).isoformat() for number in range(5, 8)]
        body = {"date_from": days[0], "date_to": days[-1], "hours": []}

        answer = api.request("PUT", f"{PATH}/dates", specialist, json=body)

        assert answer.status_code == 200
        assert answer.json() == {"dates": [{"date": day, "hours": []} for day in days], "conflicts": []}
        assert api.request("GET", f"{PATH}/dates", specialist).json() == answer.json()["dates"]

    def test_of_a_range_are_written_at_once(self, specialist: Caller) -> None:
        last = TODAY + (MOST_DATES_AT_ONCE - 1) * DAY

        with counted_calls() as calls:
            changed = set_dates(specialist, TODAY, last, MORNING, NOW)

        assert calls.counted["TransactWriteItems"] == 1
        assert len(changed.value) == len(stored_in_calendar("date")) == MOST_DATES_AT_ONCE
        assert changed.value[-1] == DateHours(last, MORNING)

    def test_are_replaced(self, specialist: Caller) -> None:
        set_dates(specialist, TODAY, TODAY + 2 * DAY, (), NOW)

        set_date(specialist, TODAY + DAY, MORNING, NOW)

        shown = list_own_dates(specialist, ALL_DATES, FIRST_PAGE).items
        assert [shown_day.hours for shown_day in shown] == [(), MORNING, ()]

    def test_end_by_themselves_when_they_are_over_everywhere(self, specialist: Caller) -> None:
        set_date(specialist, TODAY, MORNING, NOW)

        [item] = stored_in_calendar("date")
        assert epoch_seconds(at(0, TODAY + 2 * DAY)) <= item["expires_at"] <= epoch_seconds(at(0, TODAY + 7 * DAY))

    def test_are_those_of_the_specialists_zone(self, specialist: Caller) -> None:
        in_zone(specialist, "Pacific/Kiritimati")  # it is already tomorrow there
        late = NOW + 3 * HOUR

        refused(DateInThePast, partial(set_date, specialist, TODAY, MORNING, late))
        set_date(specialist, TODAY + DAY, MORNING, late)

        in_zone(specialist, "Pacific/Pago_Pago")  # it is still yesterday there
        set_date(specialist, TODAY - DAY, MORNING, NOW)
        refused(DateInThePast, partial(set_date, specialist, TODAY - 2 * DAY, MORNING, NOW))

    def test_reach_400_days_ahead(self, specialist: Caller) -> None:
        last = TODAY + 400 * DAY
        set_date(specialist, last, MORNING, NOW)
        set_dates(specialist, last - DAY, last, MORNING, NOW)

        refused(DateTooFarAhead, partial(set_date, specialist, last + DAY, MORNING, NOW))
        refused(LastDateTooFarAhead, partial(set_dates, specialist, last, last + DAY, MORNING, NOW))

    def test_of_a_range_that_cannot_be_are_refused(self, specialist: Caller) -> None:
        yesterday, tomorrow = TODAY - DAY, TODAY + DAY

        refused(LastDateBeforeFirst, partial(set_dates, specialist, tomorrow, TODAY, MORNING, NOW))
        refused(FirstDateInThePast, partial(set_dates, specialist, yesterday, TODAY, MORNING, NOW))
        too_long = TODAY + MOST_DATES_AT_ONCE * DAY
        refused(TooManyDates, partial(set_dates, specialist, TODAY, too_long, MORNING, NOW))

    @pytest.mark.parametrize(
        ("method", "path", "body", "where"),
        [
            ("PUT", "dates/2020-01-01", {"hours": []}, ["path", "date"]),
            ("PUT", "dates/2190-01-01", {"hours": []}, ["path", "date"]),
            ("PUT", "dates/2030-02-30", {"hours": []}, ["path", "date"]),
            ("PUT", "dates/tomorrow", {"hours": []}, ["path", "date"]),
            ("PUT", "dates/1893456000", {"hours": []}, ["path", "date"]),
            ("DELETE", "dates/tomorrow", None, ["path", "date"]),
            ("PUT", "dates", {"date_from": "2020-01-01", "date_to": "2020-01-02", "hours": []}, ["body", "date_from"]),
            ("PUT", "dates", {"date_from": "2190-01-01", "date_to": "2190-01-02", "hours": []}, ["body", "date_to"]),
            ("PUT", "dates", {"date_from": "2190-01-02", "date_to": "2190-01-01", "hours": []}, ["body", "date_to"]),
            ("PUT", "dates", {"date_from": "2190-01-01", "date_to": "2190-04-01", "hours": []}, ["body", "date_to"]),
            ("PUT", "dates", {"date_to": "2190-04-01", "hours": []}, ["body", "date_from"]),
            ("GET", "dates?date_from=2030-01-02&date_to=2030-01-01", None, ["query", "date_to"]),
            ("GET", "dates?date_from=x", None, ["query", "date_from"]),
            ("GET", "dates?date=2030-01-02", None, ["query", "date"]),
        ],
    )
    def test_that_cannot_be_are_a_422_that_says_where(
        self, api: Api, specialist: Caller, method: str, path: str, body: object, where: list[str]
    ) -> None:
        given: dict[str, Any] = {} if body is None else {"json": body}
        answer = api.request(method, f"{PATH}/{path}", specialist, **given)

        [problem] = error_of(answer, 422, "validation_error")["detail"]
        assert problem["loc"] == where
        assert stored_in_calendar("date") == []

    def test_make_a_profile_for_an_admin(self) -> None:
        admin, other = an_admin(), an_admin()

        set_date(admin, TODAY, MORNING, NOW)
        set_dates(other, TODAY, TODAY, (), NOW)

        for caller, hours in ((admin, MORNING), (other, ())):
            assert list_dates(caller.specialist_id, ALL_DATES, FIRST_PAGE).items == [DateHours(TODAY, hours)]

    @pytest.mark.parametrize(
        "change",
        [
            lambda caller: set_date(caller, TODAY, (), NOW),
            lambda caller: set_dates(caller, TODAY, TODAY + DAY, (), NOW),
            lambda caller: delete_date(caller, TODAY),
        ],
        ids=["set_date", "set_dates", "delete_date"],
    )
    def test_cannot_be_changed_by_a_deactivated_specialist(
        self, specialist: Caller, change: Callable[[Caller], object]
    ) -> None:
        set_date(specialist, TODAY, MORNING, NOW)
        with just_before("TransactWriteItems", partial(close_profile, specialist)), pytest.raises(Forbidden):
            change(specialist)

        refused(Forbidden, partial(change, specialist))

        assert list_own_dates(specialist, ALL_DATES, FIRST_PAGE).items == [DateHours(TODAY, MORNING)]


class TestDatesTakenBack:
    def test_are_the_weeks_again(self, api: Api, specialist: Caller) -> None:
        set_dates(specialist, TODAY, TODAY + DAY, (), NOW)

        answer = api.request("DELETE", f"{PATH}/dates/{TODAY}", specialist)

        assert (answer.status_code, answer.content) == (204, b"")
        assert [day.date for day in list_own_dates(specialist, ALL_DATES, FIRST_PAGE).items] == [TODAY + DAY]

    def test_may_be_taken_back_twice(self, api: Api, specialist: Caller) -> None:
        for caller in (specialist, specialist, an_admin()):
            assert api.request("DELETE", f"{PATH}/dates/{TODAY}", caller).status_code == 204

    def test_are_the_callers_own_only(self, specialist: Caller) -> None:
        set_date(specialist, TODAY, (), NOW)

        delete_date(a_specialist(), TODAY)

        assert len(stored_in_calendar("date")) == 1


class TestListsOfDates:
    @pytest.fixture
    def week(self, specialist: Caller) -> list[date]:
        set_dates(specialist, TODAY, TODAY + 6 * DAY, (), NOW)
        set_date(a_specialist(), TODAY, (), NOW)
        set_schedule(specialist, every_day(MORNING), NOW)
        return [TODAY + number * DAY for number in range(7)]

    @pytest.mark.parametrize(
        ("first", "last"), [(None, None), (0, 6), (2, 4), (3, 3), (None, 2), (5, None), (-10, 30), (8, 9)]
    )
    def test_show_a_range_by_date(
        self, specialist: Caller, week: list[date], first: int | None, last: int | None
    ) -> None:
        wanted = DateFilter(
            None if first is None else TODAY + first * DAY, None if last is None else TODAY + last * DAY
        )

        shown = [day.date for day in list_dates(specialist.specialist_id, wanted, FIRST_PAGE).items]

        low, high = wanted.date_from or date.min, wanted.date_to or date.max
        assert shown == [day for day in week if low <= day <= high]

    def test_go_on_page_by_page(self, api: Api, specialist: Caller, week: list[date]) -> None:
        path = f"/specialists/{specialist.specialist_id}/schedule/dates?date_from={TODAY}&limit=3"
        shown: list[str] = []
        while path:
            answer = api.request("GET", path)
            shown += [day["date"] for day in answer.json()]
            path = answer.headers["link"][1:].partition(">")[0] if "link" in answer.headers else ""

        assert shown == [day.isoformat() for day in week]

    def test_are_one_query(self, specialist: Caller, week: list[date]) -> None:
        with counted_calls() as calls:
            list_own_dates(specialist, ALL_DATES, FIRST_PAGE)

        assert calls.operations == ["Query"]

    def test_that_are_reversed_are_refused(self) -> None:
        with pytest.raises(DatesReversed):
            DateFilter(TODAY, TODAY - DAY)

    def test_of_nobody_are_not_found(self, api: Api, specialist: Caller) -> None:
        error_of(api.request("GET", f"/specialists/{new_id('spc')}/schedule/dates"), 404, "specialist_not_found")
        error_of(api.request("GET", "/specialists/spc_x/schedule/dates"), 404, "specialist_not_found")
        error_of(api.request("GET", f"{PATH}/dates", a_client()), 404, "specialist_profile_not_found")
        assert api.request("GET", f"{PATH}/dates", specialist).json() == []


class TestConflictsOfAWeek:
    def test_are_the_bookings_that_it_no_longer_covers(self, api: Api, specialist: Caller) -> None:
        now = current_instant()
        day = (now + 2 * DAY).date()
        outside, inside = at(15, day), at(10, day)
        kept, left_out = booked(specialist, inside), booked(specialist, outside)
        week = {day.value: [{"from": "09:00", "to": "12:00"}] for day in Weekday}
        before = stored("bookings")

        answer = api.request("PUT", PATH, specialist, json={"hours": week}).json()

        assert answer["conflicts"] == [
            {
                "id": left_out.id,
                "slot_start_at": outside.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "slot_end_at": (outside + HOUR).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ]
        assert kept.id not in str(answer)
        assert stored("bookings") == before

    def test_are_covered_to_the_minute(self, open_specialist: Caller) -> None:
        booked(open_specialist, at(9), 8 * HOUR)
        early = booked(open_specialist, at(8, TODAY + 2 * DAY, 59), MINUTE + HOUR)
        late = booked(open_specialist, at(16, TODAY + 3 * DAY), HOUR + MINUTE)

        changed = set_schedule(open_specialist, every_day(NINE_TO_FIVE), NOW)

        assert ids(changed.conflicts) == [early.id, late.id]

    def test_are_covered_by_intervals_that_touch(self, specialist: Caller) -> None:
        booked(specialist, at(11, minute=30))

        halves = (Interval(9 * 60, 12 * 60), Interval(12 * 60, 17 * 60))
        assert set_schedule(specialist, every_day(halves), NOW).conflicts == []

    def test_are_neither_hand_opened_nor_ended_nor_past_nor_somebody_elses(self, specialist: Caller) -> None:
        a_booking(specialist, a_client(), 12 * HOUR)
        client = a_client()
        cancelled = a_booking(specialist, client, 14 * HOUR)
        cancel_booking(client, cancelled.id, NOW)
        other = a_specialist()
        booked(other, at(20))
        begun = booked(specialist, NOW + HOUR)
        left_out = booked(specialist, NOW + 2 * HOUR)

        changed = set_schedule(specialist, Schedule(), begun.slot_start_at + SECOND)

        assert ids(changed.conflicts) == [left_out.id]

    def test_include_one_that_starts_now(self, specialist: Caller) -> None:
        booking = booked(specialist, NOW + HOUR)

        assert ids(set_schedule(specialist, Schedule(), booking.slot_start_at).conflicts) == [booking.id]

    def test_reach_as_far_as_bookings_do(self, specialist: Caller) -> None:
        booking = booked(specialist, at(9, TODAY + 399 * DAY))

        assert ids(set_schedule(specialist, Schedule(), NOW).conflicts) == [booking.id]

    def test_heed_days_with_hours_of_their_own(self, open_specialist: Caller) -> None:
        set_date(open_specialist, TODAY + DAY, (Interval(20 * 60, 24 * 60),), NOW)
        set_date(open_specialist, TODAY + 300 * DAY, (), NOW)
        booked(open_specialist, at(22, TODAY + DAY))
        on_a_day_off = booked(open_specialist, at(10, TODAY + 300 * DAY))

        changed = set_schedule(open_specialist, every_day(NINE_TO_FIVE), NOW)

        assert ids(changed.conflicts) == [on_a_day_off.id]

    def test_are_judged_on_the_specialists_clock(self, specialist: Caller) -> None:
        in_zone(specialist, "America/New_York")
        before_the_clock_changes, after = at(14, date(2030, 3, 9)), at(13, date(2030, 3, 11))
        booked(specialist, before_the_clock_changes)
        booked(specialist, after)
        too_early = booked(specialist, after + DAY - HOUR)

        changed = set_schedule(specialist, every_day(NINE_TO_FIVE), NOW)

        assert ids(changed.conflicts) == [too_early.id]

    def test_are_judged_by_what_stands_after_the_write(self, open_specialist: Caller) -> None:
        booking = booked(open_specialist, at(15))

        def other_change() -> None:
            set_schedule(open_specialist, every_day(NINE_TO_FIVE), NOW)

        with just_before("BatchGetItem", other_change):
            changed = set_schedule(open_specialist, every_day(MORNING), NOW)
        assert changed.conflicts == []

        with just_before("BatchGetItem", partial(set_date, open_specialist, TODAY + DAY, MORNING, NOW)):
            changed = set_schedule(open_specialist, every_day(NINE_TO_FIVE), NOW)
        assert ids(changed.conflicts) == [booking.id]

    def test_are_the_first_hundred_by_start(self, specialist: Caller) -> None:
        [template] = [booking_item(booked(specialist, at(9)).id)]
        starts = [at(9) + number * HOUR for number in range(MOST_CONFLICTS + 20)]
        items = []
        for number, start_at in enumerate(reversed(starts)):
            booking_id = new_id("bkg")
            times = {"slot_start_at": to_stored(start_at), "slot_end_at": to_stored(start_at + HOUR)}
            items.append(template | times | {"booking_id": booking_id, "starts": starts_key(start_at, booking_id)})
            if number % 10 == 0:
                items[-1]["status"] = "cancelled"
        delete_stored("bookings", {"booking_id": template["booking_id"]})
        put_stored("bookings", items)

        conflicts = set_schedule(specialist, Schedule(), NOW).conflicts

        assert len(conflicts) == MOST_CONFLICTS
        assert all(one.slot_start_at < other.slot_start_at for one, other in pairwise(conflicts))
        confirmed = sorted(item["slot_start_at"] for item in items if item["status"] == "confirmed")
        assert [to_stored(booking.slot_start_at) for booking in conflicts] == confirmed[:MOST_CONFLICTS]

    def test_cost_a_bounded_number_of_calls(self, open_specialist: Caller) -> None:
        for number in range(5):
            booked(open_specialist, at(12, TODAY + (number + 1) * DAY))
        set_dates(open_specialist, TODAY, TODAY + 30 * DAY, MORNING, NOW)

        with counted_calls() as calls:
            set_schedule(open_specialist, every_day(MORNING), NOW)

        assert calls.operations == ["GetItem", "TransactWriteItems", "BatchGetItem", "Query", "Query"]


class TestConflictsOfDates:
    def test_are_those_of_the_day(self, open_specialist: Caller) -> None:
        booked(open_specialist, at(20, TODAY))
        booked(open_specialist, at(10))
        left_out = booked(open_specialist, at(15))
        booked(open_specialist, at(20, TODAY + 2 * DAY))

        changed = set_date(open_specialist, TODAY + DAY, MORNING, NOW)

        assert ids(changed.conflicts) == [left_out.id]

    def test_are_those_of_all_days_of_the_range(self, open_specialist: Caller) -> None:
        bookings = [booked(open_specialist, at(10, TODAY + number * DAY)) for number in range(1, 6)]

        changed = set_dates(open_specialist, TODAY + 2 * DAY, TODAY + 4 * DAY, (), NOW)

        assert ids(changed.conflicts) == ids(bookings[1:4])

    def test_are_those_of_a_day_of_the_specialists_zone(self, specialist: Caller) -> None:
        in_zone(specialist, "Pacific/Auckland")  # 13 hours ahead
        set_schedule(specialist, every_day((Interval(0, 1440),)), NOW)
        day_begins = at(11, TODAY)
        booked(specialist, day_begins - 2 * HOUR)
        first, last = booked(specialist, day_begins), booked(specialist, day_begins + 23 * HOUR)
        booked(specialist, day_begins + 24 * HOUR)

        assert ids(set_date(specialist, TODAY + DAY, (), NOW).conflicts) == [first.id, last.id]

    def test_are_also_those_that_only_end_on_the_day(self, specialist: Caller) -> None:
        set_schedule(specialist, every_day((Interval(0, 1440),)), NOW)
        over_midnight = booked(specialist, at(23, TODAY + DAY, 30))
        booked(specialist, at(22, TODAY + DAY, 30))

        assert ids(set_date(specialist, TODAY + 2 * DAY, (), NOW).conflicts) == [over_midnight.id]

    def test_leave_out_what_has_begun(self, open_specialist: Caller) -> None:
        booked(open_specialist, NOW + HOUR)
        later = booked(open_specialist, NOW + 3 * HOUR)

        assert ids(set_date(open_specialist, TODAY, (), NOW + 2 * HOUR).conflicts) == [later.id]

    def test_of_a_day_that_ends_meanwhile_are_none(self, specialist: Caller) -> None:
        late = NOW + 2 * HOUR  # it is after midnight in Kiritimati, and before noon in UTC

        moved_east = just_before("BatchGetItem", partial(in_zone, specialist, "Pacific/Kiritimati"))
        with moved_east, counted_calls() as calls:
            assert set_date(specialist, TODAY, (), late).conflicts == []

        assert [query.get("IndexName") for query in calls.parameters("Query")] == [
            None
        ]  # a range begins before it ends


class TestConflictsOfATimeZone:
    def test_are_told_when_it_changes(self, api: Api, specialist: Caller) -> None:
        day = (current_instant() + 3 * DAY).date()
        set_schedule(specialist, every_day(NINE_TO_FIVE), NOW)
        booking = booked(specialist, at(9, day))

        answer = api.request("PATCH", "/specialists/me", specialist, json={"time_zone": "America/New_York"})

        assert answer.status_code == 200
        assert [conflict["id"] for conflict in answer.json()["conflicts"]] == [booking.id]
        shown = api.request("GET", "/specialists/me", specialist).json()
        assert answer.json() == shown | {"conflicts": answer.json()["conflicts"]}
        assert shown["time_zone"] == "America/New_York"

    def test_are_none_when_something_else_changes(self, api: Api, specialist: Caller) -> None:
        set_schedule(specialist, every_day(NINE_TO_FIVE), NOW)
        booked(specialist, at(20, (current_instant() + 3 * DAY).date()))

        answer = api.request("PATCH", "/specialists/me", specialist, json={"display_name": "Ann"})

        assert answer.json()["conflicts"] == []

    def test_are_not_looked_for_when_something_else_changes(self, specialist: Caller) -> None:
        with counted_calls() as calls:
            update_own_profile(specialist, {"display_name": "Ann"}, NOW)

        assert calls.operations == ["UpdateItem"]

    def test_cost_three_reads(self, specialist: Caller) -> None:
        with counted_calls() as calls:
            update_own_profile(specialist, {"time_zone": "Asia/Tokyo"}, NOW)

        assert calls.operations == ["UpdateItem", "BatchGetItem", "Query", "Query"]
