"""Runs by itself, in the environment of the package that it measures: `warm_request.py ours|usual event requests`.

Writes the CPU seconds of one `POST /bookings` to stderr; the functions log to stdout. The SDK's work is part of it:
what would be sent to DynamoDB is answered at once.
"""

import importlib
import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from booking.accounts.access_tokens import issue_access_token
from booking.caller import Caller, Role
from booking.runtime import aws, signing
from booking.slots.ids import SlotId

KEY = "k" * 64


class _Nothing:
    def stream(self, *_: Any) -> list[bytes]:
        return [b"{}"]


def _answer(request: Any, **_: Any) -> AWSResponse:
    return AWSResponse(request.url, 200, HTTPHeaders(), _Nothing())


def _handler(kind: str) -> Any:
    if kind == "ours":
        handler = importlib.import_module("bookings.create_booking").handler
        client = aws.client("dynamodb")
    else:
        os.environ["USUAL_SIGNING_KEY"] = KEY
        usual = importlib.import_module("usual")
        handler, client = usual.handler, usual.bookings.meta.client
    client.meta.events.register("before-send.dynamodb", _answer)
    return handler


def _sign_and_fill(event: dict[str, Any]) -> None:
    signing.SIGNING_KEYS._cached = signing._Keys.of(json.dumps({"current": KEY}))
    now = datetime.now(UTC)
    token = issue_access_token(Caller("usr_" + "A" * 22, Role.CLIENT, "a@example.com"), now)
    slot = SlotId.new("spc_" + "A" * 22, now + timedelta(hours=1), now + timedelta(hours=2))
    event["headers"]["Authorization"] = f"Bearer {token}"
    event["multiValueHeaders"]["Authorization"] = [f"Bearer {token}"]
    event["body"] = json.dumps({"slot_id": slot.text})


def main(kind: str, event: dict[str, Any], requests: int) -> None:
    handler = _handler(kind)
    _sign_and_fill(event)
    for _ in range(50):
        assert handler(event, None)["statusCode"] == 201
    started = time.process_time()
    for _ in range(requests):
        handler(event, None)
    sys.stderr.write(str((time.process_time() - started) / requests))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))
