"""What all commands have in common: how they say what they do, and how they fail."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

INTERRUPTED = 130


class CommandError(Exception):
    """Something that the user can mend; carries the sentence that says how."""

    status = 1


class NotUp(CommandError):
    """What the command needs does not run."""

    status = 2


def run(command: Callable[[], int | None]) -> NoReturn:
    """Runs a command and exits with its status; an expected failure is one sentence and a status of its own."""
    try:
        sys.exit(command())
    except CommandError as error:
        sentence, status = str(error), error.status
    except (BotoCoreError, ClientError) as error:
        sentence, status = f"AWS did not do as asked: {error}", 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(status)


@contextmanager
def step(name: str) -> Iterator[None]:
    """One line of progress: what is being done, and how long it took."""
    started = time.monotonic()
    print(f"{name} …", end=" ", flush=True)
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)
