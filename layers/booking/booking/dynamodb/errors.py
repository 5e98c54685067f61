"""What DynamoDB's refusals mean to operations."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004  # botocore's own, for anything below HTTP
    HTTPClientError,
)
from pynamodb.exceptions import PynamoDBException

from booking.dynamodb.attributes import RawItem
from booking.errors import StoreUnavailable

_CONTENTION = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_UNAVAILABLE = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


class Contended(Exception):
    """Somebody else wrote in between, nothing was written; the same attempt may succeed a moment later."""


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `old` is the item as it stands, if there is one."""

    def __init__(self, old: RawItem | None) -> None:
        super().__init__("condition failed")
        self.old = old


@dataclass(frozen=True, slots=True)
class Step:
    """One write of a transaction: `TransactionCanceled` says of each whether it failed."""

    index: int


class TransactionCanceled(Exception):
    """Conditions of a transaction did not hold, so that nothing of it was written."""

    def __init__(self, old_items: Mapping[int, RawItem | None]) -> None:
        super().__init__(f"conditions failed: {sorted(old_items)}")
        self._old_items = old_items

    @property
    def steps(self) -> list[Step]:
        """Those whose conditions failed."""
        return [Step(index) for index in self._old_items]

    def failed(self, step: Step) -> bool:
        """Whether the condition of this step is among those that failed."""
        return step.index in self._old_items

    def old(self, step: Step) -> RawItem | None:
        """The item that the step found, None if there was none (or the step did not fail)."""
        return self._old_items.get(step.index)


@contextmanager
def sdk_errors_mapped() -> Iterator[None]:
    """Raises this module's errors, or `StoreUnavailable`, in place of the SDK's; what is a mistake of ours stays."""
    try:
        yield
    except PynamoDBException as error:
        raise _meaning_of(error.cause or error) from error
    except (ClientError, ConnectionError, HTTPClientError) as error:
        raise _meaning_of(error) from error


def _meaning_of(error: Exception) -> Exception:
    if isinstance(error, (ConnectionError, HTTPClientError)):
        return StoreUnavailable()
    return _meaning_of_answer(error) if isinstance(error, ClientError) else error


def _meaning_of_answer(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_original_response(error).get("Item"))
    if code == "TransactionCanceledException":
        return _meaning_of_cancellation(error)
    if code == "TransactionConflictException":
        return Contended()
    if code in _UNAVAILABLE or _http_status(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return StoreUnavailable()
    return error


def _meaning_of_cancellation(error: ClientError) -> Exception:
    """A cancelled transaction is told apart by its reasons, item by item.

    Contention beside failed conditions says that they were looked at in the middle of somebody else's write, so what
    they tell is not how things stand.
    """
    reasons = _original_response(error).get("CancellationReasons", [])
    if any(reason["Code"] in _CONTENTION for reason in reasons):
        return Contended()
    failed = {
        index: reason.get("Item") for index, reason in enumerate(reasons) if reason["Code"] == "ConditionalCheckFailed"
    }
    return TransactionCanceled(failed) if failed else error


def _original_response(error: ClientError) -> Mapping[str, Any]:
    """PynamoDB passes on part of the SDK's answer; the whole of it is in the error's cause."""
    original = error.__cause__ if isinstance(error.__cause__, ClientError) else error
    return original.response


def _http_status(error: ClientError) -> int:
    return int(_original_response(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
