"""SES over a real connection: whatever becomes of the answer, a mail is handed over once."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from booking.background.queues import TryLater
from booking.notifications import mail
from booking.notifications.delivery import LEASE, NotSent, Refused
from booking.notifications.mail import post
from booking.notifications.messages import Audience, Message
from booking.notifications.recipients import Recipient
from booking.runtime.aws import client
from booking.runtime.settings import settings
from tests.integration.people import NOW

ANN = Recipient("ann@example.com", Audience.CLIENT)
WORDS = Message("Booked", "Booked.\n", "<p>Booked.</p>")


@dataclass
class Wire:
    """A server in SES's stead: what it was sent, and how it answers."""

    answer: Callable[[BaseHTTPRequestHandler], None]
    requests: list[bytes] = field(default_factory=list)


def ok(request: BaseHTTPRequestHandler) -> None:
    body = (
        b'<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult>'
        b"<MessageId>1</MessageId></SendRawEmailResult></SendRawEmailResponse>"
    )
    _say(request, 200, body)


def refusing(status: int, code: str) -> Callable[[BaseHTTPRequestHandler], None]:
    body = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    return lambda request: _say(request, status, body.encode())


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """The mail was taken, and the answer is lost."""
    request.connection.shutdown(socket.SHUT_RDWR)


def say_nothing(request: BaseHTTPRequestHandler) -> None:
    """The mail was taken, and no answer comes in time."""
    threading.Event().wait(1)


def _say(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "text/xml")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def listening(wire: Wire) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            wire.requests.append(self.rfile.read(int(self.headers["Content-Length"])))
            wire.answer(self)

        def log_message(self, *_: object) -> None:
            """Tests say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    wire = Wire(ok)
    with listening(wire) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SES", url)
        monkeypatch.setenv("MAIL_SENDER", "noreply@booking.example")
        monkeypatch.setattr(mail, "LONGEST_SEND_SECONDS", 0.3)
        settings.cache_clear()
        client.cache_clear()
        yield wire
    settings.cache_clear()
    client.cache_clear()


def send() -> None:
    post("mail#1", ANN, lambda: WORDS, NOW, calendar=b"BEGIN:VCALENDAR")


def test_a_mail_that_is_taken_is_sent(wire: Wire) -> None:
    send()
    (request,) = wire.requests
    assert b"Action=SendRawEmail" in request
    assert b"Destinations.member.1=ann%40example.com" in request


@pytest.mark.parametrize("answer", [hang_up, say_nothing], ids=["hung up", "no answer"])
def test_an_answer_that_is_lost_is_not_asked_for_again(
    wire: Wire, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    wire.answer = answer
    with pytest.raises(TryLater):
        send()
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        *[(500, "InternalFailure", NotSent), (503, "ServiceUnavailable", NotSent), (400, "Throttling", NotSent)],
        *[(403, "AccessDenied", Refused), (400, "MessageRejected", Refused)],
    ],
)
def test_a_failure_is_not_tried_again_at_once(wire: Wire, status: int, code: str, meaning: type[Exception]) -> None:
    wire.answer = refusing(status, code)
    with pytest.raises(meaning, match=code):
        send()
    assert len(wire.requests) == 1


def test_a_server_that_is_not_there_has_been_sent_nothing(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_SES", f"http://127.0.0.1:{unused.getsockname()[1]}")
        client.cache_clear()
        with pytest.raises(NotSent):
            send()
    assert wire.requests == []


def test_an_answer_is_waited_for_less_long_than_a_delivery_is_leased() -> None:
    """Else a slow one would be sent again while it is still under way."""
    config = mail._ses().meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 10)
    assert config.connect_timeout + config.read_timeout < LEASE.total_seconds()
