"""A mail server that keeps what it gets: the emulated SES relays mail to it, so that attachments can be read."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


class MailSink(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a sender needs."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.mails: list[EmailMessage] = []

    def to(self, recipient: str, subject: str = "") -> list[EmailMessage]:
        """What that person got, oldest first."""
        return [mail for mail in self.mails if mail["To"] == recipient and str(mail["Subject"]).startswith(subject)]


class _Session(socketserver.StreamRequestHandler):
    server: MailSink

    def handle(self) -> None:
        self._say("220 sink")
        for line in self.rfile:
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"DATA":
                self._say("354 go on")
                found = message_from_bytes(self._data(), policy=default)
                assert isinstance(found, EmailMessage)
                self.server.mails.append(found)
            self._say("221 bye" if verb == b"QUIT" else "250 ok")
            if verb == b"QUIT":
                return

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()).rstrip(b"\r\n") != b".":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def mail_sink(port: int) -> Iterator[MailSink]:
    with MailSink(port) as sink:
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        yield sink
        sink.shutdown()
