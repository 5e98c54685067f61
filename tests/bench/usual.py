"""`POST /bookings` the way such a route is usually written, for `tests.bench.functions` to compare ours with.

FastAPI, Mangum, PyJWT, boto3's table resource, Powertools' logger and metrics. A hand-opened slot is booked by the same
transaction; a request is held to the same rules, and gets the same answer and the same lines in the log, which
`tests/integration/test_usual_way.py` holds. It does less than ours: one key, no slots from hours, no services, no
idempotency, no totals for `GET /metrics`, no limit on bodies, no refusal of parameters that it does not know.
"""

import os
import time
import uuid
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

import boto3
import jwt
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from mangum import Mangum
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from booking.runtime.ids import new_id
from booking.slots.ids import SlotId

KEY = os.environ["USUAL_SIGNING_KEY"]

logger = Logger()
metrics = Metrics()
dynamodb = boto3.resource("dynamodb")
calendar = dynamodb.Table(os.environ["CALENDAR_TABLE"])
bookings = dynamodb.Table(os.environ["BOOKINGS_TABLE"])
app = FastAPI(openapi_url=None)
is_cold = True


def plain(text: str) -> str:
    if any(ord(character) < 32 and character not in "\t\n" for character in text):
        raise ValueError("Text must not contain control characters")
    return text


class NewBooking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    slot_id: str
    service_id: None = None
    note: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), AfterValidator(plain)] | None = None


class Client(BaseModel):
    id: str
    name: str | None
    email: str
    phone: str | None


class Booking(BaseModel):
    id: str
    slot_id: str
    client_id: str
    client: Client
    specialist_id: str
    service_id: str | None = None
    service: dict[str, Any] | None = None
    status: Literal["held", "confirmed", "cancelled", "expired"]
    slot_start_at: datetime
    slot_end_at: datetime
    created_at: datetime
    changeable_until: datetime
    hold_expires_at: datetime | None = None
    payment_ref: str | None = None
    note: str | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    attendance: Literal["attended", "no_show"] | None = None


class User(BaseModel):
    id: str
    role: Literal["client", "specialist", "admin"]
    email: str
    locale: Literal["en", "ru"]
    name: str | None
    phone: str | None


@app.middleware("http")
async def observe(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    global is_cold  # noqa: PLW0603  # as it is usually done
    started = time.perf_counter()
    request_id = request.headers.get("x-request-id") or request.scope["aws.event"]["requestContext"]["requestId"]
    logger.append_keys(request_id=request_id)
    response = await call_next(request)
    response.headers["X-Request-ID"] = request_id
    response.headers["Cache-Control"] = "no-store"
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers["X-Content-Type-Options"] = "nosniff"
    seconds = time.perf_counter() - started
    route = request.scope["route"].path
    logger.info(
        "request",
        extra={
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 1),
            "caller_id": getattr(request.state, "caller_id", None),
            "cold_start": is_cold,
        },
    )
    is_cold = False
    return response


async def signed_in(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]
) -> User:
    if credentials is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "Could not validate credentials")
    try:
        claims = jwt.decode(
            credentials.credentials,
            KEY,
            algorithms=["HS256"],
            audience="booking-api",
            issuer="booking-api",
            options={"require": ["iss", "aud", "sub", "exp", "iat", "jti"]},
        )
        user = User(
            id=claims["sub"],
            role=claims["role"],
            email=claims["email"],
            locale=claims["locale"],
            name=claims["name"],
            phone=claims["phone"],
        )
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "Could not validate credentials") from None
    request.state.caller_id = user.id
    return user


async def client(user: Annotated[User, Depends(signed_in)]) -> User:
    if user.role not in ("client", "admin"):
        raise HTTPException(HTTPStatus.FORBIDDEN, "Not enough permissions")
    return user


@app.post("/bookings", status_code=201)
async def create_booking(
    user: Annotated[User, Depends(client)],
    new: NewBooking,
    idempotency_key: Annotated[str | None, Header(pattern=r"^[\x20-\x7e]{1,128}$")] = None,
) -> Booking:
    now = datetime.now(UTC)
    slot = SlotId.parse(new.slot_id)
    if slot is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "Slot not found")
    booking = Booking(
        id=new_id("bkg"),
        slot_id=slot.text,
        client_id=user.id,
        client=Client(id=user.id, name=user.name, email=user.email, phone=user.phone),
        specialist_id=slot.specialist_id,
        status="confirmed",
        slot_start_at=slot.start_at,
        slot_end_at=slot.end_at,
        created_at=now,
        changeable_until=slot.start_at,
        note=new.note or None,
    )
    starts = stored(slot.start_at)
    item: dict[str, str | int | bool] = {
        "booking_id": booking.id,
        "slot_id": booking.slot_id,
        "client_id": booking.client_id,
        "client_email": user.email,
        "client_locale": user.locale,
        "from_wait_list": False,
        "specialist_id": booking.specialist_id,
        "status": booking.status,
        "slot_start_at": starts,
        "slot_end_at": stored(slot.end_at),
        "created_at": stored(now),
        "changeable_until": starts,
        "sequence": 0,
        "starts": f"{starts}#{booking.id}",
        "timer": f"remind#{zlib.crc32(booking.id.encode()) % int(os.environ.get('TIMER_SHARDS', '4'))}",
    }
    optional = {"note": booking.note, "client_name": user.name, "client_phone": user.phone}
    item |= {name: value for name, value in optional.items() if value is not None}
    try:
        bookings.meta.client.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": calendar.name,
                        "Key": {"specialist_id": slot.specialist_id, "sk": f"slot#{starts}"},
                        "UpdateExpression": "SET booking_id = :booking, client_id = :client",
                        "ConditionExpression": "slot_id = :slot AND attribute_not_exists(booking_id)"
                        " AND attribute_not_exists(closed) AND start_at > :now",
                        "ExpressionAttributeValues": {
                            ":booking": booking.id,
                            ":client": user.id,
                            ":slot": slot.text,
                            ":now": stored(now),
                        },
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
                {
                    "Put": {
                        "TableName": bookings.name,
                        "Item": item,
                        "ConditionExpression": "attribute_not_exists(booking_id)",
                    }
                },
            ],
            ClientRequestToken=str(uuid.uuid4()),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        metrics.add_metric("bookings_conflicts", MetricUnit.Count, 1)
        raise HTTPException(HTTPStatus.CONFLICT, "Slot already booked") from None
    metrics.add_metric("bookings_confirmed", MetricUnit.Count, 1)
    return booking


def stored(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


handler = metrics.log_metrics(Mangum(app, lifespan="off"))
