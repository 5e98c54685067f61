"""Who may do what, and what everybody else is told: every route, asked by everybody.

Each column is somebody who asks, each row a route of what its columns name: the client's own booking with the
specialist, a place in the wait-list, an account; the specialist's own slot, service, time off. `ex-` are the same
client and specialist, deactivated a moment ago, whose access tokens live on for a while. A guest shows the link of the
booking that is asked about, another guest that of another one; where they ask, such a booking is a guest's. After `#` a
row says what is asked for, where a route knows more than one thing.

A cell is the status. A 401 and a 403 tell `invalid_credentials` and `not_enough_permissions`, unless the end of the row
names another reason, as it does for every other refusal.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pytest
from fastapi.routing import APIRoute

from booking.accounts.guests import issue_guest_token
from booking.accounts.mailed_links import Purpose, issue_token
from booking.accounts.read import find_user
from booking.accounts.sessions import open_session
from booking.accounts.table import EmailClaimItem, UserItem, claim_key
from booking.administration.update_user import update_user
from booking.bookings.confirm import confirm_booking
from booking.bookings.create import Contact, Wish, create_booking, create_guest_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.rules import Booking
from booking.caller import Caller, Locale, Role
from booking.dynamodb.items import create
from booking.runtime.clock import current_instant
from booking.slots.opened import open_slot
from booking.slots.time_off import create_time_off
from booking.specialists import profiles
from infra.app import routers
from tests.credentials import PASSWORD
from tests.instants import DAY, HOUR, MINUTE
from tests.integration.accounts import QUICK
from tests.integration.api import Api, bearer, error_of
from tests.integration.people import a_service, someone

pytestmark = pytest.mark.usefixtures("quick_hashes")

WHO = (
    *("nobody", "client", "other client", "specialist", "other specialist", "admin"),
    *("ex-client", "ex-specialist", "guest", "other guest"),
)
TABLE = """
                                              no-    its    other  its    other         ex-    ex-           other
                                              body   client client spec.  spec.  admin  client spec.  guest  guest
POST   /auth/register                         201    201    201    201    201    201    201    201    201    201
POST   /auth/register#admin                   422    422    422    422    422    422    422    422    422    422    422=validation_error
POST   /auth/login                            200    200    200    200    200    200    401    200    200    200    401=invalid_login
POST   /auth/refresh                          200    200    200    200    200    200    401    200    200    200    401=invalid_refresh_token
POST   /auth/logout                           204    204    204    204    204    204    204    204    204    204
POST   /auth/password/forgot                  202    202    202    202    202    202    202    202    202    202
POST   /auth/password/reset                   204    204    204    204    204    204    422    204    204    204    422=token_not_valid
POST   /auth/email/verify                     204    204    204    204    204    204    422    204    204    204    422=token_not_valid
POST   /auth/email/verification               401    202    202    202    202    202    202    202    403    403
GET    /users                                 401    403    403    403    403    200    403    403    403    403
DELETE /users/me                              401    204    204    204    204    409    401    401    403    403    409=last_admin
GET    /users/me                              401    200    200    200    200    200    401    401    403    403
PATCH  /users/me                              401    200    200    200    200    200    401    401    403    403
GET    /users/me/export                       401    200    200    200    200    200    401    401    403    403
PUT    /users/me/password                     401    204    204    204    204    204    401    401    403    403
PATCH  /users/{id}                            401    403    403    403    403    200    403    403    403    403
GET    /specialists/me                        401    404    404    200    200    404    404    200    403    403    404=specialist_profile_not_found
PATCH  /specialists/me                        401    403    403    200    200    200    403    403    403    403
GET    /specialists/me/schedule               401    404    404    200    200    404    404    200    403    403    404=specialist_profile_not_found
PUT    /specialists/me/schedule               401    403    403    200    200    200    403    403    403    403
GET    /specialists/me/schedule/dates         401    404    404    200    200    404    404    200    403    403    404=specialist_profile_not_found
PUT    /specialists/me/schedule/dates         401    403    403    200    200    200    403    403    403    403
DELETE /specialists/me/schedule/dates/{date}  401    403    403    204    204    204    403    403    403    403
PUT    /specialists/me/schedule/dates/{date}  401    403    403    200    200    200    403    403    403    403
GET    /specialists/me/services               401    403    403    200    200    404    403    200    403    403    404=specialist_profile_not_found
POST   /specialists/me/services               401    403    403    201    201    201    403    403    403    403
PATCH  /specialists/me/services/{id}          401    403    403    200    404    404    403    403    403    403    404=service_not_found
GET    /specialists/me/slots                  401    403    403    200    200    404    403    200    403    403    404=specialist_profile_not_found
POST   /specialists/me/slots                  401    403    403    201    201    201    403    403    403    403
DELETE /specialists/me/slots/{id}             401    403    403    204    404    404    403    404    403    403    404=slot_not_found
GET    /specialists/me/time-off               401    403    403    200    200    200    403    200    403    403
POST   /specialists/me/time-off               401    403    403    201    201    201    403    403    403    403
DELETE /specialists/me/time-off/{id}          401    403    403    204    404    404    403    204    403    403    404=time_off_not_found
GET    /specialists                           200    200    200    200    200    200    200    200    200    200
GET    /specialists/{id}                      200    200    200    200    200    200    200    200    200    200
GET    /specialists/{id}/availability         200    200    200    200    200    200    200    200    200    200
GET    /specialists/{id}/schedule             200    200    200    200    200    200    200    200    200    200
GET    /specialists/{id}/schedule/dates       200    200    200    200    200    200    200    200    200    200
GET    /specialists/{id}/services             200    200    200    200    200    200    200    200    200    200
GET    /specialists/{id}/slots                200    200    200    200    200    200    200    200    200    200
POST   /bookings                              401    201    201    403    403    201    201    403    403    403
POST   /bookings#on-behalf                    401    403    403    201    403    201    403    404    403    403    404=slot_not_found
POST   /bookings/guest                        201    201    201    201    201    201    201    404    201    201    404=slot_not_found
GET    /bookings/me                           401    200    200    200    200    200    200    200    403    403
GET    /bookings/specialists/me               401    403    403    200    200    404    403    200    403    403    404=specialist_profile_not_found
GET    /bookings/{id}                         401    200    403    200    403    200    200    200    200    403
PATCH  /bookings/{id}/attendance              401    403    403    200    403    200    403    200    403    403
GET    /bookings/{id}/calendar.ics            401    200    403    200    403    200    200    200    200    403
PATCH  /bookings/{id}/cancel                  401    200    403    200    403    200    200    200    200    403
POST   /bookings/{id}/confirm                 401    200    403    200    403    200    200    200    200    403
PATCH  /bookings/{id}/reschedule              401    200    403    200    403    200    200    404    200    403    404=slot_not_found
POST   /bookings/wait-list                    401    201    201    403    403    201    201    403    403    403
GET    /bookings/wait-list/me                 401    200    200    200    200    200    200    200    403    403
DELETE /bookings/wait-list/{entry_id}         401    204    404    404    404    204    404    404    403    403    404=wait_list_entry_not_found
GET    /                                      200    200    200    200    200    200    200    200    200    200
GET    /docs                                  200    200    200    200    200    200    200    200    200    200
GET    /docs/{asset}                          200    200    200    200    200    200    200    200    200    200
GET    /health                                200    200    200    200    200    200    200    200    200    200
GET    /metrics                               200    200    200    200    200    200    200    200    200    200
GET    /openapi.json                          200    200    200    200    200    200    200    200    200    200
GET    /redoc                                 200    200    200    200    200    200    200    200    200    200
GET    /book                                  200    200    200    200    200    200    200    200    200    200
GET    /book/{specialist}                     200    200    200    200    200    200    200    200    200    200
GET    /manage                                200    200    200    200    200    200    200    200    200    200
GET    /reset-password                        200    200    200    200    200    200    200    200    200    200
GET    /verify-email                          200    200    200    200    200    200    200    200    200    200
GET    /desk                                  200    200    200    200    200    200    200    200    200    200
GET    /pages/{version}/{asset}               200    200    200    200    200    200    200    200    200    200
GET    /widget.js                             200    200    200    200    200    200    200    200    200    200
"""  # noqa: E501  # a table
TOLD = {"401": "invalid_credentials", "403": "not_enough_permissions"}


@dataclass(frozen=True)
class Row:
    """What a route answers everybody who asks."""

    method: str
    path: str
    variant: str
    answers: Sequence[str]

    @classmethod
    def of(cls, line: str) -> "Row":
        """`GET /bookings/{id} 401 200 …`, and reasons by status: `404=slot_not_found`."""
        method, path, *cells = line.split()
        path, _, variant = path.partition("#")
        statuses, reasons = cells[: len(WHO)], cells[len(WHO) :]
        told = TOLD | dict(reason.split("=") for reason in reasons)
        return cls(method, path, variant, [f"{status} {told.get(status, '')}".strip() for status in statuses])

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.variant}".strip()


ROWS = [Row.of(line) for line in TABLE.splitlines()[3:]]


class World:
    """People with accounts, and what is theirs, as it is when one of `WHO` asks; made when it is asked for."""

    def __init__(self, who: str) -> None:
        self.now = current_instant()
        self.day = f"{self.now + DAY:%Y-%m-%d}"
        self._who = who
        self._link: Booking | None = None
        self._starts = (self.now + DAY + number * HOUR for number in itertools.count())

    @cached_property
    def client(self) -> Caller:
        return self._person(Role.CLIENT)

    @cached_property
    def specialist(self) -> Caller:
        return self._person(Role.SPECIALIST)

    @cached_property
    def admin(self) -> Caller:
        return self._person(Role.ADMIN)

    def authorization(self) -> Mapping[str, str]:
        """What whoever asks shows. It is the last thing asked for: some are deactivated then."""
        if self._who == "nobody":
            return {}
        if self._who.endswith("guest"):
            opened = self._link or self._held_by_guest(self.now)
            return {"Authorization": f"Bearer {issue_guest_token(opened.client_id, opened.id)}"}
        if self._who.startswith("other"):
            return bearer(self._person(Role(self._who.removeprefix("other "))))
        caller: Caller = getattr(self, self._who.removeprefix("ex-"))
        if self._who.startswith("ex-"):
            update_user(self.admin, caller.user_id, is_active=False, role=None, now=self.now)
        return bearer(caller)

    def slot(self, now: datetime | None = None) -> str:
        """A free one."""
        start = now + HOUR if now else next(self._starts)
        return open_slot(self.specialist, start, start + HOUR, now or self.now).id

    def held(self, now: datetime | None = None) -> Booking:
        """Whose: the client's, unless it is a guest who asks."""
        if self._who == "guest":
            self._link = self._held_by_guest(now or self.now)
            return self._link
        return create_booking(self.client, Wish(self.slot(now)), now or self.now, hold_seconds=600)

    def booking(self) -> Booking:
        """The same, confirmed."""
        return confirm_booking(self.specialist, self.held().id, self.now)

    def begun(self) -> Booking:
        """The same, of a slot that has started."""
        before = self.now - 2 * HOUR
        return confirm_booking(self.specialist, self.held(before).id, before)

    def taken_slot(self) -> str:
        """One that somebody else has booked."""
        return create_booking(someone(), Wish(self.slot()), self.now).slot_id

    def mailed(self, purpose: Purpose) -> str:
        """The token of a link."""
        return issue_token(purpose, find_user(self.client.user_id), self.now)

    def refresh_token(self) -> str:
        """Of a session of the client's."""
        return open_session(find_user(self.client.user_id), self.now).refresh_token

    def times(self) -> dict[str, str]:
        """An hour in which there is nothing."""
        start = next(self._starts)
        return {"start_at": start.isoformat(), "end_at": (start + HOUR).isoformat()}

    def _person(self, role: Role) -> Caller:
        caller = someone(role)
        account = UserItem(
            user_id=caller.user_id,
            email=caller.email,
            password_hash=QUICK.hash(PASSWORD),
            role=role,
            created_at=self.now,
        )
        for item in (account, EmailClaimItem(user_id=claim_key(caller.email), holder=caller.user_id)):
            create(item, condition=UserItem.user_id.does_not_exist())
        if role is Role.SPECIALIST:
            profiles.update_own_profile(caller, {}, self.now)
        return caller

    def _held_by_guest(self, now: datetime) -> Booking:
        contact = Contact("Gus", someone().email, None, Locale.EN)
        return create_guest_booking(contact, Wish(self.slot(now)), source_address="192.0.2.1", now=now)


IDS: Mapping[str, Callable[[World], str]] = {
    "book": lambda world: world.specialist.specialist_id,
    "bookings": lambda world: world.booking().id,
    "dates": lambda world: world.day,
    "docs": lambda _: "swagger-ui.css",
    "pages": lambda _: "of-a-release/pages.css",
    "services": lambda world: a_service(world.specialist).id,
    "slots": lambda world: world.slot(),
    "specialists": lambda world: world.specialist.specialist_id,
    "time-off": lambda world: create_time_off(world.specialist, world.now, world.now + MINUTE, world.now).id,
    "users": lambda world: world.client.user_id,
    "wait-list": lambda world: join_wait_list(world.client, world.taken_slot(), world.now).id,
    # of one route
    "/bookings/{id}/attendance": lambda world: world.begun().id,
    "/bookings/{id}/confirm": lambda world: world.held().id,
}
"""What an id in a path names, by the word before it."""
BODIES: Mapping[str, Callable[[World], object]] = {
    "POST /auth/register": lambda _: {"email": someone().email, "password": PASSWORD},
    "POST /auth/register admin": lambda _: {"email": someone().email, "password": PASSWORD, "role": "admin"},
    "POST /auth/login": lambda world: {"email": world.client.email, "password": PASSWORD},
    "POST /auth/refresh": lambda world: {"refresh_token": world.refresh_token()},
    "POST /auth/logout": lambda world: {"refresh_token": world.refresh_token()},
    "POST /auth/password/forgot": lambda world: {"email": world.client.email},
    "POST /auth/password/reset": lambda world: {"token": world.mailed(Purpose.PASSWORD_RESET), "password": PASSWORD},
    "POST /auth/email/verify": lambda world: {"token": world.mailed(Purpose.VERIFICATION)},
    "PATCH /users/me": lambda _: {"display_name": "Ann"},
    "DELETE /users/me": lambda _: {"password": PASSWORD},
    "PUT /users/me/password": lambda _: {"current_password": PASSWORD, "password": "another password"},
    "PATCH /users/{id}": lambda _: {"is_active": True},
    "PATCH /specialists/me": lambda _: {"display_name": "Ann"},
    "POST /specialists/me/services": lambda _: {"title": "Cut", "duration_minutes": 30, "price": "25.00"},
    "PATCH /specialists/me/services/{id}": lambda _: {"title": "Cut"},
    "POST /specialists/me/slots": lambda world: world.times(),
    "POST /specialists/me/time-off": lambda world: world.times(),
    "PUT /specialists/me/schedule": lambda _: {"hours": {}},
    "PUT /specialists/me/schedule/dates": lambda world: {"date_from": world.day, "date_to": world.day, "hours": []},
    "PUT /specialists/me/schedule/dates/{date}": lambda _: {"hours": []},
    "POST /bookings": lambda world: {"slot_id": world.slot()},
    "POST /bookings on-behalf": lambda world: {"slot_id": world.slot(), "client": {"name": "Cleo"}},
    "POST /bookings/guest": lambda world: {"slot_id": world.slot(), "name": "Gus", "email": someone().email},
    "POST /bookings/wait-list": lambda world: {"slot_id": world.taken_slot()},
    "PATCH /bookings/{id}/attendance": lambda _: {"attendance": "attended"},
    "PATCH /bookings/{id}/reschedule": lambda world: {"slot_id": world.slot()},
}


def filled(path: str, world: World) -> str:
    """The path with the id of something that is there, or with all that its last words name."""
    before, _, rest = path.partition("/{")
    if not rest:
        return path
    named = IDS.get(path) or IDS[before.rpartition("/")[2]]
    return f"{before}/{named(world)}{rest.rpartition('}')[2]}"


def answer(api: Api, row: Row, who: str) -> str:
    """The status, and the reason of a refusal."""
    world = World(who)
    path = filled(row.path, world)
    body = BODIES[str(row)](world) if str(row) in BODIES else None
    source = f"198.51.100.{WHO.index(who)}"  # each tries as often as it may
    response = api.request(row.method, path, headers=dict(world.authorization()), source=source, json=body)
    if response.is_success:
        return str(response.status_code)
    reason: str = response.json()["error"]["reason"]
    error_of(response, response.status_code, reason)
    return f"{response.status_code} {reason}"


def test_every_route_has_its_row() -> None:
    served = [route for router in routers() for route in router.routes if isinstance(route, APIRoute)]
    routes = {(method, route.path) for route in served for method in route.methods or ()}
    assert {(row.method, row.path) for row in ROWS} == routes


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_is_told_what_the_table_says(api: Api, row: Row) -> None:
    assert {who: answer(api, row, who) for who in WHO} == dict(zip(WHO, row.answers, strict=True))
