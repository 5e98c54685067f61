"""One specialist's morning: who is there, and what is open, booked and waited for before the operations begin."""

from dataclasses import dataclass
from datetime import datetime

from booking.accounts.table import UserItem
from booking.bookings.create import Hold, Wish, book, create_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.open_holds import MOST_OPEN_HOLDS_OF_GUEST
from booking.bookings.rules import Booking
from booking.caller import GUEST_PREFIX, USER_PREFIX, Caller, Guest, Locale, Role
from booking.dynamodb.items import create
from booking.runtime.ids import new_id
from booking.slots.opened import open_slot
from booking.slots.rules import Client
from booking.specialists import profiles
from tests.instants import HOUR, NOW, SECOND

NINE = NOW + HOUR
TEN = NINE + HOUR
ELEVEN = TEN + HOUR
TWELVE = ELEVEN + HOUR
TWO = TWELVE + 2 * HOUR
HOLD_SECONDS = 600
HOLD_ENDS = NOW + HOLD_SECONDS * SECOND
WITHIN_A_MINUTE = TWO + HOUR + 30 * SECOND


GUS = Client(new_id(GUEST_PREFIX), "gus@example.com", Locale.EN, "Gus")
GUEST_HOLD = Hold(HOLD_SECONDS, MOST_OPEN_HOLDS_OF_GUEST)


@dataclass(frozen=True)
class Morning:
    """The specialist has opened 9:00, 10:00 and 11:00, an hour each, and 14:00 until half a minute past 15:00.

    Ann has booked 9:00, and Wanda and then Walt wait for it. Ben has booked 10:00. 11:00 and 14:00 are free.
    Where Dan holds something, it is 11:00 (`dans`) until `HOLD_ENDS`, and 17:00 is open as well (`five`).
    Where Gus, a guest, holds it (`guss`), he has booked 17:00 (`guss_five`), and Cid's account has his address.
    """

    specialist: Caller
    admin: Caller
    ann: Caller
    ben: Caller
    cid: Caller
    dan: Caller
    eve: Caller
    wanda: Caller
    walt: Caller
    nine: str
    ten: str
    eleven: str
    two: str
    anns: str
    bens: str
    dans: str = ""
    five: str = ""
    guss: str = ""
    guss_five: str = ""


def a_morning() -> Morning:
    """Made by the operations that the routes call."""
    specialist = account("specialist", Role.SPECIALIST)
    profiles.update_own_profile(specialist, {"display_name": "Sam"}, NOW)
    ann, ben, wanda, walt = (account(name) for name in ("ann", "ben", "wanda", "walt"))
    nine, ten, eleven = (open_slot(specialist, at, at + HOUR, NOW).id for at in (NINE, TEN, ELEVEN))
    two = open_slot(specialist, TWO, WITHIN_A_MINUTE, NOW).id
    anns = create_booking(ann, Wish(nine), NOW).id
    bens = create_booking(ben, Wish(ten), NOW).id
    for number, waiter in enumerate((wanda, walt)):
        join_wait_list(waiter, nine, NOW + number * SECOND)
    return Morning(
        specialist=specialist,
        admin=account("admin", Role.ADMIN),
        ann=ann,
        ben=ben,
        cid=account("gus"),
        dan=account("dan"),
        eve=account("eve"),
        wanda=wanda,
        walt=walt,
        nine=nine,
        ten=ten,
        eleven=eleven,
        two=two,
        anns=anns,
        bens=bens,
    )


def guest_books(slot_id: str, hold: Hold | None = None) -> Booking:
    """As `create_guest_booking` does it, once his attempts are counted."""
    return book(Guest(GUS.id), Wish(slot_id), slot_id, GUS, NOW, guest_id=GUS.id, hold=hold)


def account(name: str, role: Role = Role.CLIENT, created_at: datetime = NOW) -> Caller:
    """Somebody with an active account."""
    caller = Caller(new_id(USER_PREFIX), role, f"{name}@example.com")
    item = UserItem(user_id=caller.user_id, email=caller.email, password_hash="-", role=role, created_at=created_at)
    create(item, condition=UserItem.user_id.does_not_exist())
    return caller
