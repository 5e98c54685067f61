"""What the clients know together, right or not: where to find something to fight over."""

import random
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from tests.consistency.history import History
from tests.consistency.mail import Mail
from tests.consistency.offers import instant

SERVICES: tuple[Mapping[str, Any], ...] = (
    {"duration_minutes": 30, "buffer_before_minutes": 0, "buffer_after_minutes": 0, "is_active": True},
    {"duration_minutes": 60, "buffer_before_minutes": 15, "buffer_after_minutes": 15, "is_active": True},
    {"duration_minutes": 90, "buffer_before_minutes": 0, "buffer_after_minutes": 30, "is_active": True},
)
"""What each specialist offers at first."""


@dataclass(eq=False)
class Account:
    """Somebody with a token, and a connection of their own. The id of a guest is that of its address."""

    name: str
    id: str
    http: httpx.AsyncClient
    email: str = ""
    password: str = ""

    @property
    def person(self) -> str:
        """Whose name it is; nobody else in a run is called that."""
        return f"Person {self.email.partition('@')[0]}"


@dataclass(eq=False)
class Specialist(Account):
    """One whose time the clients want; all that of one local day, on which the clocks of its time zone are changed."""

    zone: str = "UTC"
    day: date = date.min
    services: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What is known of its services."""

    @property
    def specialist_id(self) -> str:
        return self.id.replace("usr_", "spc_", 1)

    @property
    def begin(self) -> datetime:
        """When the day begins."""
        return instant(self.zone, self.day, "00:00")


def is_guest(client: str) -> bool:
    """Whether that is the id of somebody without an account."""
    return client.startswith("gst_")


@dataclass(frozen=True)
class Wish:
    """A slot to ask for, with or without a service, or time off to delete."""

    slot: str
    times: tuple[str, str]
    specialist: Specialist
    service: str | None = None
    listing: int | None = None
    """The list that has just shown it as free."""

    def overlaps(self, other: "Wish") -> bool:
        """RFC 3339 in UTC sorts as text."""
        (start, end), (other_start, other_end) = self.times, other.times
        return self.specialist is other.specialist and start < other_end and other_start < end


@dataclass
class KnownBooking:
    """A booking that is believed to be held or confirmed, and where."""

    id: str
    client: Account
    place: Wish


type Doing = Callable[[World, Account], Coroutine[Any, Any, None]]


@dataclass
class World:
    """What the clients know together."""

    history: History
    luck: random.Random
    doings: Mapping[Doing, float]
    url: str
    mail: Mail
    specialists: list[Specialist] = field(default_factory=list)
    clients: list[Account] = field(default_factory=list)
    spares: list[Account] = field(default_factory=list)
    """They take the places of those who erase themselves."""
    heirs: dict[Account, Account] = field(default_factory=dict)
    """Who has taken the place of whom."""
    verified: list[Account] = field(default_factory=list)
    """Clients who have shown their addresses to be their own, and now and then book without signing in."""
    guests: list[Account] = field(default_factory=list)
    """With the link of one booking each."""
    slots: dict[str, Wish] = field(default_factory=dict)
    """Hand-opened ones."""
    from_hours: dict[tuple[str, str | None], Wish] = field(default_factory=dict)
    """Slots from hours that have been listed, by id and service."""
    times_off: dict[str, Wish] = field(default_factory=dict)
    bookings: dict[str, KnownBooking] = field(default_factory=dict)
    entries: dict[str, tuple[Account, Wish]] = field(default_factory=dict)

    def any_slot(self, of: Specialist | None = None) -> Wish | None:
        """A hand-opened one, sometimes for a service; half the time one that nobody is known to hold."""
        found = [slot for slot in self.slots.values() if of is None or slot.specialist is of]
        held = {booking.place.slot for booking in self.bookings.values()}
        free = [slot for slot in found if slot.slot not in held]
        chosen = self._any(free if free and self.luck.random() < 0.5 else found)
        if chosen and chosen.specialist.services and self.luck.random() < 0.3:
            return replace(chosen, service=self.luck.choice(list(chosen.specialist.services)))
        return chosen

    def any_from_hours(self) -> Wish | None:
        """Half the time one of which nobody is known to have a part."""
        found = list(self.from_hours.values())
        return self._any(self._free(found) if self.luck.random() < 0.5 else found)

    def any_target(self, booking: KnownBooking) -> Wish | None:
        """A slot from hours that the booking can be moved to; half the time one near it, mostly a free one."""
        here = booking.place
        found = [
            wish
            for wish in self.from_hours.values()
            if wish.specialist is here.specialist and wish.service == here.service and wish.slot != here.slot
        ]
        near = [wish for wish in found if abs(_start(wish) - _start(here)) < timedelta(hours=1)]
        chosen = near if near and self.luck.random() < 0.5 else found
        return self._any(self._free(chosen, but=booking) if self.luck.random() < 0.7 else chosen)

    def _free(self, found: list[Wish], but: KnownBooking | None = None) -> list[Wish]:
        """Those that overlap nothing that is known, but one booking; all of them, if there are none."""
        known = [booking.place for booking in self.bookings.values() if booking is not but]
        known += [*self.slots.values(), *self.times_off.values()]
        return [wish for wish in found if not any(map(wish.overlaps, known))] or found

    def any_booking(self, of: Account | None = None) -> KnownBooking | None:
        return self._any(booking for booking in self.bookings.values() if of is None or booking.client is of)

    def any_of_a_guest(self) -> KnownBooking | None:
        return self._any(booking for booking in self.bookings.values() if is_guest(booking.client.id))

    def any_specialist(self) -> Specialist:
        return self.luck.choice(self.specialists)

    def forget(self, wish: Wish) -> None:
        """There is no such slot, for now."""
        self.slots.pop(wish.slot, None)

    def _any[T](self, found: Iterable[T]) -> T | None:
        chosen = list(found)
        return self.luck.choice(chosen) if chosen else None


def _start(wish: Wish) -> datetime:
    return datetime.fromisoformat(wish.times[0]).astimezone(UTC)
