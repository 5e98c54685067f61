"""GET /docs/{asset}: scripts and styles of the documentation pages, from the dependencies layer."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from booking.api.application import lambda_handler

router = APIRouter()

_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "redoc.standalone.js": "text/javascript",
}
_A_DAY = "public, max-age=86400"


@router.get("/docs/{asset}", include_in_schema=False)
async def endpoint(asset: str) -> Response:
    """One of the pages' files."""
    if asset not in _MEDIA_TYPES:
        raise HTTPException(404)
    content = (_assets() / asset).read_bytes()
    return Response(content, media_type=_MEDIA_TYPES[asset], headers={"Cache-Control": _A_DAY})


def _assets() -> Path:
    """The folder of the package that carries the files; its code is not imported."""
    package = find_spec("fastapi_offline")
    if package is None or package.origin is None:
        raise HTTPException(404)
    return Path(package.origin).parent / "static"


handler = lambda_handler(router)
