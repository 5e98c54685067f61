"""What an endpoint asks for by naming it: from where a request comes, when, and what its path and query say.

Who is calling (`authentication`), filters of bookings (`booking_filter`) and pages (`pagination`) are modules of their
own: what they import would cost routes that need none of it a tenth of their cold start.

Endpoints and dependencies are `async` although the store's calls block: an execution environment serves
one request at a time, so a thread pool would only cost time.
"""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request

from booking.api.bodies.fields import Day, TimeZoneName
from booking.runtime.clock import current_instant


async def _source_address(request: Request) -> str:
    """The gateway's word (`requestContext.identity.sourceIp`), never a header that the caller writes."""
    return request.client.host if request.client else "unknown"


async def _now() -> datetime:
    return current_instant()


def public_prefix(request: Request) -> str:
    """What stands before our paths in the address that the client used.

    That is the stage's path, unless a proxy in front of the gateway says otherwise.
    """
    forwarded = request.headers.get("x-forwarded-prefix")
    if forwarded is not None:
        return forwarded.rstrip("/")
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    return str(context.get("path", "")).removesuffix(request.url.path)


async def _public_prefix(request: Request) -> str:
    return public_prefix(request)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,128}$",
        description="A repeat with the same key and body gets the first answer, for 24 hours.",
    ),
]
SourceAddress = Annotated[str, Depends(_source_address)]
Now = Annotated[datetime, Depends(_now)]
PublicPrefix = Annotated[str, Depends(_public_prefix)]
PathId = Annotated[str, Path(alias="id")]
PathDay = Annotated[Day, Path(alias="date")]
TimeZoneOfDays = Annotated[TimeZoneName, Query(description="Whose days")]
