"""Who may do what, and what everybody else is told: every route, asked by everybody.

Each column is somebody who asks, each row a route of what its columns name: the client's own booking with the
specialist, a place in the wait-list, an account; the specialist's own slot, service, time off. `ex-` are the same
client and specialist, deactivated a moment ago, whose access tokens live on for a while. After `#` a row says what is
asked for, where a route knows more than one thing.

A cell is the status. A 401 and a 403 tell `invalid_credentials` and `not_enough_permissions`, unless the end of the row
names another reason, as it does for every other refusal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import httpx
import pytest
from fastapi.routing import APIRoute

from booking.accounts.account_mail import Purpose
from booking.accounts.mailed_tokens import issue_token
from booking.accounts.read import find_user
from booking.accounts.sessions import open_session
from booking.accounts.table import EmailClaimItem, UserItem, claim_key
from booking.administration.update_user import update_user
from booking.bookings.create import create_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.rules import Booking
from booking.caller import Caller, Role
from booking.dynamodb.items import create
from booking.runtime.clock import current_instant
from booking.slots.time_off import create_time_off
from booking.specialists import profiles
from infra.app import routers
from tests.credentials import PASSWORD
from tests.instants import DAY, HOUR
from tests.integration.accounts import QUICK
from tests.integration.api import Api, error_of
from tests.integration.people import a_service, a_slot, a_waiter, someone

pytestmark = pytest.mark.usefixtures("quick_hashes")

WHO = ("nobody", "client", "other client", "specialist", "other specialist", "admin", "ex-client", "ex-specialist")
TABLE = """
                                                 no-    its    other  its    other         ex-    ex-
                                                 body   client client spec.  spec.  admin  client spec.
POST   /auth/register                            201    201    201    201    201    201    201    201
POST   /auth/register#admin                      422    422    422    422    422    422    422    422    422=validation_error
POST   /auth/login                               200    200    200    200    200    200    401    200    401=invalid_login
POST   /auth/refresh                             200    200    200    200    200    200    401    200    401=invalid_refresh_token
POST   /auth/logout                              204    204    204    204    204    204    204    204
POST   /auth/password/forgot                     202    202    202    202    202    202    202    202
POST   /auth/password/reset                      204    204    204    204    204    204    422    204    422=token_not_valid
POST   /auth/email/verify                        204    204    204    204    204    204    422    204    422=token_not_valid
POST   /auth/email/verification                  401    202    202    202    202    202    202    202
GET    /users                                    401    403    403    403    403    200    403    403
GET    /users/me                                 401    200    200    200    200    200    401    401
PATCH  /users/me                                 401    200    200    200    200    200    401    401
PUT    /users/me/password                        401    204    204    204    204    204    401    401
PATCH  /users/{id}                               401    403    403    403    403    200    403    403
GET    /specialists/me                           401    404    404    200    200    404    404    200    404=specialist_profile_not_found
PATCH  /specialists/me                           401    403    403    200    200    200    403    403
GET    /specialists/me/schedule                  401    404    404    200    200    404    404    200    404=specialist_profile_not_found
PUT    /specialists/me/schedule                  401    403    403    200    200    200    403    403
GET    /specialists/me/schedule/dates            401    404    404    200    200    404    404    200    404=specialist_profile_not_found
PUT    /specialists/me/schedule/dates            401    403    403    200    200    200    403    403
DELETE /specialists/me/schedule/dates/{date}     401    403    403    204    204    204    403    403
PUT    /specialists/me/schedule/dates/{date}     401    403    403    200    200    200    403    403
GET    /specialists/me/services                  401    403    403    200    200    404    403    200    404=specialist_profile_not_found
POST   /specialists/me/services                  401    403    403    201    201    201    403    403
PATCH  /specialists/me/services/{id}             401    403    403    200    404    404    403    403    404=service_not_found
GET    /specialists/me/slots                     401    403    403    200    200    404    403    200    404=specialist_profile_not_found
POST   /specialists/me/slots                     401    403    403    201    201    201    403    403
DELETE /specialists/me/slots/{id}                401    403    403    204    404    404    403    404    404=slot_not_found
GET    /specialists/me/time-off                  401    403    403    200    200    200    403    200
POST   /specialists/me/time-off                  401    403    403    201    201    201    403    403
DELETE /specialists/me/time-off/{id}             401    403    403    204    404    404    403    204    404=time_off_not_found
GET    /specialists                              200    200    200    200    200    200    200    200
GET    /specialists/{id}                         200    200    200    200    200    200    200    200
GET    /specialists/{id}/availability            200    200    200    200    200    200    200    200
GET    /specialists/{id}/schedule                200    200    200    200    200    200    200    200
GET    /specialists/{id}/schedule/dates          200    200    200    200    200    200    200    200
GET    /specialists/{id}/services                200    200    200    200    200    200    200    200
GET    /specialists/{id}/slots                   200    200    200    200    200    200    200    200
POST   /bookings                                 401    201    201    403    403    201    201    403
GET    /bookings/me                              401    200    200    200    200    200    200    200
GET    /bookings/specialists/me                  401    403    403    200    200    404    403    200    404=specialist_profile_not_found
GET    /bookings/{id}                            401    200    403    200    403    200    200    200
PATCH  /bookings/{id}/attendance                 401    403    403    200    403    200    403    200
GET    /bookings/{id}/calendar.ics               401    200    403    200    403    200    200    200
PATCH  /bookings/{id}/cancel                     401    200    403    200    403    200    200    200
POST   /bookings/{id}/confirm                    401    200    403    200    403    200    200    200
PATCH  /bookings/{id}/reschedule                 401    200    403    200    403    200    200    404    404=slot_not_found
POST   /bookings/wait-list                       401    201    201    403    403    201    201    403
GET    /bookings/wait-list/me                    401    200    200    200    200    200    200    200
DELETE /bookings/wait-list/{entry_id}            401    204    404    404    404    204    404    404    404=wait_list_entry_not_found
GET    /                                         200    200    200    200    200    200    200    200
GET    /docs                                     200    200    200    200    200    200    200    200
GET    /docs/{asset}                             200    200    200    200    200    200    200    200
GET    /health                                   200    200    200    200    200    200    200    200
GET    /metrics                                  200    200    200    200    200    200    200    200
GET    /openapi.json                             200    200    200    200    200    200    200    200
GET    /redoc                                    200    200    200    200    200    200    200    200
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
    """People with accounts, and what is theirs; made when it is asked for."""

    def __init__(self) -> None:
        self.now = current_instant().replace(minute=0, second=0, microsecond=0)

    def person(self, role: Role) -> Caller:
        caller = someone(role)
        claim = EmailClaimItem(user_id=claim_key(caller.email), holder=caller.user_id)
        account = UserItem(
            user_id=caller.user_id,
            email=caller.email,
            password_hash=QUICK.hash(PASSWORD),
            role=role,
            created_at=self.now,
        )
        for item in (claim, account):
            create(item, condition=UserItem.user_id.does_not_exist())
        if role is Role.SPECIALIST:
            profiles.update_own_profile(caller, {}, self.now)
        return caller

    @cached_property
    def client(self) -> Caller:
        return self.person(Role.CLIENT)

    @cached_property
    def specialist(self) -> Caller:
        return self.person(Role.SPECIALIST)

    @cached_property
    def admin(self) -> Caller:
        return self.person(Role.ADMIN)

    def asking(self, who: str) -> Caller | None:
        """Somebody of a column; deactivated only once everything is there."""
        if who == "nobody":
            return None
        if who.startswith("other"):
            return self.person(Role(who.removeprefix("other ")))
        caller: Caller = getattr(self, who.removeprefix("ex-"))
        return caller

    def deactivate(self, caller: Caller) -> None:
        update_user(self.admin, caller.user_id, is_active=False, role=None, now=current_instant())

    def free_slot(self, starts_in: timedelta = DAY) -> str:
        return a_slot(self.specialist, starts_in, now=self.now).id

    def booked(self, starts_in: timedelta = DAY, hold_seconds: int | None = None) -> Booking:
        slot_id = self.free_slot(starts_in)
        return create_booking(self.client, slot_id, hold_seconds=hold_seconds, now=current_instant())

    def begun(self) -> str:
        past = self.now - 2 * HOUR
        return create_booking(self.client, a_slot(self.specialist, HOUR, now=past).id, now=past).id

    def entry(self) -> str:
        slot = self.booked_by_another()
        return join_wait_list(self.client, slot, self.now).id

    def booked_by_another(self) -> str:
        return create_booking(a_waiter(), self.free_slot(), now=self.now).slot_id

    def time_off(self) -> str:
        return create_time_off(self.specialist, self.now + DAY, self.now + DAY + HOUR, self.now).id

    def mailed(self, purpose: Purpose) -> str:
        return issue_token(purpose, find_user(self.client.user_id), current_instant())

    def session(self) -> str:
        return open_session(find_user(self.client.user_id), current_instant()).refresh_token

    def at(self, hours: int) -> str:
        return (self.now + DAY + hours * HOUR).isoformat()


IDS: Mapping[str, Callable[[World], str]] = {
    "bookings": lambda world: world.booked().id,
    "dates": lambda world: f"{world.now + 2 * DAY:%Y-%m-%d}",
    "docs": lambda _: "swagger-ui.css",
    "services": lambda world: a_service(world.specialist).id,
    "slots": lambda world: world.free_slot(),
    "specialists": lambda world: world.specialist.specialist_id,
    "time-off": lambda world: world.time_off(),
    "users": lambda world: world.client.user_id,
    "wait-list": lambda world: world.entry(),
    # of these routes
    "/bookings/{id}/attendance": lambda world: world.begun(),
    "/bookings/{id}/confirm": lambda world: world.booked(hold_seconds=600).id,
}
"""What the id in a path names, by the word before it."""
BODIES: Mapping[str, Callable[[World], object]] = {
    "POST /auth/register": lambda _: {"email": someone().email, "password": PASSWORD},
    "POST /auth/register admin": lambda _: {"email": someone().email, "password": PASSWORD, "role": "admin"},
    "POST /auth/login": lambda world: {"email": world.client.email, "password": PASSWORD},
    "POST /auth/refresh": lambda world: {"refresh_token": world.session()},
    "POST /auth/logout": lambda world: {"refresh_token": world.session()},
    "POST /auth/password/forgot": lambda world: {"email": world.client.email},
    "POST /auth/password/reset": lambda world: {"token": world.mailed(Purpose.PASSWORD_RESET), "password": PASSWORD},
    "POST /auth/email/verify": lambda world: {"token": world.mailed(Purpose.VERIFICATION)},
    "PATCH /users/me": lambda _: {"display_name": "Ann"},
    "PUT /users/me/password": lambda _: {"current_password": PASSWORD, "password": "another password"},
    "PATCH /users/{id}": lambda _: {"is_active": True},
    "PATCH /specialists/me": lambda _: {"display_name": "Ann"},
    "POST /specialists/me/services": lambda _: {"title": "Cut", "duration_minutes": 30, "price": "25.00"},
    "PATCH /specialists/me/services/{id}": lambda _: {"title": "Cut"},
    "POST /specialists/me/slots": lambda world: {"start_at": world.at(3), "end_at": world.at(4)},
    "POST /specialists/me/time-off": lambda world: {"start_at": world.at(3), "end_at": world.at(4)},
    "PUT /specialists/me/schedule": lambda _: {"hours": {}},
    "PUT /specialists/me/schedule/dates": lambda world: {
        "date_from": world.at(0)[:10],
        "date_to": world.at(24)[:10],
        "hours": [],
    },
    "PUT /specialists/me/schedule/dates/{date}": lambda _: {"hours": []},
    "POST /bookings": lambda world: {"slot_id": world.free_slot()},
    "POST /bookings/wait-list": lambda world: {"slot_id": world.booked_by_another()},
    "PATCH /bookings/{id}/attendance": lambda _: {"attendance": "attended"},
    "PATCH /bookings/{id}/reschedule": lambda world: {"slot_id": world.free_slot(2 * DAY)},
}


def filled(path: str, world: World) -> str:
    """The path with the id of something that is there."""
    before, _, rest = path.partition("/{")
    if not rest:
        return path
    named = IDS.get(path) or IDS[before.rpartition("/")[2]]
    return f"{before}/{named(world)}{rest.partition('}')[2]}"


def answer(api: Api, row: Row, who: str) -> str:
    """The status, and the reason of a refusal."""
    world = World()
    caller = world.asking(who)
    path = filled(row.path, world)
    body = BODIES[str(row)](world) if str(row) in BODIES else None
    if caller and who.startswith("ex-"):
        world.deactivate(caller)
    source = f"198.51.100.{WHO.index(who)}"  # each tries as often as it may
    return told_by(api.request(row.method, path, caller, source=source, json=body))


def told_by(response: httpx.Response) -> str:
    if response.status_code < httpx.codes.BAD_REQUEST:
        return str(response.status_code)
    reason = response.json()["error"]["reason"]
    error_of(response, response.status_code, reason)
    return f"{response.status_code} {reason}"


def test_every_route_has_its_row() -> None:
    served = (route for router in routers() for route in router.routes if isinstance(route, APIRoute))
    assert {(row.method, row.path) for row in ROWS} == {
        (m, route.path) for route in served for m in route.methods or ()
    }


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_is_told_what_the_table_says(api: Api, row: Row) -> None:
    assert {who: answer(api, row, who) for who in WHO} == dict(zip(WHO, row.answers, strict=True))
