"""Pages of lists: `limit` with `offset`, or with the `cursor` that a page's `Link` header names.

A cursor is sealed by this stack for one list: what it lists, for whom, with which filters. So it tells nobody
where in the table a page ends, it cannot be changed, nor used on another list. Functions that anybody may call do
without the key of tokens: what they seal is a place in a list that anyone may read.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
_LONGEST_CURSOR = 2000


class CursorRejected(Invalid):
    """The cursor was not made by this stack for this list."""

    sentence = "cursor is not one of this list's"
    location: ClassVar[tuple[str, str]] = ("query", "cursor")


class CursorWithOffset(Invalid):
    """Two ways of saying where a page begins."""

    sentence = "cursor and offset cannot be used together"
    location: ClassVar[tuple[str, str]] = ("query", "cursor")


class Pagination:
    """The part of a list that a request asks for, and the `Link` to the next part.

    The list is that of the request's path, filters and caller, whoever calls where anyone may.
    """

    keys: ClassVar[KeyRing] = SIGNING_KEYS
    largest_offset: ClassVar[int] = LARGEST_OFFSET
    default_limit: ClassVar[int] = DEFAULT_LIMIT
    largest_limit: ClassVar[int] = LARGEST_LIMIT

    def __init__(
        self, request: Request, response: Response, prefix: str, limit: int, offset: int, cursor: str | None
    ) -> None:
        self._request = request
        self._response = response
        self._prefix = prefix
        self._limit = limit
        self._offset = offset
        self._cursor = cursor

    @property
    def wanted(self) -> PageRequest:
        """What an operation is asked for. Raises `CursorRejected`."""
        return PageRequest(self._limit, self._offset, self._start())

    def items[T](self, page: Page[T]) -> Sequence[T]:
        """What the response shows of the operation's answer; when more follows, its `Link` says where."""
        if page.next_start is not None:
            self._response.headers["Link"] = f'<{self._next_url(page.next_start)}>; rel="next"'
        return page.items

    def _start(self) -> Mapping[str, str] | None:
        if self._cursor is None:
            return None
        try:
            return unseal(self._cursor, self._list(), self.keys)
        except SealBroken:
            raise CursorRejected from None

    def _next_url(self, start: Mapping[str, str]) -> str:
        cursor = seal(start, self._list(), self.keys)
        query = [*self._filters(), ("limit", str(self._limit)), ("cursor", cursor)]
        return f"{self._prefix}{self._request.url.path}?{urlencode(query)}"

    def _filters(self) -> list[tuple[str, str]]:
        given = self._request.query_params.multi_items()
        return [pair for pair in given if pair[0] not in {"limit", "offset", "cursor"}]

    def _list(self) -> str:
        """Names the list: its path, its filters, its caller."""
        caller_id = getattr(self._request.state, "caller_id", "")
        return json.dumps([self._request.url.path, sorted(self._filters()), caller_id])


class PublicPagination(Pagination):
    """That of a list that anyone may read. What an offset skips is read, so nobody may have much of it skipped."""

    keys: ClassVar[KeyRing] = PUBLIC_KEYS
    largest_offset: ClassVar[int] = LARGEST_PUBLIC_OFFSET


class ExportPagination(Pagination):
    """That of what is stored about the caller: so many bookings fit in an answer, however much is written in them."""

    default_limit: ClassVar[int] = 150
    largest_limit: ClassVar[int] = 150


def _pagination(kind: type[Pagination]) -> Callable[..., Awaitable[Pagination]]:
    async def dependency(  # what a request can say, and where the answer goes
        request: Request,
        response: Response,
        prefix: PublicPrefix,
        limit: Annotated[int, Query(ge=1, le=kind.largest_limit)] = kind.default_limit,
        offset: Annotated[int | None, Query(ge=0, le=kind.largest_offset, description="0 unless given")] = None,
        cursor: Annotated[str | None, Query(max_length=_LONGEST_CURSOR)] = None,
    ) -> Pagination:
        if cursor is not None and offset is not None:
            raise CursorWithOffset
        return kind(request, response, prefix, limit, offset or 0, cursor)

    return dependency


Pages = Annotated[Pagination, Depends(_pagination(Pagination))]
PublicPages = Annotated[Pagination, Depends(_pagination(PublicPagination))]
ExportPages = Annotated[Pagination, Depends(_pagination(ExportPagination))]
