"""The one place that turns refusals and failures into responses."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from booking import errors
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
_REASON_OF_STATUS = {
    HTTPStatus.NOT_FOUND: "route_not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}
_LONGEST_LOCATION = 100


def install(app: FastAPI) -> None:
    """Makes the app answer every error in the contract's shape."""
    app.add_exception_handler(errors.BookingError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _failed)


def status_of(error: type[errors.BookingError]) -> HTTPStatus:
    """The status that a refusal is answered with."""
    return next(_STATUS_OF_KIND[kind] for kind in error.__mro__ if kind in _STATUS_OF_KIND)


def error_response(
    request_id: str,
    status: int,
    reason: str,
    message: str,
    *,
    detail: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A response in the contract's error shape; `detail` is the sentence unless a list is given."""
    shown: Any = message if detail is None else detail
    body = {
        "error": {
            "code": f"http_{int(status)}",
            "message": message,
            "detail": shown,
            "reason": reason,
        },
        "detail": shown,
        "request_id": request_id,
    }
    return JSONResponse(body, status_code=int(status), headers=dict(headers or {}))


def documented(*refusals: type[errors.BookingError]) -> dict[int | str, dict[str, Any]]:
    """What a route's OpenAPI entry says about the refusals that it can answer with."""
    by_status: dict[int | str, list[type[errors.BookingError]]] = {}
    for refusal in refusals:
        by_status.setdefault(int(status_of(refusal)), []).append(refusal)
    return {
        status: {
            "description": " · ".join(dict.fromkeys(refusal.sentence for refusal in of_status)),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status, of_status in by_status.items()
    }


async def _refused(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.BookingError):
        raise error
    status = status_of(type(error))
    detail = None
    if isinstance(error, errors.Invalid):
        detail = [{"loc": list(error.location), "msg": error.sentence, "type": "value_error"}]
    return error_response(
        _request_id(request),
        status,
        error.reason,
        error.sentence,
        detail=detail,
        headers=_headers_of(error),
    )


def _headers_of(error: errors.BookingError) -> Mapping[str, str]:
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, (errors.TooManyRequests, errors.StoreUnavailable)):
        return {"Retry-After": str(error.retry_after)}
    return {}


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Says where and why, and never repeats the input."""
    if not isinstance(error, RequestValidationError):
        raise error
    detail = [
        {
            "loc": [_shortened(part) for part in problem["loc"]],
            "msg": problem["msg"],
            "type": problem["type"],
        }
        for problem in error.errors()
    ]
    return error_response(
        _request_id(request),
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "validation_error",
        "Request validation failed",
        detail=detail,
    )


async def _http_exception(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    reason = _REASON_OF_STATUS.get(status, status.name.lower())
    message = status.phrase.capitalize()
    return error_response(_request_id(request), status, reason, message, headers=error.headers)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    """The outermost edge: the log has the whole error, the client learns only that it happened."""
    logger.error("request failed", exc_info=error)
    return error_response(
        _request_id(request),
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "Internal server error",
    )


def _request_id(request: Request) -> str:
    request_id: str = request.state.request_id
    return request_id


def _shortened(part: int | str) -> int | str:
    return part if isinstance(part, int) else part[:_LONGEST_LOCATION]
