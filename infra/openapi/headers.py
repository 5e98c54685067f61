"""The headers of responses."""

from typing import Any

from booking.errors import StoreUnavailable

REQUEST_ID = "8d4f2b6e-6f5c-4a53-9a0e-2f6f1d1f3a77"
"""An example."""
HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "description": "The request's id: the caller's own if it sent a sane one.",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._-]+$"},
        "example": REQUEST_ID,
    },
    "Link": {
        "description": "Where the list goes on (RFC 8288); absent on the last page.",
        "schema": {"type": "string"},
        "example": '</v1/specialists?limit=20&cursor=AbC>; rel="next"',
    },
    "Retry-After": {
        "description": "After how many seconds to try again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": StoreUnavailable.retry_after,
    },
    "WWW-Authenticate": {
        "description": "How to say who is calling; a gateway on AWS sends it as `x-amzn-Remapped-WWW-Authenticate`.",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
    "x-amzn-Remapped-WWW-Authenticate": {
        "description": "What a gateway on AWS makes of `WWW-Authenticate`.",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}
_OF_STATUS = {
    "401": ("WWW-Authenticate", "x-amzn-Remapped-WWW-Authenticate"),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}


def headers_of_error(status: str) -> dict[str, Any]:
    """The headers of an error response."""
    return _references("X-Request-ID", *_OF_STATUS.get(status, ()))


def headers_of_success(operation: dict[str, Any]) -> dict[str, Any]:
    """The headers of an operation's good response; pages name the next one."""
    is_paged = any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))
    return _references("X-Request-ID", *(["Link"] if is_paged else []))


def _references(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
