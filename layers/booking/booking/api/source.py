"""Where a request comes from, when, and what its path names."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Request

from booking.runtime.clock import current_instant


async def _source_address(request: Request) -> str:
    """The gateway's word (`requestContext.identity.sourceIp`), never a header that the caller writes."""
    return request.client.host if request.client else "unknown"


async def _now() -> datetime:
    return current_instant()


SourceAddress = Annotated[str, Depends(_source_address)]
Now = Annotated[datetime, Depends(_now)]
PathId = Annotated[str, Path(alias="id")]
