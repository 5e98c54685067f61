"""Errors: for every response the reasons that it can have, taken from the classes and from the gateway's template.

What is not collected here cannot be documented by hand: so the document never knows other reasons than the code.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from booking.api.authentication import OnlyFor
from booking.api.errors import REFUSALS, status_of, wording_of
from booking.errors import Forbidden, Invalid, StoreUnavailable, TooManyRequests, Unauthenticated
from infra.openapi.by_hand import BY_HAND, headers
from infra.settings import template

type Reasons = dict[str, str]
"""Sentences by reason."""

_ALWAYS = ("413", "422", "429", "500", "503", "504")
_ANY_DETAIL = {"$ref": "#/components/schemas/ErrorDetail"}
_PROBLEM = {"loc": ["body", "slot_id"], "msg": "Field required", "type": "missing"}
_SENTENCE = {"type": "string"}
_HEADERS = {
    "401": ("WWW-Authenticate", "x-amzn-Remapped-WWW-Authenticate"),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}


class Errors:
    """Collects the components that the operations' error responses refer to."""

    def __init__(self) -> None:
        self.responses: dict[str, Any] = {}
        self._schemas: dict[str, Any] = {}
        self._reasons: set[str] = set()

    @property
    def schemas(self) -> Mapping[str, Any]:
        """The schemas of all error responses, and of `Error`, which has the shape and the reasons of any."""
        reasons = {
            "title": "ErrorReason",
            "description": "A stable word to switch on.",
            "type": "string",
            "enum": sorted(self._reasons),
        }
        reason = {"$ref": "#/components/schemas/ErrorReason"}
        anything = _error_schema("Error", "The shape of every error.", _SENTENCE, reason, _ANY_DETAIL)
        return self._schemas | {"Error": anything, "ErrorReason": reasons}

    def document(self, operation: dict[str, Any], route: APIRoute) -> None:
        """Replaces the operation's error responses by what it refuses and what every route of its kind can answer."""
        responses = {status: found for status, found in operation["responses"].items() if status < "400"}
        own, common = _own_reasons(route), _reasons_of_any_route()
        for status in sorted({*own, *_common_statuses(operation, route)}):
            refused = own.get(status, {})
            reasons = refused | common.get(status, {})
            self._reasons |= reasons.keys()
            phrase = HTTPStatus(int(status)).phrase.replace(" ", "")
            if reasons == common.get(status):
                self.responses[phrase] = self._response(phrase, status, reasons, _description(status, reasons))
                responses[status] = {"$ref": f"#/components/responses/{phrase}"}
            else:
                name = f"{_capitalized(operation['operationId'])}{phrase}"
                responses[status] = self._response(name, status, reasons, " · ".join(dict.fromkeys(refused.values())))
        operation["responses"] = responses

    def _response(self, name: str, status: str, reasons: Reasons, description: str) -> dict[str, Any]:
        code = {"type": "string", "const": f"http_{status}"}
        reason = {"type": "string", "enum": list(reasons)}
        detail = _ANY_DETAIL if status == "422" else _SENTENCE
        self._schemas[name] = _error_schema(name, description, code, reason, detail)
        return {
            "description": description,
            "headers": headers("X-Request-ID", *_HEADERS.get(status, ())),
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{name}"},
                    "example": _example(status, *next(iter(reasons.items()))),
                }
            },
        }


def _description(status: str, reasons: Reasons) -> str:
    return str(BY_HAND["errors"].get(status, next(iter(reasons.values()))))


def _capitalized(operation_id: str) -> str:
    return f"{operation_id[0].upper()}{operation_id[1:]}"


@cache
def gateway_reasons() -> Mapping[str, Reasons]:
    """By status, the reasons and sentences of the errors that the gateway answers by itself."""
    by_status: dict[str, dict[str, str]] = {}
    for response in template()["Resources"]["Api"]["Properties"]["GatewayResponses"].values():
        _, values = response["ResponseTemplates"]["application/json"]
        by_status.setdefault(values["Status"], {})[values["Reason"]] = values["Sentence"]
    return by_status


def _own_reasons(route: APIRoute) -> Mapping[str, Reasons]:
    return {str(status): response[REFUSALS] for status, response in route.responses.items() if REFUSALS in response}


def _common_statuses(operation: Mapping[str, Any], route: APIRoute) -> Iterator[str]:
    yield from _ALWAYS
    if "requestBody" in operation:
        yield "400"
    if "security" in operation:
        yield "401"
    if _is_only_for_a_role(route.dependant):
        yield "403"


def _is_only_for_a_role(dependant: Dependant) -> bool:
    return isinstance(dependant.call, OnlyFor) or any(map(_is_only_for_a_role, dependant.dependencies))


@cache
def _reasons_of_any_route() -> Mapping[str, Reasons]:
    """By status, what routes answer for no reason of their own, and what the gateway answers in their place."""
    kinds = (Unauthenticated, Forbidden, TooManyRequests, StoreUnavailable)
    found = {
        **{str(status): dict([wording_of(HTTPStatus(status))]) for status in (400, 413, 422, 500)},
        **{str(int(status_of(kind))): {kind.reason: kind.sentence} for kind in kinds},
    }
    for status, reasons in gateway_reasons().items():
        found[status] = found.get(status, {}) | reasons
    return found


def _error_schema(
    title: str, description: str, code: Mapping[str, Any], reason: Mapping[str, Any], detail: Mapping[str, Any]
) -> dict[str, Any]:
    error = {"code": code, "message": _SENTENCE, "detail": detail, "reason": reason}
    return {
        "title": title,
        "description": description,
        "type": "object",
        "required": ["error", "detail", "request_id"],
        "properties": {
            "error": {"type": "object", "required": list(error), "properties": error},
            "detail": detail,
            "request_id": {"type": "string"},
        },
    }


def _example(status: str, reason: str, sentence: str) -> dict[str, Any]:
    detail = [_PROBLEM] if reason == Invalid.reason else sentence
    return {
        "error": {"code": f"http_{status}", "message": sentence, "detail": detail, "reason": reason},
        "detail": detail,
        "request_id": BY_HAND["headers"]["X-Request-ID"]["example"],
    }
