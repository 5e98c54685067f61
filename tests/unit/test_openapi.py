"""What holds for the whole OpenAPI document, whatever routes there are."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from fastapi.routing import APIRoute
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from pydantic import TypeAdapter

from booking.api.errors import status_of
from booking.errors import BookingError
from infra.app import routers
from infra.openapi import document
from infra.openapi.errors import gateway_reasons
from infra.openapi.examples import OF_NAME

INSTANT = re.compile(r"\w+_(at|until)")
DAY = re.compile(r"date(_\w+)?")
READABLE = re.compile(r"[a-z]+([A-Z][a-zA-Z]*)*")


@cache
def made() -> dict[str, Any]:
    return document()


OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, of_path in made()["paths"].items()
    for method, operation in of_path.items()
}
of_each_operation = pytest.mark.parametrize("operation", list(OPERATIONS.values()), ids=list(OPERATIONS))


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to; anything else is itself."""
    if "$ref" not in part:
        return part
    found: Any = made()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(found)


def responses(operation: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {status: resolved(response) for status, response in operation["responses"].items()}


def errors(operation: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {status: response for status, response in responses(operation).items() if status >= "400"}


def contents(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All JSON that the operation takes and answers."""
    for part in (operation.get("requestBody", {}), *responses(operation).values()):
        if found := part.get("content", {}).get("application/json"):
            yield found


def properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for title, schema in made()["components"]["schemas"].items():
        for name, part in schema.get("properties", {}).items():
            yield title, name, part


def parameters() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for label, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            yield label, parameter["name"], parameter["schema"]


def formats(schema: Mapping[str, Any]) -> set[str | None]:
    """The formats of a value that is not null."""
    options = schema.get("anyOf", [schema])
    return {option.get("format") for option in options if option.get("type") != "null"}


def validator(schema: dict[str, Any]) -> OAS31Validator:
    whole = schema | {"components": made()["components"]}
    return OAS31Validator(whole, format_checker=OAS31Validator.FORMAT_CHECKER)


def reasons(response: Mapping[str, Any]) -> list[str]:
    schema = resolved(response["content"]["application/json"]["schema"])
    found: list[str] = schema["properties"]["error"]["properties"]["reason"]["enum"]
    return found


def kinds_of_refusal(kind: type[BookingError] = BookingError) -> Iterator[type[BookingError]]:
    if hasattr(kind, "reason"):
        yield kind
    for narrower in kind.__subclasses__():
        yield from kinds_of_refusal(narrower)


def routes() -> Iterator[APIRoute]:
    for router in routers():
        yield from (route for route in router.routes if isinstance(route, APIRoute) and route.include_in_schema)


def test_it_is_valid_openapi() -> None:
    assert made()["openapi"].startswith("3.1")
    validate(made())


class TestTime:
    def test_instants_are_said_to_be_instants(self) -> None:
        instants = [part for part in (*properties(), *parameters()) if INSTANT.fullmatch(part[1])]

        assert len(instants) > 5
        assert [(place, name) for place, name, schema in instants if formats(schema) != {"date-time"}] == []

    def test_days_are_said_to_be_days(self) -> None:
        days = [part for part in (*properties(), *parameters()) if DAY.fullmatch(part[1])]

        assert len(days) > 5
        assert [(place, name) for place, name, schema in days if formats(schema) != {"date"}] == []


class TestExamples:
    """What is missing here is to be added to `infra/openapi/by_hand.yaml`."""

    def test_every_property_has_one(self) -> None:
        without = [
            f"{title}.{name}"
            for title, name, part in properties()
            if title not in self.of_errors()
            and part.get("type") not in {"array", "object"}
            and not part.keys() & {"$ref", "examples"}
        ]

        assert without == []

    def test_every_parameter_has_one(self) -> None:
        assert [f"{label} {name}" for label, name, schema in parameters() if "examples" not in schema] == []

    def test_there_are_none_for_names_that_are_not_there(self) -> None:
        named = {name for _, name, _ in (*properties(), *parameters())}

        assert OF_NAME.keys() - named == set()

    @of_each_operation
    def test_every_body_has_one_of_its_schema(self, operation: dict[str, Any]) -> None:
        for content in contents(operation):
            assert list(validator(content["schema"]).iter_errors(content["example"])) == []

    def test_those_of_properties_and_parameters_are_of_their_schemas(self) -> None:
        for place, name, schema in (*properties(), *parameters()):
            for example in schema.get("examples", ()):
                assert list(validator(schema).iter_errors(example)) == [], f"{place} {name}"

    def test_those_of_requests_are_accepted(self) -> None:
        taken = 0
        for route in routes():
            for method in route.methods or ():
                body = OPERATIONS[f"{method} {route.path}"].get("requestBody")
                model = route.body_field and route.body_field.field_info.annotation
                if body and model:
                    TypeAdapter(model).validate_python(body["content"]["application/json"]["example"])
                    taken += 1

        assert taken > 5

    @staticmethod
    def of_errors() -> set[str]:
        """The schemas of errors, whose responses have whole examples."""
        schemas = made()["components"]["schemas"]
        return {title for title, schema in schemas.items() if "error" in schema.get("properties", {})} | {
            "ValidationProblem"
        }


class TestErrors:
    @of_each_operation
    def test_every_response_says_its_reasons(self, operation: dict[str, Any]) -> None:
        known = made()["components"]["schemas"]["ErrorReason"]["enum"]

        for status, response in errors(operation).items():
            schema = resolved(response["content"]["application/json"]["schema"])
            assert schema["properties"]["error"]["properties"]["code"]["const"] == f"http_{status}"
            assert reasons(response)
            assert set(reasons(response)) <= set(known)
            assert set(reasons(response)) >= gateway_reasons().get(status, {}).keys()

    def test_there_are_those_of_all_refusals_and_no_others(self) -> None:
        by_status: dict[str, set[str]] = {}
        for operation in OPERATIONS.values():
            for status, response in errors(operation).items():
                by_status.setdefault(status, set()).update(reasons(response))

        for kind in kinds_of_refusal():
            assert kind.reason in by_status[str(int(status_of(kind)))], kind
        of_framework = {"bad_request", "body_too_large", "internal_error", "validation_error"}
        of_code = {kind.reason for kind in kinds_of_refusal()} | of_framework
        of_gateway = {reason for of_status in gateway_reasons().values() for reason in of_status}
        assert set().union(*by_status.values()) <= of_code | of_gateway

    def test_every_refusal_of_a_route_is_among_those_of_its_response(self) -> None:
        conflict = errors(OPERATIONS["POST /bookings"])["409"]

        assert {"slot_already_booked", "slot_started", "idempotency_key_reused"} <= set(reasons(conflict))
        assert "email_taken" not in reasons(conflict)


class TestHeaders:
    @of_each_operation
    def test_every_response_has_the_requests_id(self, operation: dict[str, Any]) -> None:
        for response in responses(operation).values():
            assert resolved(response["headers"]["X-Request-ID"])["required"]

    @of_each_operation
    def test_errors_say_when_and_how_to_try_again(self, operation: dict[str, Any]) -> None:
        for status, response in errors(operation).items():
            assert ("Retry-After" in response["headers"]) == (status in {"429", "503"})
            assert ("WWW-Authenticate" in response["headers"]) == (status == "401")

    @of_each_operation
    def test_pages_link_to_the_next(self, operation: dict[str, Any]) -> None:
        is_paged = any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))

        for status, response in responses(operation).items():
            assert ("Link" in response["headers"]) == (is_paged and status == "200")


class TestClients:
    """What a generated client is made of."""

    def test_operation_ids_read_like_functions_and_each_is_one_operations(self) -> None:
        ids = [operation["operationId"] for operation in OPERATIONS.values()]

        assert {"listSlots", "createBooking"} <= set(ids)
        assert len(ids) == len(set(ids))
        assert [name for name in ids if not READABLE.fullmatch(name)] == []

    def test_every_tag_is_described_and_used(self) -> None:
        used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}

        assert {tag["name"] for tag in made()["tags"] if tag["description"]} == used

    def test_servers_are_relative(self) -> None:
        assert [server["url"] for server in made()["servers"]] == ["."]

    def test_tokens_have_names_of_their_own(self) -> None:
        assert made()["components"]["securitySchemes"].keys() == {"AccessToken", "ScrapeToken"}

    def test_whoever_needs_no_scrape_token_need_not_send_one(self) -> None:
        assert {} in OPERATIONS["GET /metrics"]["security"]

    @of_each_operation
    def test_responses_have_all_their_properties(self, operation: dict[str, Any]) -> None:
        for response in responses(operation).values():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            shown = resolved(schema.get("items", schema))
            assert set(shown.get("required", ())) == shown.get("properties", {}).keys()

    def test_parameters_are_there_or_not_but_never_null(self) -> None:
        assert [f"{label} {name}" for label, name, schema in parameters() if "anyOf" in schema] == []

    def test_bodies_of_changes_name_no_defaults(self) -> None:
        def defaults(schema: Any) -> Iterator[str]:
            if isinstance(schema, list):
                for part in schema:
                    yield from defaults(part)
            elif isinstance(schema, dict):
                schema = resolved(schema)
                yield from (name for name, part in schema.get("properties", {}).items() if "default" in resolved(part))
                for part in schema.values():
                    yield from defaults(part)

        changes = [operation for label, operation in OPERATIONS.items() if label.startswith("PATCH ")]
        assert len(changes) >= 3
        assert [name for change in changes for name in defaults(change.get("requestBody"))] == []
