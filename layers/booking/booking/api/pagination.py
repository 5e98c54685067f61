"""Pages of lists: `limit` with `offset`, or with the `cursor` that a page's `Link` header names.

A cursor is sealed by this stack for one list: what it lists, for whom, with which filters. So it tells nobody
where in the table a page ends, it cannot be changed, nor used on another list. Functions that anybody may call do
without the key of tokens: what they seal is a place in a list that anyone may read.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from booking.api.dependencies import PublicPrefix
from booking.dynamodb.queries import Page, PageRequest
from booking.errors import Invalid
from booking.runtime.sealing import SealBroken, seal, unseal
from booking.runtime.signing import PUBLIC_KEYS, SIGNING_KEYS, KeyRing

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100
LARGEST_OFFSET = 10_000
LARGEST_PUBLIC_OFFSET = 200
"""What an offset skips is read, so nobody may have much of it skipped whom nobody knows."""
LARGEST_PART = 150
"""So many bookings fit in an answer, however much is written in them."""
_LONGEST_CURSOR = 2000


class CursorRejected(Invalid):
    """The cursor was not made by this stack for this list."""

    sentence = "cursor is not one of this list's"
    location: ClassVar[tuple[str, str]] = ("query", "cursor")


class CursorWithOffset(Invalid):
    """Two ways of saying where a page begins."""

    sentence = "cursor and offset cannot be used together"
    location: ClassVar[tuple[str, str]] = ("query", "cursor")


@dataclass(frozen=True, slots=True)
class Pagination:
    """The part of a list that a request asks for, and the `Link` to the next part.

    The list is that of the request's path, filters and caller, whoever calls where anyone may.
    """

    request: Request
    response: Response
    prefix: str
    keys: KeyRing
    limit: int
    offset: int
    cursor: str | None

    @property
    def wanted(self) -> PageRequest:
        """What an operation is asked for. Raises `CursorRejected`."""
        return PageRequest(self.limit, self.offset, self._start())

    def items[T](self, page: Page[T]) -> Sequence[T]:
        """What the response shows of the operation's answer; when more follows, its `Link` says where."""
        if page.next_start is not None:
            self.response.headers["Link"] = f'<{self._next_url(page.next_start)}>; rel="next"'
        return page.items

    def _start(self) -> Mapping[str, str] | None:
        if self.cursor is None:
            return None
        try:
            return unseal(self.cursor, self._list(), self.keys)
        except SealBroken:
            raise CursorRejected from None

    def _next_url(self, start: Mapping[str, str]) -> str:
        cursor = seal(start, self._list(), self.keys)
        query = [*self._filters(), ("limit", str(self.limit)), ("cursor", cursor)]
        return f"{self.prefix}{self.request.url.path}?{urlencode(query)}"

    def _filters(self) -> list[tuple[str, str]]:
        given = self.request.query_params.multi_items()
        return [pair for pair in given if pair[0] not in {"limit", "offset", "cursor"}]

    def _list(self) -> str:
        """Names the list: its path, its filters, its caller."""
        caller_id = getattr(self.request.state, "caller_id", "")
        return json.dumps([self.request.url.path, sorted(self._filters()), caller_id])


_Cursor = Annotated[str | None, Query(max_length=_LONGEST_CURSOR)]


def _pages(keys: KeyRing, largest_offset: int) -> Callable[..., Awaitable[Pagination]]:
    async def dependency(  # what a request can say, and where the answer goes
        request: Request,
        response: Response,
        prefix: PublicPrefix,
        limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
        offset: Annotated[int | None, Query(ge=0, le=largest_offset, description="0 unless given")] = None,
        cursor: _Cursor = None,
    ) -> Pagination:
        if cursor is not None and offset is not None:
            raise CursorWithOffset
        return Pagination(request, response, prefix, keys, limit, offset or 0, cursor)

    return dependency


async def _parts(
    request: Request,
    response: Response,
    prefix: PublicPrefix,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PART)] = LARGEST_PART,
    cursor: _Cursor = None,
) -> Pagination:
    return Pagination(request, response, prefix, SIGNING_KEYS, limit, 0, cursor)


Pages = Annotated[Pagination, Depends(_pages(SIGNING_KEYS, LARGEST_OFFSET))]
PublicPages = Annotated[Pagination, Depends(_pages(PUBLIC_KEYS, LARGEST_PUBLIC_OFFSET))]
ExportPages = Annotated[Pagination, Depends(_parts)]
"""Parts of what is stored about the caller, of which nothing can be skipped."""
