"""The one AWS session of an execution environment.

Where AWS is, the SDK reads from the environment (`AWS_ENDPOINT_URL`, region, credentials): the same
code runs against AWS and against an emulator of it. Timeouts are far below a function's own, so that
a call that hangs is tried again while the client still waits.
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

CONNECT_TIMEOUT_SECONDS = 1
READ_TIMEOUT_SECONDS = 3
MAX_ATTEMPTS = 4


@cache
def session() -> botocore.session.Session:
    """Shared by all clients, so that credentials and endpoint data are loaded once."""
    return botocore.session.get_session()


@cache
def client(service: str, *, attempts: int = MAX_ATTEMPTS, read_timeout: int = READ_TIMEOUT_SECONDS) -> Any:
    """The client of a service, made when it is first used; `read_timeout` in seconds.

    Standard retries: throttling, timeouts and 5xx are tried again with jittered back-off, until `attempts` are made.
    """
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout,
        parameter_validation=False,
        user_agent="booking-api",  # the SDK would assemble its own twice for each call
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return session().create_client(service, config=config)
