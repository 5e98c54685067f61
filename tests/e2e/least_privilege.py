"""What shows that no function may do more than it needs: exercises, and policies with one action taken away.

An exercise makes one function use every permission that it has, over HTTP. What stands ready for it is made by the
other functions, which keep their permissions; so it is the function's own answer that tells.
"""

import hashlib
import itertools
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from argon2 import PasswordHasher

from tests.credentials import PASSWORD
from tests.e2e.deployed import MAIL_SENDER, DeployedStack, name_of, statements_of
from tests.e2e.functions import ALIAS, publish, restart
from tests.e2e.people import credentials, unused_address
from tests.unit.template_model import Permission

WEAK_HASH = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1).hash(PASSWORD)
SLOT_LENGTH = timedelta(minutes=10)
MOST_OPEN_HOLDS = 5
ANSWER_SECONDS = 30.0
MAILED_SECONDS = 8.0
SHARDS = 4


class Broken(Exception):
    """The function under test did not do what it should."""


@dataclass(frozen=True)
class Account:
    """Somebody signed in."""

    email: str
    token: str


@dataclass
class Answering:
    """The API as one caller sees it: every request must be answered as expected."""

    http: httpx.Client
    otherwise: type[Exception]

    def __call__(
        self,
        expected: int,
        route: str,
        by: Account | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Sends `route` ("GET /health") and raises `otherwise` unless the status is the expected one."""
        method, path = route.split()
        authorization = {"Authorization": f"Bearer {by.token}"} if by else {}
        answer = self.http.request(method, path, json=body, headers={**authorization, **(headers or {})})
        if answer.status_code != expected:
            raise self.otherwise(f"{route} was answered {answer.status_code} and not {expected}: {answer.text[:300]}")
        return answer


class World:
    """People and things for the exercises; made once, since every request costs time."""

    def __init__(self, stack: DeployedStack) -> None:
        self.policies = Policies(stack, name_of(stack))
        self._outputs = stack.outputs()
        self._dynamodb, self._ses = stack.client("dynamodb"), stack.client("ses")
        self._lambda, self._sqs = stack.client("lambda"), stack.client("sqs")
        self._url = httpx.URL(stack.url).copy_with(host="127.0.0.1")
        self._open = ExitStack()
        first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=30)
        self._starts = (first + number * SLOT_LENGTH for number in itertools.count())
        here = self._caller_at("127.0.0.1")
        self.given = Answering(here, AssertionError)
        self.then = Answering(here, Broken)

        self.admin = self._admin()
        self.client, self.waiting_client, self.bystander = (self.new("client")[1] for _ in range(3))
        self.specialist, self.idle_specialist, other_specialist, self.open_specialist = (
            self.new("specialist")[1] for _ in range(4)
        )
        self.profile, self.idle_profile, self.open_profile = map(
            self._profile_of, (self.specialist, self.idle_specialist, self.open_specialist)
        )
        self.given(200, "PUT /specialists/me/schedule", self.open_specialist, OPEN_EVERY_DAY)
        self._open_days = (datetime.now(UTC).date() + timedelta(days=number) for number in itertools.count(2))
        self.services = [self._service() for _ in range(2)]
        self.slots = [self.slot() for _ in range(2)]
        self.day, self.next_day = (f"{first + timedelta(days=days):%Y-%m-%d}" for days in (0, 1))
        self.other_specialists_slot = self.slot(other_specialist)
        self.booking = self.booked(self.slot())

    def close(self) -> None:
        """Ends all connections."""
        self._open.close()

    def given_from_elsewhere(self) -> Answering:
        """For what must stand ready, where rate limits count per source address."""
        return Answering(self._caller_at(unused_address()), AssertionError)

    def then_from_elsewhere(self) -> Answering:
        """For the function under test, where rate limits count per source address."""
        return Answering(self._caller_at(unused_address()), Broken)

    def registered(self, role: str) -> Any:
        """A new account."""
        return self.given_from_elsewhere()(201, "POST /auth/register", None, registration(role)).json()

    def new(self, role: str) -> tuple[str, Account]:
        """A new account's id, signed in."""
        user = self.registered(role)
        return user["id"], self._signed_in(user["email"])

    def session(self, email: str) -> Any:
        """A new session."""
        return self.given_from_elsewhere()(200, "POST /auth/login", None, credentials(email)).json()

    def set_user(self, email: str, attribute: str, value: str) -> None:
        """Changes an account behind the API's back."""
        table = self._outputs["UsersTableName"]
        claim = self._dynamodb.get_item(TableName=table, Key={"user_id": {"S": f"email#{email}"}}, ConsistentRead=True)
        self._dynamodb.update_item(
            TableName=table,
            Key={"user_id": claim["Item"]["holder"]},
            AttributeUpdates={attribute: {"Value": {"S": value}}},
        )

    def mark_erased(self, user_id: str) -> None:
        """As far as the first write of an erasure has come."""
        self._dynamodb.update_item(
            TableName=self._outputs["UsersTableName"],
            Key={"user_id": {"S": user_id}},
            AttributeUpdates={
                "is_active": {"Value": {"BOOL": False}},
                "erased_at": {"Value": {"S": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}},
            },
        )

    def has_account(self, user_id: str) -> bool:
        """Whether the account is stored."""
        key = {"user_id": {"S": user_id}}
        return "Item" in self._dynamodb.get_item(
            TableName=self._outputs["UsersTableName"], Key=key, ConsistentRead=True
        )

    def admin_who_leaves_much(self) -> tuple[str, Account]:
        """With a session and a service; waits for a slot, and has booked two that others wait for, one of each kind."""
        user = self.registered("client")
        self.set_user(user["email"], "role", "admin")
        admin = self._signed_in(user["email"])
        self.given(201, "POST /specialists/me/services", admin, SERVICE)
        taken, opened, slots = self.slot(), self.slot(), self.open_day()
        self.booked(taken)
        self.awaited(taken, admin)
        for slot_id in (opened, slots["09:00"]["id"]):
            self.given(201, "POST /bookings", admin, {"slot_id": slot_id})
        self.awaited(opened)
        self.awaited_in_hours(slots)
        return user["id"], admin

    def mailed_token(self, purpose: str, user_id: str) -> str:
        """A token as a mailed link carries it, stored behind the API's back."""
        secret = secrets.token_hex(16)
        item = {
            "pk": {"S": f"token#{purpose}#{user_id}"},
            "user_id": {"S": user_id},
            "valid_hash": {"S": hashlib.sha256(secret.encode()).hexdigest()},
            "generation": {"N": "0"},
            "expires_at": {"N": str(int(time.time()) + 600)},
        }
        self._dynamodb.put_item(TableName=self._outputs["EphemeralTableName"], Item=item)
        return f"{user_id}.{secret}"

    def wait_for_mail(self, purpose: str, user_id: str) -> None:
        """Returns once the token of a mail on its way is made."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.was_mailed(purpose, user_id):
            assert time.monotonic() < deadline, "no mail came"
            time.sleep(0.1)

    def was_mailed(self, purpose: str, user_id: str) -> bool:
        """Whether a token was made for a link in a mail to that account."""
        table, pk = self._outputs["EphemeralTableName"], {"pk": {"S": f"token#{purpose}#{user_id}"}}
        return "Item" in self._dynamodb.get_item(TableName=table, Key=pk, ConsistentRead=True)

    def due_booking(self, starts: datetime, **attributes: str) -> str:
        """A booking that sweeps take for one that starts then."""
        booking_id = self.booked(self.slot())
        self._change_booking(booking_id, {"starts": f"{starts:%Y-%m-%dT%H:%M:%S.%fZ}#{booking_id}", **attributes})
        return booking_id

    def ended_hold(self, slot_id: str) -> str:
        """A booking of a free slot whose hold has just ended."""
        held = {"slot_id": slot_id, "hold_seconds": 60}
        booking_id = str(self.given(201, "POST /bookings", self.client, held).json()["id"])
        ended = datetime.now(UTC) - timedelta(seconds=30)
        self._change_booking(booking_id, {"hold_expires_at": f"{ended:%Y-%m-%dT%H:%M:%S.%fZ}"})
        return booking_id

    def _change_booking(self, booking_id: str, changed: Mapping[str, str]) -> None:
        """Behind the API's back."""
        self._dynamodb.update_item(
            TableName=self._outputs["BookingsTableName"],
            Key={"booking_id": {"S": booking_id}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changed),
            ExpressionAttributeNames={f"#{name}": name for name in changed},
            ExpressionAttributeValues={f":{name}": {"S": value} for name, value in changed.items()},
        )

    def stored_booking(self, booking_id: str) -> dict[str, Any]:
        """A booking's item, as DynamoDB has it."""
        table, key = self._outputs["BookingsTableName"], {"booking_id": {"S": booking_id}}
        item: dict[str, Any] = self._dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        return item

    def delivered(self, key: str) -> str | None:
        """What the ledger of deliveries says: `done`, `started`, or nothing."""
        table, pk = self._outputs["EphemeralTableName"], {"pk": {"S": f"delivery#{key}"}}
        found = self._dynamodb.get_item(TableName=table, Key=pk, ConsistentRead=True)
        return str(found["Item"]["state"]["S"]) if "Item" in found else None

    def run(self, function: str, event: Mapping[str, Any] | None = None) -> Any:
        """Invokes a function that has no route; what it answers."""
        answer = self._lambda.invoke(FunctionName=self._outputs[f"{function}Name"], Payload=json.dumps(event or {}))
        text = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise Broken(text[:300])
        return json.loads(text or "null")

    @contextmanager
    def without_its_queue(self, worker: str, queue: str) -> Iterator[None]:
        """Nobody hands messages to the worker for a while but the exercise; what it hands on is forgotten."""
        name = self._function_name(worker)
        mappings = self._lambda.list_event_source_mappings()["EventSourceMappings"]
        (mapping,) = [about["UUID"] for about in mappings if f":function:{name}" in about["FunctionArn"]]
        self._lambda.update_event_source_mapping(UUID=mapping, Enabled=False)
        try:
            yield
        finally:
            self._sqs.purge_queue(QueueUrl=self._outputs[f"{queue}Url"])
            self._lambda.update_event_source_mapping(UUID=mapping, Enabled=True)

    @contextmanager
    def short_of_time(self, worker: str) -> Iterator[None]:
        """A worker has less time for a while than it wants for one item, and hands on what it finds."""
        name = self._function_name(worker)
        publish(self._lambda, name, Timeout=10)
        try:
            yield
        finally:
            publish(self._lambda, name, Timeout=60)

    def verified(self) -> None:
        """The specialist's address is verified, and no mail has found it so yet."""
        users, calendar = (self._outputs[f"{table}TableName"] for table in ("Users", "Calendar"))
        user_id = self.profile.replace("spc_", "usr_")
        self._dynamodb.update_item(
            TableName=users,
            Key={"user_id": {"S": user_id}},
            UpdateExpression="SET email_verified = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
        self._dynamodb.update_item(
            TableName=calendar,
            Key={"specialist_id": {"S": self.profile}, "sk": {"S": "profile"}},
            UpdateExpression="REMOVE email_verified",
        )

    @contextmanager
    def unknown_sender(self) -> Iterator[None]:
        """SES refuses all mail for a while."""
        self._ses.delete_identity(Identity=MAIL_SENDER)
        try:
            yield
        finally:
            self._ses.verify_email_identity(EmailAddress=MAIL_SENDER)

    def counted(self) -> dict[str, dict[str, float]]:
        """The totals by function, as the metrics table has them."""
        items = self._dynamodb.scan(TableName=self._outputs["MetricsTableName"], ConsistentRead=True)["Items"]
        return {
            item["function"]["S"]: {name: float(value["N"]) for name, value in item.items() if "N" in value}
            for item in items
        }

    def slot(self, by: Account | None = None) -> str:
        """A new, free slot."""
        return str(self.given(201, "POST /specialists/me/slots", by or self.specialist, self.times()).json()["id"])

    def times(self) -> dict[str, str]:
        """Start and end of a slot that overlaps no other."""
        start = next(self._starts)
        return {"start_at": start.isoformat(), "end_at": (start + SLOT_LENGTH).isoformat()}

    def given_dates(self) -> None:
        """The specialist has hours of their own on two days."""
        body = {"date_from": self.day, "date_to": self.next_day, "hours": []}
        self.given(200, "PUT /specialists/me/schedule/dates", self.specialist, body)

    def booked(self, slot_id: str) -> str:
        """The client's booking of a free slot."""
        return str(self.given(201, "POST /bookings", self.client, {"slot_id": slot_id}).json()["id"])

    def booked_for(self, email: str) -> str:
        """A booking of a guest with that address, made by the specialist."""
        body = {"slot_id": self.slot(), "client": {"name": "Gus", "email": email}}
        return str(self.given(201, "POST /bookings", self.specialist, body).json()["id"])

    def awaited(self, slot_id: str, by: Account | None = None) -> str:
        """Another client's wait-list entry for a slot that is taken."""
        entry = self.given(201, "POST /bookings/wait-list", by or self.waiting_client, {"slot_id": slot_id})
        return str(entry.json()["id"])

    def open_day(self) -> Mapping[str, Mapping[str, str]]:
        """The slots from opening hours, by start ("09:00"), of a day on which nothing is taken."""
        day = next(self._open_days)
        slots = self.given(200, f"GET /specialists/{self.open_profile}/slots?date={day}").json()
        return {slot["start_at"][11:16]: slot for slot in slots}

    def awaited_in_hours(self, slots: Mapping[str, Mapping[str, str]]) -> None:
        """Somebody waits for the slot at nine, somebody for one that stays taken in the hour after it."""
        self.booked(slots["10:00"]["id"])
        self.awaited(slots["09:00"]["id"])
        self.awaited(slots["09:55"]["id"], self.bystander)

    def time_off(self, slot: Mapping[str, str]) -> str:
        """Time off as long as the slot."""
        body = {"start_at": slot["start_at"], "end_at": slot["end_at"]}
        return str(self.given(201, "POST /specialists/me/time-off", self.open_specialist, body).json()["id"])

    def _function_name(self, function: str) -> str:
        return self._outputs[f"{function}Name"].removesuffix(f":{ALIAS}")

    def _admin(self) -> Account:
        email = self.registered("client")["email"]
        self.set_user(email, "role", "admin")
        return self._signed_in(email)

    def _signed_in(self, email: str) -> Account:
        return Account(email, self.session(email)["access_token"])

    def _profile_of(self, specialist: Account) -> str:
        return str(self.given(200, "GET /specialists/me", specialist).json()["id"])

    def _service(self) -> str:
        return str(self.given(201, "POST /specialists/me/services", self.specialist, SERVICE).json()["id"])

    def _caller_at(self, source_address: str) -> httpx.Client:
        """A client that the front door sees under that address of this machine."""
        transport = httpx.HTTPTransport(local_address=source_address, verify=False)
        caller = httpx.Client(base_url=self._url, transport=transport, timeout=ANSWER_SECONDS, trust_env=False)
        return self._open.enter_context(caller)


HOURS = [{"from": "09:00", "to": "17:00"}]
OPEN_EVERY_DAY: Mapping[str, object] = {
    "hours": {day: [{"from": "09:00", "to": "10:10"}] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    "slot_minutes": 10,
    "step_minutes": 5,
    "horizon_days": 400,
}
SERVICE: Mapping[str, str | int] = {"title": "Haircut", "duration_minutes": 10, "price": "25.00"}


def registration(role: str) -> dict[str, str | int]:
    return {**credentials(f"{secrets.token_hex(8)}@example.com"), "role": role, "display_name": "Ann"}


def register(world: World) -> None:
    """A link to verify the address is mailed, of which the answer does not say."""
    user = world.then_from_elsewhere()(201, "POST /auth/register", None, registration("specialist")).json()
    deadline = time.monotonic() + MAILED_SECONDS
    while not world.was_mailed("verification", user["id"]):
        if time.monotonic() > deadline:
            raise Broken("no link was mailed")
        time.sleep(0.2)


def login(world: World) -> None:
    """With a hash of weaker parameters, which is made anew."""
    email = world.bystander.email
    world.set_user(email, "password_hash", WEAK_HASH)
    world.then_from_elsewhere()(200, "POST /auth/login", None, credentials(email))


def refresh(world: World) -> None:
    """A token is spent; used again, it ends the session."""
    token = world.session(world.registered("client")["email"])["refresh_token"]
    world.then(200, "POST /auth/refresh", None, {"refresh_token": token})
    world.then(401, "POST /auth/refresh", None, {"refresh_token": token})


def logout(world: World) -> None:
    token = world.session(world.client.email)["refresh_token"]
    world.then(204, "POST /auth/logout", None, {"refresh_token": token})


def forgot_password(world: World) -> None:
    body = {"email": f"{secrets.token_hex(8)}@example.com"}
    world.then_from_elsewhere()(202, "POST /auth/password/forgot", None, body)


def reset_password(world: World) -> None:
    token = world.mailed_token("password_reset", world.registered("client")["id"])
    body = {"token": token, "password": PASSWORD}
    world.then_from_elsewhere()(204, "POST /auth/password/reset", None, body)


def verify_email(world: World) -> None:
    """A guest with that address has booked before."""
    user = world.registered("client")
    booking_id = world.booked_for(user["email"])
    verified_by(world.then_from_elsewhere(), world, user["id"])
    must_be(user["id"], world.stored_booking(booking_id)["client_id"]["S"])


def verified_by(answering: Answering, world: World, user_id: str) -> None:
    """The account's address is verified."""
    world.wait_for_mail("verification", user_id)  # whose token would void the one that is made here
    token = world.mailed_token("verification", user_id)
    answering(204, "POST /auth/email/verify", None, {"token": token})


def send_verification(world: World) -> None:
    world.then(202, "POST /auth/email/verification", world.new("client")[1])


def change_password(world: World) -> None:
    body = {"current_password": PASSWORD, "password": PASSWORD}
    world.then(204, "PUT /users/me/password", world.new("client")[1], body)


def update_own_user(world: World) -> None:
    """Also with nothing to change."""
    for changes in ({"display_name": "Ann"}, {}):
        world.then(200, "PATCH /users/me", world.client, changes)


def delete_own_user(world: World) -> None:
    world.then(204, "DELETE /users/me", world.admin_who_leaves_much()[1], {"password": PASSWORD})


def export_own_user(world: World) -> None:
    world.then(200, "GET /users/me/export", world.client)


def get_me(world: World) -> None:
    world.then(200, "GET /users/me", world.client)


def list_users(world: World) -> None:
    must_go_on(world.then(200, "GET /users?limit=1", world.admin))


def update_user(world: World) -> None:
    """Whoever is deactivated leaves its wait-lists; its free slots go, those that are booked are closed."""
    becoming_id, _ = world.new("client")
    world.then(200, f"PATCH /users/{becoming_id}", world.admin, {"role": "specialist"})
    client_id, client = world.new("client")
    slot_id = world.slot()
    world.booked(slot_id)
    world.given(201, "POST /bookings/wait-list", client, {"slot_id": slot_id})
    specialist_id, specialist = world.new("specialist")
    world.slot(specialist)
    world.booked(world.slot(specialist))
    for user_id in (client_id, specialist_id):
        world.then(200, f"PATCH /users/{user_id}", world.admin, {"is_active": False})


def get_my_profile(world: World) -> None:
    world.then(200, "GET /specialists/me", world.specialist)


def update_my_profile(world: World) -> None:
    world.then(200, "PATCH /specialists/me", world.specialist, {"display_name": "Ann", "time_zone": "UTC"})


def get_profile(world: World) -> None:
    world.then(200, f"GET /specialists/{world.profile}")


def list_specialists(world: World) -> None:
    must_go_on(world.then(200, "GET /specialists?limit=1"))


def create_service(world: World) -> None:
    """Admins get a profile when they first offer something."""
    world.then(201, "POST /specialists/me/services", world.specialist, SERVICE)
    world.then(201, "POST /specialists/me/services", world.admin, SERVICE)


def list_services(world: World) -> None:
    must_go_on(world.then(200, f"GET /specialists/{world.profile}/services?limit=1"))
    world.then(200, f"GET /specialists/{world.idle_profile}/services")


def update_service(world: World) -> None:
    """One that nobody books: its buffers would reach into the next slot."""
    change = {"buffer_after_minutes": 5}
    world.then(200, f"PATCH /specialists/me/services/{world.services[1]}", world.specialist, change)


def list_own_services(world: World) -> None:
    must_go_on(world.then(200, "GET /specialists/me/services?limit=1", world.specialist))
    world.then(200, "GET /specialists/me/services", world.idle_specialist)


def set_schedule(world: World) -> None:
    """Admins get a profile when they first offer something."""
    world.then(200, "PUT /specialists/me/schedule", world.specialist, {"hours": {"mon": HOURS}})
    world.then(200, "PUT /specialists/me/schedule", world.admin, {"hours": {}})


def get_schedule(world: World) -> None:
    world.then(200, f"GET /specialists/{world.idle_profile}/schedule")


def get_own_schedule(world: World) -> None:
    world.then(200, "GET /specialists/me/schedule", world.idle_specialist)


def set_date(world: World) -> None:
    route = f"PUT /specialists/me/schedule/dates/{world.day}"
    world.then(200, route, world.specialist, {"hours": HOURS})
    world.then(200, route, world.admin, {"hours": []})


def set_dates(world: World) -> None:
    body = {"date_from": world.day, "date_to": world.next_day, "hours": HOURS}
    world.then(200, "PUT /specialists/me/schedule/dates", world.specialist, body)
    world.then(200, "PUT /specialists/me/schedule/dates", world.admin, body)


def delete_date(world: World) -> None:
    world.then(204, f"DELETE /specialists/me/schedule/dates/{world.day}", world.specialist)


def list_dates(world: World) -> None:
    world.given_dates()
    must_go_on(world.then(200, f"GET /specialists/{world.profile}/schedule/dates?limit=1"))
    world.then(200, f"GET /specialists/{world.idle_profile}/schedule/dates")


def list_own_dates(world: World) -> None:
    world.given_dates()
    must_go_on(world.then(200, "GET /specialists/me/schedule/dates?limit=1", world.specialist))
    world.then(200, "GET /specialists/me/schedule/dates", world.idle_specialist)


def create_slot(world: World) -> None:
    world.then(201, "POST /specialists/me/slots", world.specialist, world.times())


def delete_slot(world: World) -> None:
    """Somebody waits for its time, and gets it."""
    slots = world.open_day()
    times = {"start_at": slots["09:00"]["start_at"], "end_at": slots["09:00"]["end_at"]}
    slot = world.given(201, "POST /specialists/me/slots", world.open_specialist, times).json()
    world.awaited_in_hours(slots)
    world.then(204, f"DELETE /specialists/me/slots/{slot['id']}", world.open_specialist)


def create_time_off(world: World) -> None:
    world.then(201, "POST /specialists/me/time-off", world.specialist, world.times())


def list_time_off(world: World) -> None:
    for start in ("09:00", "09:10"):
        world.time_off(world.open_day()[start])
    must_go_on(world.then(200, "GET /specialists/me/time-off?limit=1", world.open_specialist))


def delete_time_off(world: World) -> None:
    """Somebody waits for its time, and gets it."""
    slots = world.open_day()
    time_off_id = world.time_off(slots["09:00"])
    world.awaited_in_hours(slots)
    world.then(204, f"DELETE /specialists/me/time-off/{time_off_id}", world.open_specialist)


def list_slots(world: World) -> None:
    must_go_on(world.then(200, f"GET /specialists/{world.profile}/slots?limit=1"))
    world.then(200, f"GET /specialists/{world.idle_profile}/slots")


def list_my_slots(world: World) -> None:
    must_go_on(world.then(200, "GET /specialists/me/slots?limit=1", world.specialist))
    world.then(200, "GET /specialists/me/slots", world.idle_specialist)


def get_availability(world: World) -> None:
    world.then(200, f"GET /specialists/{world.idle_profile}/availability")


def create_booking(world: World) -> None:
    """Of both kinds; a repeat is answered although the hours were taken away. Then more holds than may be open."""
    by_hand = {"slot_id": world.slot(), "service_id": world.services[0]}
    world.then(201, "POST /bookings", world.client, by_hand)
    slot = world.open_day()["09:00"]
    key = {"Idempotency-Key": secrets.token_hex(8)}
    world.then(201, "POST /bookings", world.client, {"slot_id": slot["id"]}, headers=key)
    day = f"PUT /specialists/me/schedule/dates/{slot['start_at'][:10]}"
    world.given(200, day, world.open_specialist, {"hours": []})
    world.then(201, "POST /bookings", world.client, {"slot_id": slot["id"]}, headers=key)
    for _ in range(MOST_OPEN_HOLDS + 1):  # the last one finds that the others are over
        held = world.then(201, "POST /bookings", world.client, {"slot_id": world.slot(), "hold_seconds": 600})
        world.given(200, f"POST /bookings/{held.json()['id']}/confirm", world.client)


def create_guest_booking(world: World) -> None:
    """The same for a guest."""
    about = {"name": "Gus", "email": f"{secrets.token_hex(8)}@example.com"}
    then = world.then_from_elsewhere()
    first = then(201, "POST /bookings/guest", None, about | {"slot_id": world.slot(), "service_id": world.services[0]})
    slot = world.open_day()["09:00"]
    key = {"Idempotency-Key": secrets.token_hex(8)}
    second = then(201, "POST /bookings/guest", None, about | {"slot_id": slot["id"]}, headers=key)
    day = f"PUT /specialists/me/schedule/dates/{slot['start_at'][:10]}"
    world.given(200, day, world.open_specialist, {"hours": []})
    then(201, "POST /bookings/guest", None, about | {"slot_id": slot["id"]}, headers=key)
    for held in (first, second):
        world.given(200, f"PATCH /bookings/{held.json()['id']}/cancel", world.admin)
    then(201, "POST /bookings/guest", None, about | {"slot_id": world.slot()})  # finds that the others are over


def confirm_booking(world: World) -> None:
    held = {"slot_id": world.slot(), "hold_seconds": 600}
    booking_id = world.given(201, "POST /bookings", world.client, held).json()["id"]
    world.then(200, f"POST /bookings/{booking_id}/confirm", world.client)


def set_attendance(world: World) -> None:
    """Of a booking that is still to come: what it may do is asked for before the condition is."""
    said = {"attendance": "no_show"}
    refusal = world.then(409, f"PATCH /bookings/{world.booking}/attendance", world.specialist, said).json()
    if refusal["error"]["reason"] != "slot_not_started":
        raise Broken(refusal)


def get_booking(world: World) -> None:
    world.then(200, f"GET /bookings/{world.booking}", world.client)


def cancel_booking(world: World) -> None:
    """Somebody waits for the slot, and gets it; of both kinds."""
    slot_id = world.slot()
    booking_id = world.booked(slot_id)
    world.awaited(slot_id)
    world.then(200, f"PATCH /bookings/{booking_id}/cancel", world.client)
    slots = world.open_day()
    booking_id = world.booked(slots["09:00"]["id"])
    world.awaited_in_hours(slots)
    world.then(200, f"PATCH /bookings/{booking_id}/cancel", world.client)


def reschedule_booking(world: World) -> None:
    """To another specialist's slot in vain, then to one of the same; somebody waits for the slot that is left.

    Then a booking of a slot from hours moves within its hour.
    """
    slot_id = world.slot()
    booking_id = world.booked(slot_id)
    world.awaited(slot_id)
    move = f"PATCH /bookings/{booking_id}/reschedule"
    world.then(409, move, world.client, {"slot_id": world.other_specialists_slot})
    world.then(200, move, world.client, {"slot_id": world.slot()})
    slots = world.open_day()
    booking_id = world.booked(slots["09:00"]["id"])
    world.awaited_in_hours(slots)
    move = f"PATCH /bookings/{booking_id}/reschedule"
    world.then(200, move, world.client, {"slot_id": slots["09:30"]["id"]})


def get_booking_calendar(world: World) -> None:
    world.then(200, f"GET /bookings/{world.booking}/calendar.ics", world.client)


def list_my_bookings(world: World) -> None:
    world.booked(world.slot())
    must_go_on(world.then(200, "GET /bookings/me?limit=1", world.client))


def list_specialist_bookings(world: World) -> None:
    world.booked(world.slot())
    must_go_on(world.then(200, "GET /bookings/specialists/me?limit=1", world.specialist))
    world.then(200, "GET /bookings/specialists/me", world.idle_specialist)


def join_wait_list(world: World) -> None:
    slot_id = world.slot()
    world.booked(slot_id)
    wanted = {"slot_id": slot_id, "service_id": world.services[0]}
    world.then(201, "POST /bookings/wait-list", world.waiting_client, wanted)
    slot_id = world.open_day()["09:00"]["id"]
    world.booked(slot_id)
    world.then(201, "POST /bookings/wait-list", world.waiting_client, {"slot_id": slot_id})


def list_my_wait_list(world: World) -> None:
    for _ in range(2):
        slot_id = world.slot()
        world.booked(slot_id)
        world.awaited(slot_id)
    must_go_on(world.then(200, "GET /bookings/wait-list/me?limit=1", world.waiting_client))


def leave_wait_list(world: World) -> None:
    slot_id = world.slot()
    world.booked(slot_id)
    entry_id = world.awaited(slot_id)
    world.then(204, f"DELETE /bookings/wait-list/{entry_id}", world.waiting_client)
    slot_id = world.open_day()["09:00"]["id"]
    world.booked(slot_id)
    world.then(204, f"DELETE /bookings/wait-list/{world.awaited(slot_id)}", world.waiting_client)


def health(world: World) -> None:
    world.then(200, "GET /health?deep=1")


def show_metrics(world: World) -> None:
    world.then(200, "GET /metrics")


def dispatch_sweeps(world: World) -> None:
    with world.without_its_queue("WorkOffShards", "SweepQueue"):
        world.due_booking(datetime.now(UTC) - SLOT_LENGTH)
        world.ended_hold(world.slot())
        for sweep in ("expire", "lapse", "remind"):
            if not world.run("DispatchSweeps", {"sweep": sweep})[sweep]["shards"]:
                raise Broken("nothing is due")


def work_off_shards(world: World) -> None:
    """What nobody understands is given up; a reminder is asked for; somebody is erased.

    A hold that has ended lapses, and somebody who waits for the slot gets it; of both kinds. One without time hands its
    shards on: last, since it costs two new versions of the function.
    """
    past, soon = datetime.now(UTC) - SLOT_LENGTH, datetime.now(UTC) + SLOT_LENGTH
    with world.without_its_queue("WorkOffShards", "SweepQueue"):
        booking_id = world.due_booking(past)
        of_nobody = {"client_id": "none", "specialist_id": "none"}  # whose lists it would spoil
        poisoned = world.due_booking(past, slot_end_at="the day after", **of_nobody)
        world.run("WorkOffShards", all_shards("expire"))
        must_be("expired", world.stored_booking(booking_id)["status"]["S"])
        must_be(None, timer_of(world, poisoned))
        reminded = world.due_booking(soon)
        world.run("WorkOffShards", all_shards("remind"))
        must_be("expire", timer_of(world, reminded))
        slot_id, slots = world.slot(), world.open_day()
        lapsed = [world.ended_hold(slot_id), world.ended_hold(slots["09:00"]["id"])]
        world.awaited(slot_id)
        world.awaited_in_hours(slots)
        world.run("WorkOffShards", all_shards("lapse"))
        for held in lapsed:
            must_be("expired", world.stored_booking(held)["status"]["S"])
        user_id, _ = world.admin_who_leaves_much()
        world.mark_erased(user_id)
        world.run("WorkOffShards", about_erasing(user_id))
        if world.has_account(user_id):
            raise Broken("somebody was not erased")
        world.due_booking(past)
        with world.short_of_time("WorkOffShards"):
            if world.run("WorkOffShards", all_shards("expire"))["batchItemFailures"]:
                raise Broken("the rest of a shard was not handed on")


def all_shards(sweep: str) -> dict[str, Any]:
    """The event in which Lambda hands a dispatch's messages to a worker."""
    until = f"{datetime.now(UTC) + timedelta(minutes=10):%Y-%m-%dT%H:%M:%S.%fZ}"
    messages = [{"sweep": sweep, "shard": shard, "until": until, "after": None} for shard in range(SHARDS)]
    return {"Records": [{"messageId": str(m["shard"]), "body": json.dumps(m)} for m in messages]}


def about_erasing(user_id: str) -> dict[str, Any]:
    """The event with the last message about a person."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    body = json.dumps({"erase": user_id, "guest": "gst_x", "began": now, "until": now})
    return {"Records": [{"messageId": user_id, "body": body}]}


def timer_of(world: World, booking_id: str) -> str | None:
    """The kind of the timer that a booking has."""
    timer = world.stored_booking(booking_id).get("timer")
    return timer and timer["S"].partition("#")[0]


def publish_events(world: World) -> None:
    """Of a record made up here, since the stream's own come when they come."""
    told = told_of_a_booking(world, world.booking)
    must_be("done", world.delivered(f"event#{told}"))
    with world.policies.denied("PublishEvents", "events:PutEvents"):
        refused = told_of_a_booking(world, world.booking)
    must_be(None, world.delivered(f"event#{refused}"))
    user = world.registered("client")
    verified_by(world.given_from_elsewhere(), world, user["id"])
    taken_over = world.booked_for(user["email"])
    told_of_a_booking(world, taken_over)
    must_be(user["id"], world.stored_booking(taken_over)["client_id"]["S"])


def send_mail(world: World) -> None:
    """A reminder, a link and a digest; before, one that SES refuses, whose claim is released and which is given up."""
    with world.unknown_sender():
        refused = asked_for_mail(world, "reminder", "client")
    must_be(None, world.delivered(refused))
    must_be("done", world.delivered(asked_for_mail(world, "reminder", "client")))
    guests = world.booked_for(f"{secrets.token_hex(8)}@example.com")
    must_be("done", world.delivered(asked_for_mail(world, "confirmed", "client", guests)))
    must_be("done", world.delivered(asked_for_link(world)))
    world.verified()
    must_be("done", world.delivered(asked_for_mail(world, "confirmed", "specialist")))
    world.given(200, "PATCH /specialists/me", world.specialist, {"booking_mail": "daily"})
    must_be("done", world.delivered(asked_for_mail(world, "confirmed", "specialist")))
    must_be("done", world.delivered(asked_for_digest(world)))
    world.given(200, "PATCH /specialists/me", world.specialist, {"booking_mail": "each"})


def asked_for_link(world: World) -> str:
    """The key of a mail to choose a new password that the function was asked for by a message made up here."""
    key = f"account#{secrets.token_hex(8)}"
    content = {"kind": "account_mail", "key": key, "purpose": "password_reset", "address": world.client.email}
    return handed_over(world, key, content)


def asked_for_mail(world: World, occasion: str, audience: str, booking_id: str | None = None) -> str:
    """The key of a mail that the function was asked for by a message made up here."""
    booking = world.stored_booking(booking_id or world.booking)
    key = f"{occasion}#{secrets.token_hex(8)}"
    content = {"mail": key, "occasion": occasion, "audience": audience, "booking": booking, "before": None}
    return handed_over(world, key, content)


def asked_for_digest(world: World) -> str:
    """The same for a digest of everything that was kept for one, of a day without bookings that are poisoned."""
    moments = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 3))
    since, morning = (f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}" for moment in moments)
    key = f"digest#{world.profile}#{morning}"
    content = {"mail": key, "occasion": "digest", "specialist": world.profile, "since": since, "morning": morning}
    return handed_over(world, key, content)


def handed_over(world: World, key: str, content: Mapping[str, Any]) -> str:
    """The key again, once the function has worked on the message."""
    sent = {"SentTimestamp": str(int(datetime.now(UTC).timestamp() * 1000))}
    message = {"messageId": "1", "body": json.dumps(content), "attributes": sent, "eventSource": "aws:sqs"}
    if world.run("SendMail", {"Records": [message]})["batchItemFailures"]:
        raise Broken("the message comes again")
    return key


def told_of_a_booking(world: World, booking_id: str) -> str:
    """The id of an event that the function was given, of a new booking."""
    record_id = secrets.token_hex(16)
    change = {
        "NewImage": world.stored_booking(booking_id),
        "SequenceNumber": "1",
        "ApproximateCreationDateTime": datetime.now(UTC).timestamp(),
    }
    record = {"eventID": record_id, "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}
    world.run("PublishEvents", {"Records": [record]})
    return f"{record_id}-BookingConfirmed"


def root(world: World) -> None:
    world.then(200, "GET /")


def openapi(world: World) -> None:
    world.then(200, "GET /openapi.json")


def docs(world: World) -> None:
    world.then(200, "GET /docs")


def redoc(world: World) -> None:
    world.then(200, "GET /redoc")


def docs_asset(world: World) -> None:
    world.then(200, "GET /docs/swagger-ui.css")


def page(world: World) -> None:
    world.then(200, "GET /book")


def page_asset(world: World) -> None:
    world.then(200, "GET /widget.js")


def must_be(expected: str | None, found: str | None) -> None:
    """Raises Broken where the function has done something else."""
    if found != expected:
        raise Broken(f"{found} and not {expected}")


def must_go_on(answer: httpx.Response) -> None:
    """The list is longer than the page; the link to the next one is sealed."""
    if 'rel="next"' not in answer.headers.get("Link", ""):
        raise Broken("the list ends with its first page")


EXERCISES: Mapping[str, Callable[[World], None]] = {
    "RegisterUser": register,
    "LogIn": login,
    "RefreshSession": refresh,
    "LogOut": logout,
    "ForgotPassword": forgot_password,
    "ResetPassword": reset_password,
    "SendVerification": send_verification,
    "VerifyEmail": verify_email,
    "GetOwnUser": get_me,
    "UpdateOwnUser": update_own_user,
    "ChangePassword": change_password,
    "DeleteOwnUser": delete_own_user,
    "ExportOwnUser": export_own_user,
    "ListUsers": list_users,
    "UpdateUser": update_user,
    "GetOwnProfile": get_my_profile,
    "UpdateOwnProfile": update_my_profile,
    "GetProfile": get_profile,
    "ListProfiles": list_specialists,
    "CreateService": create_service,
    "ListServices": list_services,
    "UpdateService": update_service,
    "ListOwnServices": list_own_services,
    "SetSchedule": set_schedule,
    "GetSchedule": get_schedule,
    "GetOwnSchedule": get_own_schedule,
    "SetDate": set_date,
    "SetDates": set_dates,
    "DeleteDate": delete_date,
    "ListDates": list_dates,
    "ListOwnDates": list_own_dates,
    "OpenSlot": create_slot,
    "DeleteSlot": delete_slot,
    "CreateTimeOff": create_time_off,
    "ListTimeOff": list_time_off,
    "DeleteTimeOff": delete_time_off,
    "ListSlots": list_slots,
    "ListOwnSlots": list_my_slots,
    "GetAvailability": get_availability,
    "CreateBooking": create_booking,
    "CreateGuestBooking": create_guest_booking,
    "ConfirmBooking": confirm_booking,
    "SetAttendance": set_attendance,
    "GetBooking": get_booking,
    "CancelBooking": cancel_booking,
    "RescheduleBooking": reschedule_booking,
    "GetCalendarFile": get_booking_calendar,
    "ListOwnBookings": list_my_bookings,
    "ListSpecialistBookings": list_specialist_bookings,
    "JoinWaitList": join_wait_list,
    "ListOwnWaitList": list_my_wait_list,
    "LeaveWaitList": leave_wait_list,
    "DispatchSweeps": dispatch_sweeps,
    "WorkOffShards": work_off_shards,
    "PublishEvents": publish_events,
    "SendMail": send_mail,
    "GetRoot": root,
    "GetHealth": health,
    "GetMetrics": show_metrics,
    "GetOpenApi": openapi,
    "GetDocs": docs,
    "GetRedoc": redoc,
    "GetDocsAsset": docs_asset,
    "GetPage": page,
    "GetPageAsset": page_asset,
}


class Policies:
    """The policies of the deployed functions' roles."""

    def __init__(self, stack: DeployedStack, stack_name: str) -> None:
        resources = stack.client("cloudformation").describe_stack_resources(StackName=stack_name)["StackResources"]
        self._physical_ids = {about["LogicalResourceId"]: about["PhysicalResourceId"] for about in resources}
        self._iam = stack.client("iam")
        self._lambda = stack.client("lambda")

    def physical_id(self, logical_id: str) -> str:
        """The name that a resource has in the stack."""
        return str(self._physical_ids[logical_id])

    @contextmanager
    def without(self, permission: Permission) -> Iterator[None]:
        """Takes one action away for a while."""
        name = f"{permission.function}RolePolicy{permission.policy}"  # as SAM calls it
        with self._changed(permission.function, name, lambda whole: lessened(whole, permission)):
            if permission.resource == "SigningKey":
                self._forget_what_is_cached(permission.function)
            yield

    @contextmanager
    def denied(self, function: str, action: str) -> Iterator[None]:
        """Takes the statements of an action away for a while, if they are there."""
        with ExitStack() as changed:
            for name in self._iam.list_role_policies(RoleName=self._role(function))["PolicyNames"]:
                changed.enter_context(self._changed(function, name, lambda whole: without_statements(whole, action)))
            yield

    @contextmanager
    def _changed(
        self, function: str, policy: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> Iterator[None]:
        role = self._role(function)
        whole = self._iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        self._put(role, policy, change(whole))
        try:
            yield
        finally:
            self._put(role, policy, whole)

    def _role(self, function: str) -> str:
        return self.physical_id(f"{function}Role")

    def _put(self, role: str, policy: str, document: Mapping[str, Any]) -> None:
        if document["Statement"]:
            self._iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
        else:
            self._iam.delete_role_policy(RoleName=role, PolicyName=policy)

    def _forget_what_is_cached(self, function: str) -> None:
        """A function keeps its keys for minutes."""
        restart(self._lambda, self._physical_ids[function])


def without_statements(policy: Mapping[str, Any], action: str) -> dict[str, Any]:
    """The policy without what it says of that action."""
    return {**policy, "Statement": [said for said in statements_of(policy) if said["Action"] != action]}


def lessened(policy: Mapping[str, Any], permission: Permission) -> dict[str, Any]:
    """The policy without that action; a statement that is left without any goes."""
    remaining = statements_of(policy)
    statement = remaining[permission.statement]
    actions = [statement["Action"]] if isinstance(statement["Action"], str) else list(statement["Action"])
    actions.remove(permission.action)
    statement["Action"] = actions
    return {**policy, "Statement": [kept for kept in remaining if kept["Action"]]}
