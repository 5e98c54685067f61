"""What may be offered: slots from hours and services, as far as the history can tell what was set when.

Computed without the API's own code, from what a wall clock shows minute by minute. Notice and horizon are left out: the
clients ask for times between them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from tests.consistency.evidence import Evidence, Stretch, latest_effect
from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.tables import Buffers

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

type Intervals = tuple[tuple[str, str], ...]
"""From when to when, as a wall clock shows it: `HH:MM`."""


@dataclass(frozen=True)
class Hours:
    """A specialist's hours: the same on each day of the week, but for some dates."""

    zone: str
    every_day: Intervals
    dates: tuple[tuple[date, Intervals], ...]
    step: timedelta
    slot_minutes: int

    def starts_on(self, day: date, length: timedelta) -> frozenset[datetime]:
        """Every instant at which something of that length can start on that local day."""
        intervals = dict(self.dates).get(day, self.every_day)
        return frozenset(start for interval in intervals for start in self._starts_in(interval, day, length))

    def has(self, slot: Stretch, minutes: int | None) -> bool:
        """Whether the slot is one for a service of so many minutes, or for none."""
        length = timedelta(minutes=minutes or self.slot_minutes)
        day = slot.start.astimezone(ZoneInfo(self.zone)).date()
        near = (day - DAY, day, day + DAY)
        return slot.end - slot.start == length and any(slot.start in self.starts_on(one, length) for one in near)

    def _starts_in(self, interval: tuple[str, str], day: date, length: timedelta) -> Iterator[datetime]:
        start, closes = (instant(self.zone, day, clock) for clock in interval)
        while start + length <= closes:
            yield start
            start += self.step


@cache
def instant(zone: str, day: date, clock: str) -> datetime:
    """When a wall clock shows that time for the first time on that day.

    Where clocks go forward over it, as long after the last moment before as it would have been (RFC 5545, 3.3.5).
    """
    hour, minute = clock.split(":")
    wanted = datetime.combine(day, time()) + timedelta(hours=int(hour), minutes=int(minute))
    moment = datetime.combine(day, time(), UTC) - DAY
    while _shown(zone, moment + MINUTE) < wanted:
        moment += MINUTE
    if _shown(zone, moment + MINUTE) == wanted:
        return moment + MINUTE
    return moment + (wanted - _shown(zone, moment))


def _shown(zone: str, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def next_change_of_clocks(zone: str, now: datetime) -> date:
    """The next local day on which the zone's clocks are changed."""
    place = ZoneInfo(zone)
    day = now.astimezone(place).date() + DAY
    while _noon(place, day).utcoffset() == _noon(place, day - DAY).utcoffset():
        day += DAY
    return day


def _noon(place: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time(12), place)


def possible_hours(evidence: Evidence, specialist: str, begin: float, end: float) -> list[Hours]:
    """All that the specialist's hours may have been in that time; none where nobody is known to have set them."""
    by_date: dict[date, list[Operation]] = {}
    for write in evidence.writes_of_hours.get((Kind.SET_DATE, specialist), ()):
        by_date.setdefault(date.fromisoformat((write.wanted or {})["date"]), []).append(write)
    weeks = _possible(evidence.writes_of_hours.get((Kind.SET_WEEK, specialist), ()), begin, end)
    own = [[(day, set_to) for set_to in _possible(writes, begin, end)] for day, writes in by_date.items()]
    return [_hours(week, dict(dates)) for week in weeks if week for dates in product(*own)]


def _hours(week: Mapping[str, Any], dates: Mapping[date, Mapping[str, Any] | None]) -> Hours:
    own = {day: set_to["hours"] for day, set_to in dates.items() if set_to and set_to["hours"] is not None}
    return Hours(
        week["time_zone"],
        _intervals(week["hours"]),
        tuple((day, _intervals(hours)) for day, hours in own.items()),
        timedelta(minutes=week["step_minutes"]),
        week["slot_minutes"],
    )


def _intervals(pairs: Sequence[Sequence[str]]) -> Intervals:
    return tuple((start, end) for start, end in pairs)


@dataclass(frozen=True)
class Service:
    """A service, as it may have been."""

    minutes: int
    buffers: Buffers
    is_active: bool


def possible_services(evidence: Evidence, service: str, begin: float, end: float) -> list[Service]:
    """All that the service may have been in that time."""
    found = _possible(evidence.writes_of_hours.get((Kind.SET_SERVICE, service), ()), begin, end)
    return [_service(wanted) for wanted in found if wanted]


def _service(wanted: Mapping[str, Any]) -> Service:
    before, after = (timedelta(minutes=wanted[f"buffer_{side}_minutes"]) for side in ("before", "after"))
    return Service(wanted["duration_minutes"], Buffers(before, after), wanted["is_active"])


def possible_buffers(evidence: Evidence, service: str | None, begin: float, end: float) -> list[Buffers]:
    """All that the buffers around an appointment may be that is asked for in that time."""
    if service is None:
        return [Buffers()]
    return [found.buffers for found in possible_services(evidence, service, begin, end)]


def possible_lengths(evidence: Evidence, service: str | None, begin: float, end: float) -> list[int | None]:
    """How many minutes a slot may have to have; None is as many as one without a service has."""
    if service is None:
        return [None]
    return [found.minutes for found in possible_services(evidence, service, begin, end)]


def is_surely_offered(
    evidence: Evidence, slot: Stretch, service: str | None, begin: float, end: float, *, from_hours: bool
) -> bool:
    """Whether in all that time clients were offered the slot for the service, if it is free."""
    services = possible_services(evidence, service, begin, end) if service else []
    if service and not all(found.is_active for found in services):
        return False
    if not from_hours:
        return True
    lengths = possible_lengths(evidence, service, begin, end)
    hours = possible_hours(evidence, slot.specialist, begin, end)
    return bool(hours) and all(found.has(slot, minutes) for found in hours for minutes in lengths)


def may_be_offered(
    evidence: Evidence, slot: Stretch, service: str | None, begin: float, end: float, *, from_hours: bool
) -> bool:
    """Whether there may have been a moment of that time at which clients were offered the slot for the service."""
    services = possible_services(evidence, service, begin, end) if service else []
    if service and not any(found.is_active for found in services):
        return False
    lengths = possible_lengths(evidence, service, begin, end)
    hours = possible_hours(evidence, slot.specialist, begin, end) if from_hours else []
    return not hours or any(found.has(slot, minutes) for found in hours for minutes in lengths)


def _possible(writes: Sequence[Operation], begin: float, end: float) -> list[Mapping[str, Any] | None]:
    """What each of the writes has set that may have stood at some moment of that time; None if none of them may have.

    One write surely replaces another if it was sent after that one's last possible moment; what it has set has stood
    since it was answered.
    """
    settled = max((w.start for w in writes if w.outcome is Outcome.DONE and w.end < begin), default=None)
    standing = [w for w in writes if w.start <= end and (settled is None or latest_effect(w) >= settled)]
    return [*([None] if settled is None else []), *(w.wanted for w in standing)]
