"""Pages of lists: `limit` with `offset`, or with the `cursor` that a page's `Link` header names.

A cursor is a token signed by this stack for one list: what it lists, for whom, with which filters. So it
cannot be changed, nor used on another list.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from booking.errors import Invalid, Unauthenticated
from booking.http.public_address import public_prefix as _public_prefix
from booking.platform.queries import Page, PageRequest

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100
LARGEST_OFFSET = 10_000
LARGEST_PUBLIC_OFFSET = 200
_LONGEST_CURSOR = 2000
_START = "start"

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
        from booking.accounts.tokens import verify  # noqa: PLC0415  # only pages after the first need it

        try:
            start: Mapping[str, str] = verify(self._cursor, audience=self._audience(), required=[_START])[_START]
        except Unauthenticated:
            raise CursorRejected from None
        return start

    def _next_url(self, start: Mapping[str, str]) -> str:
        from booking.accounts.tokens import ISSUER, sign  # noqa: PLC0415  # see `_start`

        claims: dict[str, Any] = {"iss": ISSUER, "aud": self._audience(), _START: dict(start)}
        query = [*self._filters(), ("limit", str(self._limit)), ("cursor", sign(claims))]
        return f"{_public_prefix(self._request)}{self._request.url.path}?{urlencode(query)}"

    def _filters(self) -> list[tuple[str, str]]:
        given = self._request.query_params.multi_items()
        return [pair for pair in given if pair[0] not in {"limit", "offset", "cursor"}]

    def _audience(self) -> str:
        """Names the list: its path, its filters, its owner."""
        identity = json.dumps([self._request.url.path, sorted(self._filters()), self._subject])
        return f"cursor:{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


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
