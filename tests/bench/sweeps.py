"""What sweeps and list pages read, by what is stored: `python -m tests.bench.sweeps [stored …]`.

Runs on moto in this process; figures are counted, not timed.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb import models as moto_models

from booking.runtime.settings import Settings

for _setting in fields(Settings):
    if _setting.default is MISSING or _setting.name.endswith("_table"):
        os.environ[_setting.name.upper()] = f"the-{_setting.name.replace('_', '-')}-of-bench"
os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "METRICS_FLUSH_SECONDS": "3600", "LOG_LEVEL": "ERROR"}
os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "POWERTOOLS_METRICS_DISABLED": "true"}
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "BookingApi")

from booking.bookings.rules import Status  # noqa: E402  # after the environment is set
from booking.bookings.table import expiry_timer  # noqa: E402
from booking.caller import USER_PREFIX, Caller, Role  # noqa: E402
from booking.dynamodb.items import Item  # noqa: E402
from booking.runtime import aws  # noqa: E402
from booking.runtime.ids import new_id  # noqa: E402
from booking.runtime.settings import settings  # noqa: E402
from tests.bench import figures  # noqa: E402
from tests.bench.due_bookings import QUARTER, booked  # noqa: E402
from tests.instants import NOW  # noqa: E402
from tests.integration.api import body_of, invoke  # noqa: E402
from tests.integration.store_calls import items_read  # noqa: E402
from tests.integration.sweeps import expire_everywhere, remind_everywhere  # noqa: E402
from tests.integration.tables import create_tables, empty_tables  # noqa: E402

DUE = 50
STORED = (1_000, 100_000)
PAGE = 20
SWEEPS = {"expire": expire_everywhere, "remind": remind_everywhere}
CLIENT = Caller(new_id(USER_PREFIX), Role.CLIENT, "a@example.com")
SPECIALIST = Caller(new_id(USER_PREFIX), Role.SPECIALIST, "b@example.com")


def main(stored: tuple[int, ...]) -> int:
    """Keeps the figures."""
    moto_models.copy = SimpleNamespace(deepcopy=lambda kept: kept)  # type: ignore[attr-defined,assignment]
    # Else moto copies whole tables for each transaction, to undo it if a condition fails; here none does.
    sweeps, pages = list[dict[str, Any]](), list[dict[str, Any]]()
    with mock_aws():
        _keys()
        create_tables()
        for total in stored:
            _store(total)
            sweeps += [_swept(total, kind) for kind in SWEEPS]
            pages += _pages(total)
            empty_tables()
    figures.keep("reads", {"due": DUE, "sweeps": sweeps, "pages": pages})
    return 0


def _swept(stored: int, kind: str) -> dict[str, Any]:
    with items_read() as read:
        outcomes = SWEEPS[kind](NOW)
    done = outcomes["expired"] + outcomes["queued"]
    return {"sweep": kind, "stored": stored, "done": done, "items": read["items"], "queries": read["queries"]}


def _pages(stored: int) -> Iterator[dict[str, Any]]:
    """The first page of a list of nearly everything that is stored, the next one, and one behind nine tenths of it."""
    for path, module, caller in (
        ("/bookings/me", "bookings.list_own_bookings", CLIENT),
        ("/bookings/specialists/me", "bookings.list_specialist_bookings", SPECIALIST),
    ):
        first = {"limit": str(PAGE)}
        after = {"cursor": _cursor(invoke(module, "GET", path, caller=caller, query=first))}
        far = {"date_from": f"{NOW + timedelta(days=30) + stored * 9 // 10 * QUARTER:%Y-%m-%d}"}
        for place, query in (("first", first), ("next", first | after), ("far", first | far)):
            with items_read() as read:
                answer = invoke(module, "GET", path, caller=caller, query=query)
            yield {"list": path, "page": place, "stored": stored, "shown": len(body_of(answer)), **read}


def _cursor(answer: dict[str, Any]) -> str:
    """As the page's `Link` header names it."""
    link = str(answer["headers"]["link"]).partition("<")[2].partition(">")[0]
    return parse_qs(urlsplit(link).query)["cursor"][0]


def _keys() -> None:
    """The stack's secrets."""
    for setting in fields(settings()):
        if setting.name.endswith("_key_secret"):
            keys = json.dumps({"current": "k" * 64, "previous": ""})
            aws.client("secretsmanager").create_secret(Name=getattr(settings(), setting.name), SecretString=keys)


def _store(total: int) -> None:
    """Some are due, for either sweep; of the rest, of one client and one specialist, half to come and half over."""
    for start in (NOW, NOW + QUARTER):
        for _ in range(DUE):
            made = booked(start, NOW)
            _put(made.booking)
            _put(made.slot)
    for number in range(2 * DUE, total):
        start = NOW + timedelta(days=30) + number * QUARTER
        booking = booked(start, NOW, SPECIALIST.specialist_id, CLIENT.user_id).booking
        if number % 2:
            booking.status, booking.timer = Status.EXPIRED, None
        elif number % 4 == 0:
            booking.timer = expiry_timer(booking.booking_id)
        _put(booking)


def _put(item: Item) -> None:
    """Past the API, which would take minutes for this many."""
    table = moto_models.dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables[item.Meta.table_name]
    table.put_item(item.serialize())


if __name__ == "__main__":
    sys.exit(main(tuple(map(int, sys.argv[1:])) or STORED))
