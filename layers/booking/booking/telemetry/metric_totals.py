"""The totals of all metrics, one item per function, in the metrics table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from itertools import batched
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from booking.runtime import aws
from booking.runtime.settings import settings
from booking.telemetry.log import logger

MOST_SERIES_A_WRITE = 100  # an update expression is at most 4 KB long
_ALL = {"S": "totals"}


def add_to_totals(amounts: Mapping[str, float]) -> Mapping[str, float]:
    """Adds to this function's totals: one write, since a function has one route and so few series.

    Returns the amounts that surely were not added. An addition may be sent only once, since nothing would tell the
    second from the first: an amount of which nobody knows whether it was added is given up.
    """
    missing: dict[str, float] = {}
    for some in batched(amounts.items(), MOST_SERIES_A_WRITE, strict=False):
        try:
            _add(some)
        except Exception as error:  # noqa: BLE001  # the outermost edge of the background's work
            is_missing = _surely_did_nothing(error)
            logger.warning("metrics could not be added to the totals", exc_info=True, extra={"lost": not is_missing})
            if is_missing:
                missing.update(some)
    return missing


def _surely_did_nothing(error: Exception) -> bool:
    """DynamoDB refused the write, or it never left."""
    if isinstance(error, ClientError):
        status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, (ConnectTimeoutError, EndpointConnectionError))


def _add(amounts: Sequence[tuple[str, float]]) -> None:
    names = {f"#{number}": series for number, (series, _) in enumerate(amounts)}
    values = {f":{number}": _number(amount) for number, (_, amount) in enumerate(amounts)}
    additions = ", ".join(f"#{number} :{number}" for number in range(len(amounts)))
    dynamodb = aws.client("dynamodb", attempts=1)
    dynamodb.close()  # what was connected may have ended while the environment was frozen, and nothing is sent again
    dynamodb.update_item(
        TableName=settings().metrics_table,
        Key={"kind": _ALL, "function": {"S": settings().aws_lambda_function_name}},
        UpdateExpression=f"ADD {additions}",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
    )


def read_totals() -> Mapping[str, Decimal]:
    """The sum over all functions, by series."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    start: dict[str, Any] = {}
    while True:
        answer = aws.client("dynamodb").query(
            TableName=settings().metrics_table,
            KeyConditionExpression="kind = :all",
            ExpressionAttributeValues={":all": _ALL},
            **start,
        )
        for item in answer["Items"]:
            amounts = {name: Decimal(value["N"]) for name, value in item.items() if "N" in value}
            for series, amount in amounts.items():
                totals[series] += amount
        if "LastEvaluatedKey" not in answer:
            return totals
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _number(amount: float) -> dict[str, str]:
    return {"N": f"{amount:.6f}".rstrip("0").rstrip(".")}
