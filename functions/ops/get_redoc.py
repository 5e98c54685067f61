"""GET /redoc: the routes to read, with ReDoc from our own assets."""

from fastapi import APIRouter
from fastapi.openapi.docs import get_redoc_html
from fastapi.responses import HTMLResponse

from booking import __version__
from booking.api.application import lambda_handler
from booking.api.document_headers import PAGE_HEADERS

router = APIRouter()


@router.get("/redoc", include_in_schema=False)
async def endpoint() -> HTMLResponse:
    """The page; all addresses in it are relative, so that it works behind any stage path."""
    page = get_redoc_html(
        openapi_url="openapi.json",
        title=f"Booking API {__version__}",
        redoc_js_url="docs/redoc.standalone.js",
        redoc_favicon_url="data:,",
        with_google_fonts=False,
    )
    page.headers.update(PAGE_HEADERS)
    return page


handler = lambda_handler(router)
