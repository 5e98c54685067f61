"""X-Ray: sends the daemon beside the function what an invocation was for, how it ended, and what it asked of AWS.

Lambda makes the trace and the function's segment in it; each sampled invocation adds a subsegment, with its calls
to AWS inside. The documents are those of https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html.
They hold words of our own, codes of AWS and the request's id, which may be the caller's; nothing else that a caller
wrote, and never an error's sentence: SES names the address that it refuses.
"""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

MOST_CALLS_SHOWN = 100  # a document is at most 64 KB long
type Outcome = Literal["ok", "refused", "unfinished", "failed"]
"""How an invocation ended: `refused` is the caller's doing, `failed` ours; what is `unfinished` goes on in the next."""
_PROTOCOL = b'{"format": "json", "version": 1}\n'
_CALL = "call that is traced"


@dataclass(frozen=True, slots=True)
class _Segment:
    """What Lambda has made of an invocation, and what belongs to it hangs on."""

    trace_id: str
    id: str


class Tracer:
    """Sends one document for each sampled invocation; never waits, never fails."""

    def __init__(self, daemon: str) -> None:
        """`daemon` is its address, `host:port`."""
        host, _, port = daemon.rpartition(":")
        self._daemon = (host, int(port))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        self._calls: list[tuple[_Segment, Mapping[str, Any]]] = []
        self._is_cold = True

    def watch(self, events: Any) -> None:
        """Notes the calls of every client that is made of this botocore session from now on."""
        events.register("before-call", _begin_call)
        events.register("after-call", self._end_call)
        events.register("after-call-error", self._fail_call)

    def record(self, name: str, outcome: Outcome, started: float, annotations: Mapping[str, str | int]) -> None:
        """An invocation ends here; `started` is what `time.perf_counter` said at its beginning.

        Traces can be searched by `annotations`, and by `outcome`, `cold_start` and `aws_calls`. A `status` among
        them is that of the answer.
        """
        segment = _current_segment()
        calls = [call for owner, call in self._calls if owner == segment]
        was_cold = self._is_cold
        self._calls.clear()
        self._is_cold = False
        if segment is None:
            return
        now = time.time()
        document = {
            "type": "subsegment",
            "id": _new_id(),
            "trace_id": segment.trace_id,
            "parent_id": segment.id,
            "name": name,
            "start_time": now - (time.perf_counter() - started),
            "end_time": now,
            "annotations": {**annotations, "outcome": outcome, "cold_start": was_cold, "aws_calls": len(calls)},
            "subsegments": calls[:MOST_CALLS_SHOWN],
            "error": outcome == "refused",
            "fault": outcome == "failed",
            "throttle": annotations.get("status") == HTTPStatus.TOO_MANY_REQUESTS,
        }
        with suppress(OSError):
            self._socket.sendto(_PROTOCOL + json.dumps(document).encode(), self._daemon)

    def _end_call(self, http_response: Any, parsed: Mapping[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        status = http_response.status_code
        code = parsed.get("Error", {}).get("Code")
        self._note(
            context,
            {
                "http": {"response": {"status": status}},
                "error": HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR,
                "fault": status >= HTTPStatus.INTERNAL_SERVER_ERROR,
                **(_cause(code) if code else {}),
            },
            request_id=parsed.get("ResponseMetadata", {}).get("RequestId", ""),
        )

    def _fail_call(self, exception: Exception, context: Mapping[str, Any], **_: Any) -> None:
        self._note(context, {"fault": True, **_cause(type(exception).__name__)})

    def _note(self, context: Mapping[str, Any], ending: Mapping[str, Any], **aws: str) -> None:
        if begun := context.get(_CALL):
            segment, call = begun
            ended = {**call, "end_time": time.time(), "aws": {**call["aws"], **aws}, **ending}
            self._calls.append((segment, ended))


def _begin_call(model: Any, context: dict[str, Any], **_: Any) -> None:
    """Only the main thread's calls are the invocation's: what runs in the background adds metrics to the totals."""
    segment = _current_segment()
    if segment is None or threading.current_thread() is not threading.main_thread():
        return
    call = {
        "id": _new_id(),
        "name": model.service_model.service_id,
        "namespace": "aws",
        "start_time": time.time(),
        "aws": {"operation": model.name, "region": context.get("client_region", "")},
    }
    context[_CALL] = (segment, call)


def _current_segment() -> _Segment | None:
    """That of the current invocation, None where it is not sampled."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")  # Root=1-…;Parent=…;Sampled=1, another for each invocation
    parts = dict(part.partition("=")[::2] for part in header.split(";"))
    if parts.get("Sampled") != "1" or "Root" not in parts or "Parent" not in parts:
        return None
    return _Segment(parts["Root"], parts["Parent"])


def _cause(kind: str) -> Mapping[str, Any]:
    """An error's kind without its sentence."""
    return {"cause": {"exceptions": [{"id": _new_id(), "type": kind}]}}


def _new_id() -> str:
    return secrets.token_hex(8)
