"""The end of an execution environment, and what is still to be done before it.

Lambda sends SIGTERM, and leaves half a second, only to environments with a registered extension. So we register
one that asks for no events and does nothing: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html.
Where there is no such interface (emulators, `make dev`, tests) nothing is registered, and nothing waits for it; where
one would choke on the question, `NOTICE_OF_TERMINATION=Disabled` keeps it back.
"""

import http.client
import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from types import FrameType

from booking.runtime.settings import settings

EXTENSION = "booking-notice-of-termination"
LONGEST_WAIT_SECONDS = 0.1
_PATH = "/2020-01-01/extension"
_IDENTIFIER = "Lambda-Extension-Identifier"


def before_the_end(act: Callable[[], None]) -> None:
    """Has `act` done when this process is told to end; then it ends, with the status that shells give to SIGTERM.

    To be called while the environment is made ready, which is when Lambda lets extensions register. Only the main
    thread can; called from another it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        return

    def end(number: int, _frame: FrameType | None) -> None:
        try:
            act()
        finally:
            os._exit(128 + number)  # at once: the runtime's own thread would keep an orderly exit waiting

    signal.signal(signal.SIGTERM, end)
    _ask_for_notice()


def _ask_for_notice() -> None:
    """Registers the extension, and waits for the answer, but not for ever."""
    if settings().notice_of_termination != "Active" or not settings().aws_lambda_runtime_api:
        return
    answered = threading.Event()
    threading.Thread(target=_be_an_extension, args=(answered,), daemon=True).start()
    answered.wait(LONGEST_WAIT_SECONDS)


def _be_an_extension(answered: threading.Event) -> None:
    """Registers, then says that it is ready, which is not answered as long as the environment lives.

    One thread does both and is never interrupted: Lambda waits for whoever registered to be ready.
    """
    connection = http.client.HTTPConnection(settings().aws_lambda_runtime_api)
    with suppress(OSError, http.client.HTTPException), closing(connection):
        try:
            identifier = _register(connection)
        finally:
            answered.set()
        if identifier:
            connection.request("GET", f"{_PATH}/event/next", headers={_IDENTIFIER: identifier})
            connection.getresponse()


def _register(connection: http.client.HTTPConnection) -> str | None:
    """The extension's identifier, None where nobody gives one."""
    connection.request("POST", f"{_PATH}/register", '{"events": []}', {"Lambda-Extension-Name": EXTENSION})
    with connection.getresponse() as answer:
        answer.read()
        return answer.headers.get(_IDENTIFIER)
