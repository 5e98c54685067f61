"""GET /docs: the routes to read and try out, with Swagger UI from our own assets."""

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from booking import __version__
from booking.api.application import lambda_handler
from booking.api.document_headers import PAGE_HEADERS

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def endpoint() -> HTMLResponse:
    """The page; all addresses in it are relative, so that it works behind any stage path."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=f"Booking API {__version__}",
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )
    page.headers.update(PAGE_HEADERS)
    return page


handler = lambda_handler(router)
