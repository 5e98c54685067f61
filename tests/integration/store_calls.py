"""Looks at the calls that the code sends to AWS, acts between two of them, and answers in AWS's stead.

All of it hangs on an event that botocore emits before each call, so the code under test is left as it is.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import EndpointConnectionError

from booking.runtime.aws import client

type Answer = tuple[SimpleNamespace, dict[str, Any]] | None


@dataclass
class Calls:
    """The calls that were sent: which operations, with which parameters."""

    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def operations(self) -> list[str]:
        """The operations, in order."""
        return [operation for operation, _ in self.sent]

    @property
    def counted(self) -> Counter[str]:
        """How often each operation was sent."""
        return Counter(self.operations)

    def parameters(self, operation: str) -> list[dict[str, Any]]:
        """What each call of the operation asked for."""
        return [parameters for sent, parameters in self.sent if sent == operation]


@contextmanager
def counted_calls(service: str = "dynamodb") -> Iterator[Calls]:
    """Notes every call to the service."""
    calls = Calls()

    def note(operation: str, parameters: dict[str, Any]) -> Answer:
        calls.sent.append((operation, parameters))
        return None

    with _before_calls(client(service), note):
        yield calls


@contextmanager
def items_read() -> Iterator[Counter[str]]:
    """Counts queries and the items that they read, as DynamoDB counts them."""
    counts = Counter[str]()

    def note(parsed: dict[str, Any], **_: Any) -> None:
        counts.update(items=parsed["ScannedCount"], queries=1)

    events = client("dynamodb").meta.events
    events.register("after-call.dynamodb.Query", note)
    try:
        yield counts
    finally:
        events.unregister("after-call.dynamodb.Query", note)


@contextmanager
def just_before(operation: str, act: Callable[[], object], *, call: int = 1) -> Iterator[None]:
    """Somebody else acts between what came before and the first call of `operation` (or a later one), once."""
    calls = 0

    def interfere(sent: str, _: dict[str, Any]) -> Answer:
        nonlocal calls
        if sent == operation:
            calls += 1
            if calls == call:
                act()
        return None

    with _before_calls(client("dynamodb"), interfere):
        yield
    assert calls >= call, f"{calls} calls of {operation}: nobody has acted in between"


@contextmanager
def after_cancelled_transactions(act: Callable[[], object]) -> Iterator[None]:
    """Somebody else acts when a transaction has been cancelled, each time."""

    def interfere(http_response: Any, **_: Any) -> None:
        if http_response.status_code != HTTPStatus.OK:
            act()

    events = client("dynamodb").meta.events
    events.register("after-call.dynamodb.TransactWriteItems", interfere)
    try:
        yield
    finally:
        events.unregister("after-call.dynamodb.TransactWriteItems", interfere)


@contextmanager
def lost_answers(operation: str, times: int = 1) -> Iterator[Calls]:
    """The first calls of `operation` write, their answers are lost, and the SDK sends them again.

    That it is the SDK that repeats them is played here: the call is carried out once before it is sent.
    """
    calls = Calls()
    dynamodb = client("dynamodb")
    is_inner = False

    def carry_out_twice(sent: str, parameters: dict[str, Any]) -> Answer:
        nonlocal is_inner
        if sent != operation or is_inner or len(calls.sent) >= times:
            return None
        calls.sent.append((sent, parameters))
        is_inner = True
        try:
            dynamodb._make_api_call(operation, parameters)
        finally:
            is_inner = False
        return None

    with _before_calls(dynamodb, carry_out_twice):
        yield calls


@contextmanager
def refusing(
    code: str,
    *,
    only: str | None = None,
    times: int | None = None,
    status: int = 400,
    reasons: Sequence[str] = (),
    message: str = "said the store",
    table: str | None = None,
) -> Iterator[Calls]:
    """DynamoDB answers with an error; `reasons` are those of a cancelled transaction, step by step.

    With `table`, only calls that name it are refused.
    """
    body: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}},
    }
    if reasons:
        body["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    answer = (SimpleNamespace(status_code=status, headers={}), body)
    with _answering(client("dynamodb"), answer, only, times, table) as calls:
        yield calls


@contextmanager
def unreachable(only: str | None = None) -> Iterator[Calls]:
    """DynamoDB cannot be reached."""
    error = EndpointConnectionError(endpoint_url="https://a-host-of-the-store/")
    with _answering(client("dynamodb"), error, only, None) as calls:
        yield calls


@contextmanager
def keys_unreachable() -> Iterator[Calls]:
    """Secrets Manager cannot be reached."""
    with _answering(
        client("secretsmanager"), EndpointConnectionError(endpoint_url="https://a-host/"), None, None
    ) as calls:
        yield calls


@contextmanager
def _answering(
    of: Any,
    answer: tuple[SimpleNamespace, dict[str, Any]] | Exception,
    only: str | None,
    times: int | None,
    table: str | None = None,
) -> Iterator[Calls]:
    calls = Calls()

    def refuse(operation: str, parameters: dict[str, Any]) -> Answer:
        if only not in (None, operation) or table not in (None, parameters.get("TableName")):
            return None
        if times is not None and len(calls.sent) >= times:
            return None
        calls.sent.append((operation, parameters))
        if isinstance(answer, Exception):
            raise answer
        return answer

    with _before_calls(of, refuse):
        yield calls


@contextmanager
def _before_calls(of: Any, act: Callable[[str, dict[str, Any]], Answer]) -> Iterator[None]:
    """`act` sees the operation and its parameters; what it returns is the answer, None lets the call pass."""
    parameters: list[Mapping[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        parameters.append(dict(params))

    def before_call(model: Any, **_: Any) -> Answer:
        return act(model.name, dict(parameters.pop()))

    service = of.meta.service_model.service_id.hyphenize()
    events = of.meta.events
    events.register(f"before-parameter-build.{service}", note)
    events.register(f"before-call.{service}", before_call)
    try:
        yield
    finally:
        events.unregister(f"before-parameter-build.{service}", note)
        events.unregister(f"before-call.{service}", before_call)
