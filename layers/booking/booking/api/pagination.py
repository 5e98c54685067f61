"""Pages of lists: `limit` with `offset`, or with the `cursor` that a page's `Link` header names.

A cursor is sealed by this stack for one list: what it lists, for whom, with which filters. So it tells nobody
where in the table a page ends, it cannot be changed, nor used on another list.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from booking.api.public_address import public_prefix
from booking.dynamodb.queries import Page, PageRequest
from booking.errors import Invalid
from booking.runtime.sealing import SealBroken, seal, unseal

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100
LARGEST_OFFSET = 10_000
LARGEST_PUBLIC_OFFSET = 200
_LONGEST_CURSOR = 2000

_Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT)]
_Cursor = Annotated[str | None, Query(max_length=_LONGEST_CURSOR)]
_DEFAULT_OFFSET = "0 unless given"


class CursorRejected(Invalid):
    """The cursor was not made by this stack for this list."""

    sentence = "cursor is not one of this list's"
    location: ClassVar[tuple[str, str]] = ("query", "cursor")


class CursorWithOffset(Invalid):
    """Two ways of saying where a page begins."""

    sentence = "cursor and offset cannot be used together"
    location: ClassVar[tuple[str, str]] = ("query", "cursor")


class Pagination:
    """The part of a list that a request asks for, and the `Link` to the next part."""

    def __init__(
        self,
        request: Request,
        response: Response,
        limit: _Limit = DEFAULT_LIMIT,
        offset: Annotated[int | None, Query(ge=0, le=LARGEST_OFFSET, description=_DEFAULT_OFFSET)] = None,
        cursor: _Cursor = None,
    ) -> None:
        if cursor is not None and offset is not None:
            raise CursorWithOffset
        self._request = request
        self._response = response
        self._limit = limit
        self._offset = offset or 0
        self._cursor = cursor
        self._subject = ""

    def page[T](self, list_page: Callable[[PageRequest], Page[T]], *, of: str = "") -> Sequence[T]:
        """The items of the page; when more follows, the response says where.

        `of` names the caller where a list is the caller's own.
        """
        self._subject = of
        page = list_page(PageRequest(self._limit, self._offset, self._start()))
        if page.next_start is not None:
            self._response.headers["Link"] = f'<{self._next_url(page.next_start)}>; rel="next"'
        return page.items

    def _start(self) -> Mapping[str, str] | None:
        if self._cursor is None:
            return None
        try:
            return unseal(self._cursor, self._list())
        except SealBroken:
            raise CursorRejected from None

    def _next_url(self, start: Mapping[str, str]) -> str:
        query = [*self._filters(), ("limit", str(self._limit)), ("cursor", seal(start, self._list()))]
        return f"{public_prefix(self._request)}{self._request.url.path}?{urlencode(query)}"

    def _filters(self) -> list[tuple[str, str]]:
        given = self._request.query_params.multi_items()
        return [pair for pair in given if pair[0] not in {"limit", "offset", "cursor"}]

    def _list(self) -> str:
        """Names the list: its path, its filters, its owner."""
        return json.dumps([self._request.url.path, sorted(self._filters()), self._subject])


class PublicPagination(Pagination):
    """The same of a list that anyone may read: what an offset skips is read, so nobody may have much skipped."""

    def __init__(
        self,
        request: Request,
        response: Response,
        limit: _Limit = DEFAULT_LIMIT,
        offset: Annotated[int | None, Query(ge=0, le=LARGEST_PUBLIC_OFFSET, description=_DEFAULT_OFFSET)] = None,
        cursor: _Cursor = None,
    ) -> None:
        super().__init__(request, response, limit, offset, cursor)


PageOf = Annotated[Pagination, Depends()]
PublicPageOf = Annotated[PublicPagination, Depends()]
