"""An execution environment of Lambda's: a process that serves a function's handler as the runtime does.

What is around it is played by one HTTP server: the Runtime API that hands out events, the Extensions API, and AWS,
which notes each call and answers it with nothing. Interfaces: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from infra.settings import ROOT
from tests.bench.events import rest_event

PATIENCE_SECONDS = 20
REGISTERING_SECONDS = 0.03
REGISTERED = "the extension is registered"
IDENTIFIER = "identifier-of-the-extension"
RUNTIME = "/2018-06-01/runtime/invocation"
EXTENSIONS = "/2020-01-01/extension"

# Like awslambdaric from Python 3.12 on, it waits for events in a thread, so that the main thread hears signals.
BOOTSTRAP = """
import http.client, importlib, json, os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

address, handler = os.environ["RUNTIME_OF_TESTS"], os.environ["_HANDLER"]
module, _, name = handler.rpartition(".")
serve = getattr(importlib.import_module(module), name)

def ask(method, path, body=None):
    connection = http.client.HTTPConnection(address)
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    answer = connection.getresponse()
    return answer.headers, answer.read()

while True:
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(ask, "GET", "next")
    headers, event = future.result()
    invocation = headers["Lambda-Runtime-Aws-Request-Id"]
    os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
    context = SimpleNamespace(aws_request_id=invocation, get_remaining_time_in_millis=lambda: 60_000)
    ask("POST", invocation + "/response", json.dumps(serve(json.loads(event), context)))
"""


class ExtensionsApi(Enum):
    """What there is at the address in AWS_LAMBDA_RUNTIME_API."""

    THERE = "an interface as Lambda's"
    MISSING = "a 404 for every path of it"
    SILENT = "a server that takes connections and never answers"
    CLOSED = "nothing that listens"
    UNKNOWN = "no such variable"


@dataclass
class ExecutionEnvironment:
    """One process, what it asked for, and what it was answered."""

    extensions: ExtensionsApi
    requests: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    """`METHOD /path`, headers and body of each request, in the order in which they came, and `REGISTERED`."""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Each call to AWS: `DynamoDB_20120810.GetItem` and its parameters."""
    aws_answers: Event = field(default_factory=Event)
    """While it is cleared, calls to AWS arrive and wait for their answers."""
    events: queue.Queue[tuple[str, dict[str, Any]]] = field(default_factory=queue.Queue)
    answers: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    closing: Event = field(default_factory=Event)
    process: subprocess.Popen[bytes] | None = None

    @property
    def asked(self) -> list[str]:
        """`METHOD /path` of each request but those to AWS."""
        return [line for line, _, _ in self.requests if line != "POST /"]

    def invoke(
        self,
        method: str,
        path: str,
        *,
        trace: str = "",
        body: str | None = None,
        token: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """What the function answers; `trace` is the invocation's X-Ray header."""
        event = rest_event(method, path, body=body, token=token)
        parameters = {name: [value] for name, value in (query or {}).items()}
        self.events.put((trace, {**event, "multiValueQueryStringParameters": parameters}))
        return self.answers.get(timeout=PATIENCE_SECONDS)

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self.process is not None and self.process.poll() is None

    def tell_to_end(self) -> None:
        """As Lambda does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def freeze(self) -> None:
        """As Lambda does between invocations: nothing of the process runs, the clock goes on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """As Lambda does for the next invocation."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def status(self) -> int:
        """The process's status, once it has ended."""
        assert self.process is not None
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def execution_environment(
    handler: str, variables: Mapping[str, str] | None = None, extensions: ExtensionsApi = ExtensionsApi.THERE
) -> Iterator[ExecutionEnvironment]:
    """Runs `handler` (`module.handler`) with these variables of its own."""
    environment = ExecutionEnvironment(extensions)
    environment.aws_answers.set()
    server = _Server(("127.0.0.1", 0), partial(_Around, environment))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    found = {**_variables(handler, address, extensions), **(variables or {})}
    try:
        environment.process = subprocess.Popen([sys.executable, "-c", BOOTSTRAP], env=found, cwd=ROOT)
        yield environment
    finally:
        environment.closing.set()
        environment.aws_answers.set()
        if environment.process is not None:
            environment.process.kill()
            environment.process.wait()
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A process that ends leaves its connections as they are."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _variables(handler: str, address: str, extensions: ExtensionsApi) -> dict[str, str]:
    kept = ("_TABLE", "_SECRET", "_SECONDS", "STACK_ID")
    of_tests = {name: os.environ[name] for name in os.environ if name.endswith(kept)}
    found = {ExtensionsApi.UNKNOWN: {}, ExtensionsApi.CLOSED: {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}}
    return {
        **of_tests,
        **found.get(extensions, {"AWS_LAMBDA_RUNTIME_API": address}),
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_LAMBDA_FUNCTION_NAME": "the-function",
        "POWERTOOLS_METRICS_NAMESPACE": "BookingApi",
        "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT / 'layers' / 'booking'}",
        "RUNTIME_OF_TESTS": address,
        "_HANDLER": handler,
    }


class _Around(BaseHTTPRequestHandler):
    """Everything that is around the process."""

    protocol_version = "HTTP/1.1"

    def __init__(self, environment: ExecutionEnvironment, *about: Any) -> None:
        self._environment = environment
        super().__init__(*about)

    def do_GET(self) -> None:
        self._note()
        if self.path == f"{RUNTIME}/next":
            self._hand_out()
        elif self.path == f"{EXTENSIONS}/event/next":
            self._environment.closing.wait()  # an extension that asks for no events gets none

    def do_POST(self) -> None:
        body = self._note()
        if self.path == f"{EXTENSIONS}/register":
            self._register()
        elif self.path.startswith(RUNTIME):
            self._environment.answers.put(json.loads(body))
            self._answer(202)
        else:
            self._environment.calls.append((self.headers["X-Amz-Target"], json.loads(body)))
            self._environment.aws_answers.wait()
            self._answer(200, {}, b"{}")

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _note(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._environment.requests.append((f"{self.command} {self.path}", dict(self.headers), body))
        return body

    def _register(self) -> None:
        if self._environment.extensions is ExtensionsApi.SILENT:
            self._environment.closing.wait()
        elif self._environment.extensions is ExtensionsApi.MISSING:
            self._answer(404, {}, b"not found")
        else:
            time.sleep(REGISTERING_SECONDS)
            self._environment.requests.append((REGISTERED, {}, b""))
            self._answer(200, {"Lambda-Extension-Identifier": IDENTIFIER}, b"{}")

    def _hand_out(self) -> None:
        while not self._environment.closing.is_set():
            with suppress(queue.Empty):
                trace, event = self._environment.events.get(timeout=0.05)
                about = {"Lambda-Runtime-Aws-Request-Id": "id-of-lambda", "Lambda-Runtime-Trace-Id": trace}
                self._answer(200, about, json.dumps(event).encode())
                return

    def _answer(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
