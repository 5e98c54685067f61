"""GET /book, /manage, /desk …: the pages for people. They are static, and speak only the public API."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, Response

import booking_pages
from booking.api.application import lambda_handler
from booking.api.undeclared import ANY_QUERY
from booking.runtime.settings import settings

router = APIRouter(tags=[ANY_QUERY])  # the address holds what was chosen; links from elsewhere bring words of their own

_HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors "
)


@router.get("/book", include_in_schema=False)
@router.get("/book/{specialist}", include_in_schema=False)
@router.get("/manage", include_in_schema=False)
@router.get("/reset-password", include_in_schema=False)
@router.get("/verify-email", include_in_schema=False)
@router.get("/desk", include_in_schema=False)
async def endpoint(
    request: Request,
    lang: Annotated[str | None, Query()] = None,
    accept_language: Annotated[str, Header()] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """The page in the reader's language; what it shows of bookings its script asks the API for."""
    _, name, *rest = request.url.path.split("/")
    language = booking_pages.language_for(lang, accept_language)
    content = booking_pages.page(name, "../" * len(rest), language, sends_mail=bool(settings().mail_sender))
    tag = f'"{hashlib.sha256(content.encode()).hexdigest()[:16]}"'
    headers = _HEADERS | {"ETag": tag, "Content-Security-Policy": _POLICY + _frame_ancestors()}
    if tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(content, headers=headers)


def _frame_ancestors() -> str:
    """`none` and `self` are words that the policy wants in quotes."""
    allowed = settings().frame_ancestors
    return f"'{allowed}'" if allowed in {"none", "self"} else allowed


handler = lambda_handler(router)
