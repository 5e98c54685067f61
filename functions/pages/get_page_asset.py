"""GET /pages/{version}/{asset}, /widget.js: scripts and styles of the pages, from their own layer."""

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

import booking_pages
from booking.api.application import lambda_handler
from booking.api.undeclared import ANY_QUERY
from booking.runtime.settings import settings

router = APIRouter(tags=[ANY_QUERY])

_FOR_GOOD = "public, max-age=31536000, immutable"
_FIVE_MINUTES = "public, max-age=300"


@router.get("/pages/{version}/{asset}", include_in_schema=False)
async def endpoint(version: str, asset: str) -> Response:
    """One of the pages' files.

    While a release replaces another, pages of the one ask functions of the other: they get the file that there is, and
    do not keep it.
    """
    path = booking_pages.ASSETS.get(asset)
    if path is None:
        raise HTTPException(404)
    kept = _FOR_GOOD if version == booking_pages.version() else "no-store"
    return Response(
        path.read_bytes(), media_type=booking_pages.MEDIA_TYPES[path.suffix], headers={"Cache-Control": kept}
    )


@router.get("/widget.js", include_in_schema=False)
async def widget() -> Response:
    """What other sites name in their script tag: it stays where it is, and loads the widget of today.

    The site's page cannot say, as ours do, that this stack sends no mail, so the address does.
    """
    query = "" if settings().mail_sender else "?mail=none"
    script = f'import "./pages/{booking_pages.version()}/widget.js{query}";\n'
    return Response(script, media_type="text/javascript", headers={"Cache-Control": _FIVE_MINUTES})


handler = lambda_handler(router)
