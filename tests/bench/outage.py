"""What an outage leaves behind, worked off while mail is held up: `python -m tests.bench.outage [bookings]`.

20,000 bookings are due at once on an embedded stack of its own with 8 shards; meanwhile others are made, and it is
looked how long their events take to a subscriber. Fails when that is more than `LATEST_SECONDS`.
"""

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

from infra.cli import run
from infra.local.stack import Stack
from infra.settings import ROOT
from tests.bench.backlog import AT_FIRST, PARAMETERS, PUBLISHER, Backlog, stack_of_its_own

BOOKINGS = 20_000
LATEST_SECONDS = 30.0
EVERY_SECONDS = 2.0
SUBSCRIBER = "booking-api-subscriber-of-bench"

SENDER = "SendMailName"
MAIL = {"MailSender": "noreply@example.com"}


def main(bookings: int) -> int:
    """Prints how fast bookings expire and how late events are."""
    with stack_of_its_own(PARAMETERS | MAIL) as stack, subscriber(stack) as queue:
        backlog = Backlog(stack)
        for function in (PUBLISHER, SENDER):
            backlog.switch_off(function)
        backlog.store(AT_FIRST)
        backlog.worked_off()  # the first time of all starts environments
        backlog.store(bookings)
        backlog.publish_from_now_on()
        over = Event()
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(lags_of_events, stack, backlog, queue, over)
            took = backlog.worked_off()
            over.set()
            lags = late.result()
    print(json.dumps({"bookings": bookings, "per_second": round(bookings / took, 1), "events_late_s": lags}))
    return 0 if max(lags) <= LATEST_SECONDS else 1


def lags_of_events(stack: Stack, backlog: Backlog, queue: str, over: Event) -> list[float]:
    """Seconds from a booking to its event, one after the other until it is over."""
    sqs, lags = stack.client("sqs"), list[float]()
    while not over.is_set() or not lags:
        started = time.monotonic()
        booking_id = backlog.make_booking()
        while booking_id not in _received(sqs, queue):
            if time.monotonic() > started + 10 * LATEST_SECONDS:
                break
        lags.append(round(time.monotonic() - started, 1))
        over.wait(EVERY_SECONDS)
    return lags


def _received(sqs: Any, queue: str) -> str:
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    return "".join(message["Body"] for message in answer.get("Messages", []))


@contextmanager
def subscriber(stack: Stack) -> Iterator[str]:
    """A queue that gets events of confirmed bookings, by the example rule."""
    cloudformation = stack.client("cloudformation")
    cloudformation.create_stack(
        StackName=SUBSCRIBER,
        TemplateBody=(ROOT / "infra" / "events" / "example-rule.yaml").read_text(),
        Parameters=[{"ParameterKey": "EventBusName", "ParameterValue": stack.outputs()["EventBusName"]}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=SUBSCRIBER, WaiterConfig={"Delay": 1})
    (made,) = cloudformation.describe_stacks(StackName=SUBSCRIBER)["Stacks"]
    yield {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}["QueueUrl"]


if __name__ == "__main__":
    run(lambda: main(int(sys.argv[1]) if len(sys.argv) > 1 else BOOKINGS))
