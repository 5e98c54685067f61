"""What a client writes down of an answer."""

import asyncio

import httpx
import pytest

from tests.consistency.history import Kind, Operation, Outcome
from tests.consistency.requests import ask

BY_A_FUNCTION = {"X-Content-Type-Options": "nosniff"}


def written_down(answer: httpx.Response) -> Operation:
    operation = Operation(1, Kind.BOOK, "ann")

    async def asked() -> None:
        transport = httpx.MockTransport(lambda _: answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://stack") as http:
            await ask(operation, http, "POST", "/bookings")

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:  # leaves the current loop, Mangum's, alone
        runner.run(asked())
    return operation


@pytest.mark.parametrize(
    ("headers", "reason"), [(BY_A_FUNCTION, "internal_error"), ({}, None)], ids=["a function's own", "the gateway's"]
)
def test_a_500_leaves_open_what_happened_and_only_a_functions_own_has_a_reason(
    headers: dict[str, str], reason: str | None
) -> None:
    operation = written_down(httpx.Response(500, headers=headers, json={"error": {"reason": "internal_error"}}))
    assert operation.outcome is Outcome.UNKNOWN
    assert operation.reason == reason


def test_a_503_of_the_gateways_keeps_its_reason() -> None:
    operation = written_down(httpx.Response(503, json={"error": {"reason": "service_unavailable"}}))
    assert operation.outcome is Outcome.UNKNOWN
    assert operation.reason == "service_unavailable"
