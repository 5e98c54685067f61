"""X-Ray: what the daemon is told of requests and runs, and that nothing is done for it where nobody traces.

The daemon is a socket of ours. That X-Ray itself takes the documents is what only AWS can show.
"""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from threading import Thread
from types import SimpleNamespace
from typing import Any

import botocore.session
import jsonschema_rs
import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from booking.background import shards
from booking.background.sweep import Sweep
from booking.bookings.expire import EXPIRY
from booking.notifications.reminders import REMINDERS
from booking.runtime.settings import settings
from booking.telemetry import tracing
from booking.telemetry.xray import MOST_CALLS_SHOWN, Tracer
from infra.app import create_app, route_modules
from infra.stack import PATHS
from queues import work_off_shards
from schedules import dispatch_sweeps
from streams import publish_events
from tests.integration.api import INVOCATION, Api, an_invocation
from tests.integration.execution_environment import execution_environment
from tests.integration.outside import everything_outside
from tests.integration.people import HOUR, NOW, a_booking, a_client, a_specialist
from tests.integration.store_calls import Calls, refusing, unreachable
from tests.integration.sweeps import dispatched
from tests.integration.tables import booking_item

ROOT_ID = "1-5759e988-bd862e3fe1be46a994272793"
PARENT_ID = "53995c3f42cd8ad8"
SAMPLED = f"Root={ROOT_ID};Parent={PARENT_ID};Sampled=1;Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2"
HEADER = b'{"format": "json", "version": 1}'


def _fields(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """A JSON schema: an object with these members and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


# What X-Ray's documentation of segment documents says of the members that we send.
ID = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
NAME = {"type": "string", "pattern": r"^[\w\s.:/%&#=+@-]{1,200}$"}
FLAGS = {flag: {"type": "boolean"} for flag in ("error", "fault", "throttle")}
TIMES = {"start_time": {"type": "number"}, "end_time": {"type": "number"}}
ANNOTATIONS = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Za-z0-9_]{1,500}$"},
    "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": 1000},
}
TEXT = {"type": "string"}
CALL = _fields(
    {
        "id": ID,
        "name": NAME,
        "namespace": {"const": "aws"},
        **TIMES,
        "aws": _fields({"operation": TEXT, "region": TEXT}, {"request_id": TEXT}),
    },
    {
        **FLAGS,
        "http": _fields({"response": _fields({"status": {"type": "integer"}})}),
        "cause": _fields({"exceptions": {"type": "array", "items": _fields({"id": ID, "type": TEXT})}}),
    },
)
DOCUMENT = jsonschema_rs.validator_for(
    _fields(
        {
            "type": {"const": "subsegment"},
            "id": ID,
            "parent_id": ID,
            "name": NAME,
            **TIMES,
            **FLAGS,
            "trace_id": {"type": "string", "pattern": "^1-[0-9a-f]{8}-[0-9a-f]{24}$"},
            "annotations": ANNOTATIONS,
            "subsegments": {"type": "array", "items": CALL, "maxItems": MOST_CALLS_SHOWN},
        }
    )
)


@dataclass
class Daemon:
    """Where traces are sent to."""

    socket: socket.socket

    @property
    def address(self) -> str:
        host, port = self.socket.getsockname()
        return f"{host}:{port}"

    def received(self) -> bytes:
        """The next datagram."""
        return self.socket.recv(65_536)

    def document(self) -> dict[str, Any]:
        """The next document."""
        header, _, text = self.received().partition(b"\n")
        assert header == HEADER
        document: dict[str, Any] = json.loads(text)
        DOCUMENT.validate(document)
        return document

    def has_nothing(self) -> bool:
        """Whether nothing was sent that was not received; what is sent on this machine has arrived."""
        self.socket.settimeout(0)
        with suppress(BlockingIOError):
            self.received()
            return False
        return True


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(20)
        yield Daemon(opened)


class TestExecutionEnvironments:
    """A process, as Lambda runs one."""

    def variables(self, daemon: Daemon) -> dict[str, str]:
        return {"TRACING_MODE": "Active", "AWS_XRAY_DAEMON_ADDRESS": daemon.address}

    def test_a_request_is_told_with_its_route_its_outcome_and_its_calls(self, daemon: Daemon) -> None:
        with execution_environment("ops.get_health.handler", self.variables(daemon)) as environment:
            before = time.time()
            assert environment.invoke("GET", "/health", trace=SAMPLED, query={"deep": "1"})["statusCode"] == 200
            document = daemon.document()

        assert document["annotations"] == {
            "route": "GET /health",
            "status": 200,
            "outcome": "ok",
            "request_id": "bench",
            "cold_start": True,
            "aws_calls": 5,
        }
        assert (document["trace_id"], document["parent_id"]) == (ROOT_ID, PARENT_ID)
        assert (document["error"], document["fault"], document["throttle"]) == (False, False, False)
        assert before < document["start_time"] < document["end_time"] < time.time()
        for call in document["subsegments"]:
            assert (call["name"], call["aws"]["operation"], call["aws"]["region"]) == (
                "DynamoDB",
                "GetItem",
                "us-east-1",
            )
            assert call["http"]["response"]["status"] == 200
            assert document["start_time"] < call["start_time"] < call["end_time"] < document["end_time"]
        assert len({document["id"], *(call["id"] for call in document["subsegments"])}) == 6

    def test_a_request_that_is_not_sampled_is_not_told_and_the_next_is_warm(self, daemon: Daemon) -> None:
        with execution_environment("ops.get_health.handler", self.variables(daemon)) as environment:
            for trace in (SAMPLED.replace("Sampled=1", "Sampled=0"), "", f"Root={ROOT_ID}", f"{ROOT_ID};Sampled=1"):
                assert environment.invoke("GET", "/health", trace=trace, query={"deep": "1"})["statusCode"] == 200
            assert daemon.has_nothing()

            daemon.socket.settimeout(20)
            environment.invoke("GET", "/health", trace=SAMPLED)
            annotations = daemon.document()["annotations"]

        assert (annotations["cold_start"], annotations["aws_calls"]) == (False, 0)

    def test_nothing_that_a_caller_writes_is_told_but_the_requests_id(self, daemon: Daemon) -> None:
        token, email, password = "a-token-of-ann", "ann@example.com", "a password of hers"
        body = json.dumps({"email": email, "password": password})
        with execution_environment("auth.log_in.handler", self.variables(daemon)) as environment:
            datagrams = []
            for query in (None, {"a": "from-query"}):
                environment.invoke("POST", "/auth/login", trace=SAMPLED, body=body, token=token, query=query)
                datagrams.append(daemon.received())

        documents = [json.loads(datagram.partition(b"\n")[2]) for datagram in datagrams]
        assert {document["annotations"]["route"] for document in documents} == {"POST /auth/login"}
        assert [document["annotations"]["outcome"] for document in documents] == ["failed", "refused"]
        assert documents[0]["subsegments"]
        for told in (token, email, password, "from-query"):
            assert told.encode() not in b"".join(datagrams)

    def test_a_route_is_told_by_its_template(self, daemon: Daemon) -> None:
        with execution_environment("bookings.get_booking.handler", self.variables(daemon)) as environment:
            environment.invoke("GET", "/bookings/bkg_annsown", trace=SAMPLED)
            datagram = daemon.received()

        assert b'"route": "GET /bookings/{id}"' in datagram
        assert b'"outcome": "refused"' in datagram
        assert b"annsown" not in datagram

    @pytest.mark.parametrize("without", ["TRACING_MODE", "AWS_XRAY_DAEMON_ADDRESS"])
    def test_where_it_is_off_nothing_is_told(self, daemon: Daemon, without: str) -> None:
        variables = self.variables(daemon) | {without: ""}
        with execution_environment("ops.get_health.handler", variables) as environment:
            environment.invoke("GET", "/health", trace=SAMPLED, query={"deep": "1"})

        assert daemon.has_nothing()

    @pytest.mark.parametrize(("mode", "imported"), [("Disabled", []), ("Active", ["booking.telemetry.xray"])])
    def test_where_it_is_off_nothing_is_imported_for_it(self, daemon: Daemon, mode: str, imported: list[str]) -> None:
        functions = [*(module.__name__ for module in route_modules()), "queues.send_mail"]
        program = (
            f"import json, sys, {', '.join([*functions, 'queues.work_off_shards', 'streams.publish_events'])}\n"
            "print(json.dumps(sorted(name for name in sys.modules if 'xray' in name)))"
        )
        environment = os.environ | self.variables(daemon) | {"TRACING_MODE": mode, "PYTHONPATH": os.pathsep.join(PATHS)}

        finished = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True)

        assert json.loads(finished.stdout) == imported


@contextmanager
def being_traced(daemon: Daemon) -> Iterator[Tracer]:
    """This process as an environment that traces, in an invocation that is sampled."""

    def forget() -> None:
        settings.cache_clear()
        tracing.tracer.cache_clear()

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TRACING_MODE", "Active")
        environment.setenv("AWS_XRAY_DAEMON_ADDRESS", daemon.address)
        environment.setenv("_X_AMZN_TRACE_ID", SAMPLED)
        forget()
        made = tracing.tracer()
        assert made is not None
        yield made
        made._socket.close()
    forget()


@pytest.fixture
def tracer(daemon: Daemon) -> Iterator[Tracer]:
    with being_traced(daemon) as made:
        yield made


class TestOutcomes:
    @pytest.mark.parametrize(
        ("outage", "status", "flag"),
        [
            (nullcontext, 404, "error"),
            (lambda: refusing("AccessDeniedException"), 500, "fault"),
            (unreachable, 503, "fault"),
        ],
    )
    def test_of_requests(
        self,
        daemon: Daemon,
        tracer: Tracer,
        outage: Callable[[], AbstractContextManager[Calls | None]],
        status: int,
        flag: str,
    ) -> None:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner, outage():
            Api(create_app(), runner).request("GET", f"/bookings/bkg_{'A' * 22}", a_client())

        document = daemon.document()
        outcome = {"error": "refused", "fault": "failed"}[flag]
        assert (document["annotations"]["status"], document["annotations"]["outcome"]) == (status, outcome)
        assert [name for name in ("error", "fault", "throttle") if document[name]] == [flag]

    def test_of_a_request_too_many(self, daemon: Daemon, tracer: Tracer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUTH_LOGIN_MAX_ATTEMPTS", "1")
        settings.cache_clear()
        body = {"email": "ann@example.com", "password": "12345678"}
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            api = Api(create_app(), runner)
            statuses = [api.request("POST", "/auth/login", json=body).status_code for _ in range(2)]

        assert statuses == [401, 429]
        assert [daemon.document()["throttle"] for _ in statuses] == [False, True]

    def test_of_a_route_that_there_is_not(self, daemon: Daemon, tracer: Tracer) -> None:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            Api(create_app(), runner).request("GET", "/a/path/of/anns")

        datagram = daemon.received()
        assert b'"route": "GET unknown"' in datagram
        assert b"anns" not in datagram

    @pytest.mark.parametrize(("sweep", "route"), [(EXPIRY, "sweep.expire"), (REMINDERS, "sweep.remind")])
    def test_of_sweeps(
        self,
        daemon: Daemon,
        tracer: Tracer,
        sweep: Sweep,
        route: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(shards, "current_instant", lambda: NOW + HOUR)
        booking = a_booking(a_specialist(), a_client())
        event = dispatched(sweep, [int(booking_item(booking.id)["timer"].partition("#")[2])])

        with everything_outside():
            work_off_shards.handler(event, an_invocation(lambda: 0))
        work_off_shards.handler(event, an_invocation())
        with unreachable("Query"):
            work_off_shards.handler(event, an_invocation())

        documents = [daemon.document() for _ in range(3)]
        told = [document["annotations"] for document in documents]
        assert [about["outcome"] for about in told] == ["unfinished", "ok", "failed"]
        assert [about["cold_start"] for about in told] == [True, False, False]
        assert {(about["route"], about["request_id"]) for about in told} == {(route, INVOCATION)}
        assert [document["fault"] for document in documents] == [False, False, True]

    def test_of_a_dispatch(self, daemon: Daemon, tracer: Tracer) -> None:
        dispatch_sweeps.handler({"sweep": "expire"}, an_invocation())

        told = daemon.document()["annotations"]
        assert (told["route"], told["outcome"]) == ("dispatch.expire", "ok")

    def test_of_the_streams_function(self, daemon: Daemon, tracer: Tracer) -> None:
        nonsense = {"eventID": "1", "dynamodb": {"SequenceNumber": "1", "NewImage": {"status": {"S": "none"}}}}
        late = iter([60_000, 0])
        with everything_outside():
            publish_events.handler({"Records": [nonsense]}, an_invocation())
            publish_events.handler({"Records": [nonsense, nonsense]}, an_invocation(lambda: next(late)))
            with pytest.raises(BatchProcessingError):
                publish_events.handler({"Records": [nonsense]}, an_invocation(lambda: 0))

        told = [daemon.document()["annotations"] for _ in range(3)]
        assert [about["outcome"] for about in told] == ["ok", "unfinished", "failed"]
        assert {about["route"] for about in told} == {"stream.publish_events"}


class TestCalls:
    def client(self, tracer: Tracer, answer: AWSResponse | None = None) -> Any:
        """A client of SES in a session of its own; every call is answered so, else not at all."""
        session = botocore.session.Session()
        session.set_credentials("-", "-")
        tracer.watch(session)
        session.register("before-send.ses", lambda **_: answer)  # type: ignore[arg-type]  # what is returned is sent
        config = Config(connect_timeout=1, retries={"total_max_attempts": 1})
        return session.create_client("ses", "eu-central-1", config=config, endpoint_url="http://127.0.0.1:1")

    def told(self, daemon: Daemon, tracer: Tracer) -> dict[str, Any]:
        tracer.record("run", "ok", time.perf_counter(), {})
        return daemon.document()

    def answer(self, status: int = 200, code: str = "", sentence: str = "") -> AWSResponse:
        error = f"<Error><Code>{code}</Code><Message>{sentence}</Message></Error>" if code else ""
        body = f"<Response>{error}<GetSendQuotaResult/><RequestId>id-of-ses</RequestId></Response>".encode()
        raw = SimpleNamespace(stream=lambda: iter([body]))
        return AWSResponse("http://ses.example", status, HTTPHeaders(), raw)

    def test_a_refused_call_is_told_by_its_code_and_not_by_its_sentence(self, daemon: Daemon, tracer: Tracer) -> None:
        ses = self.client(tracer, self.answer(400, "MessageRejected", "Email address is not verified: ann@example.com"))
        with pytest.raises(ClientError, match=r"ann@example\.com"):
            ses.get_send_quota()

        document = self.told(daemon, tracer)

        (call,) = document["subsegments"]
        assert (call["error"], call["fault"], call["http"]["response"]["status"]) == (True, False, 400)
        assert [cause["type"] for cause in call["cause"]["exceptions"]] == ["MessageRejected"]
        assert call["aws"] == {"operation": "GetSendQuota", "region": "eu-central-1", "request_id": "id-of-ses"}
        assert "ann@example.com" not in json.dumps(document)

    def test_a_call_that_fails_there_is_a_fault(self, daemon: Daemon, tracer: Tracer) -> None:
        with pytest.raises(ClientError):
            self.client(tracer, self.answer(500, "InternalFailure")).get_send_quota()
        (call,) = self.told(daemon, tracer)["subsegments"]
        assert (call["error"], call["fault"]) == (False, True)

    def test_a_call_without_an_answer_is_a_fault(self, daemon: Daemon, tracer: Tracer) -> None:
        with pytest.raises(EndpointConnectionError):
            self.client(tracer).get_send_quota()
        (call,) = self.told(daemon, tracer)["subsegments"]
        assert call["fault"] is True
        assert [cause["type"] for cause in call["cause"]["exceptions"]] == ["EndpointConnectionError"]
        assert "http" not in call

    def test_what_is_done_in_the_background_belongs_to_no_invocation(self, daemon: Daemon, tracer: Tracer) -> None:
        ses = self.client(tracer, self.answer())
        thread = Thread(target=ses.get_send_quota)
        thread.start()
        thread.join()
        assert self.told(daemon, tracer)["subsegments"] == []

    def test_the_calls_of_an_invocation_that_died_are_not_the_next_ones(
        self, daemon: Daemon, tracer: Tracer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ses = self.client(tracer, self.answer())
        ses.get_send_quota()
        monkeypatch.setenv("_X_AMZN_TRACE_ID", SAMPLED.replace(PARENT_ID, secrets.token_hex(8)))
        ses.get_send_quota()
        assert self.told(daemon, tracer)["annotations"]["aws_calls"] == 1

    def test_many_calls_are_counted_and_the_first_are_shown(self, daemon: Daemon, tracer: Tracer) -> None:
        ses = self.client(tracer, self.answer(400, "ConditionalCheckFailedException" * 2))
        for _ in range(3 * MOST_CALLS_SHOWN):
            with suppress(ClientError):
                ses.get_send_quota()
        document = self.told(daemon, tracer)
        assert document["annotations"]["aws_calls"] == 3 * MOST_CALLS_SHOWN
        assert len(document["subsegments"]) == MOST_CALLS_SHOWN

    def test_a_daemon_that_nothing_can_be_sent_to_disturbs_nobody(self, tracer: Tracer) -> None:
        lost = Tracer("255.255.255.255:1")
        with pytest.raises(PermissionError):
            lost._socket.sendto(b"", lost._daemon)
        lost.record("run", "ok", time.perf_counter(), {})
        lost._socket.close()
