"""The one place that turns refusals and failures into responses, and that says so in OpenAPI."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from booking import errors
from booking.api.middleware import LARGEST_BODY
from booking.telemetry.log import logger

_STATUS_OF_KIND: Mapping[type[errors.BookingError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
REFUSALS = "x-refusals"
"""Where a route's `responses` hold sentences by reason."""
_WORDING = {
    HTTPStatus.NOT_FOUND: ("route_not_found", "Not found"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body_too_large", f"Request body is larger than {LARGEST_BODY} bytes"),
    HTTPStatus.UNPROCESSABLE_ENTITY: (errors.Invalid.reason, "Request validation failed"),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("internal_error", "Internal server error"),
}
_LONGEST_LOCATION = 100


def install(app: FastAPI) -> None:
    """Makes the app answer every error in the contract's shape."""
    handlers = {
        errors.BookingError: _refused,
        RequestValidationError: _invalid,
        HTTPException: _stopped_by_framework,
        Exception: _failed,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]  # each gets errors of its own kind only


def status_of(error: type[errors.BookingError]) -> HTTPStatus:
    """The status that a refusal is answered with."""
    return next(_STATUS_OF_KIND[kind] for kind in error.__mro__ if kind in _STATUS_OF_KIND)


def refusals(*kinds: type[errors.BookingError]) -> dict[int | str, dict[str, Any]]:
    """A route's `responses` in OpenAPI: what its operation refuses, beside what any route of its kind can answer.

    It holds sentences by reason; `make openapi` makes responses of them, and adds those of any route of its kind: the
    401 and 403 of routes for certain callers, 400, 413, 422, 429, 500, 503 and 504.
    """
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        of_status = by_status.setdefault(int(status_of(kind)), {REFUSALS: {}})
        of_status[REFUSALS][kind.reason] = kind.sentence
    return by_status


def wording_of(status: HTTPStatus) -> tuple[str, str]:
    """The reason and the sentence of what is no refusal of an operation, and so is known by its status alone."""
    return _WORDING.get(status, (status.name.lower(), status.phrase.capitalize()))


def error_response(
    request: Request,
    status: HTTPStatus,
    reason: str,
    message: str,
    *,
    detail: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A response in the contract's error shape; `detail` is the sentence unless a list is given."""
    shown: Any = message if detail is None else detail
    body = {
        "error": {"code": f"http_{int(status)}", "message": message, "detail": shown, "reason": reason},
        "detail": shown,
        "request_id": request.state.request_id,
    }
    return JSONResponse(body, status_code=int(status), headers=headers)


async def _refused(request: Request, error: errors.BookingError) -> JSONResponse:
    detail = None
    if isinstance(error, errors.Invalid) and error.location:
        detail = [{"loc": list(error.location), "msg": error.sentence, "type": "value_error"}]
    status, headers = status_of(type(error)), _headers_of(error)
    return error_response(request, status, error.reason, error.sentence, detail=detail, headers=headers)


def _headers_of(error: errors.BookingError) -> Mapping[str, str]:
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, (errors.TooManyRequests, errors.StoreUnavailable)):
        return {"Retry-After": str(error.retry_after)}
    return {}


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    """Says where and why, and never repeats the input."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    detail = [
        {"loc": [_shortened(part) for part in problem["loc"]], "msg": problem["msg"], "type": problem["type"]}
        for problem in error.errors()
    ]
    return error_response(request, status, *wording_of(status), detail=detail)


def _shortened(part: int | str) -> int | str:
    return part if isinstance(part, int) else part[:_LONGEST_LOCATION]


async def _stopped_by_framework(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    return error_response(request, status, *wording_of(status), headers=error.headers)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    """The outermost edge: the log has the whole error, the client learns only that it happened."""
    logger.error("request failed", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return error_response(request, status, *wording_of(status))
