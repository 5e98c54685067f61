"""Erasing a person: out of every table, in steps that can be done again.

First one write marks the account: from then on it can do nothing. Then bookings to come are cancelled, and whatever
tells of the person goes; last the account goes, with its claim of the address. Where a run dies in between, a repeat of
the request goes on, or else a message, which is on the sweeps' queue before anything is written.

An access token is not looked up, so it can book until it is over. Hence the message comes again once all of them are:
what was made with them meanwhile goes then.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.accounts.erase import delete_account, is_kept
from booking.accounts.sessions import forget_sessions
from booking.background.queues import LONGEST_DELAY, put_on_sweep_queue
from booking.background.run import run
from booking.bookings.erase import forget_client, forget_guest, forget_specialist
from booking.bookings.open_holds import forget_holds
from booking.caller import specialist_id_of
from booking.dynamodb.contention import retrying_contention
from booking.errors import StoreUnavailable
from booking.runtime.clock import current_instant, from_stored, to_stored
from booking.slots.erase import erase_calendar
from booking.slots.wait_list import forget_waiter
from booking.telemetry.log import logger


@dataclass(frozen=True, slots=True)
class Erasure:
    """That a person is to be erased, and until when somebody may still act with one of their access tokens.

    With it goes what the guest had booked when it began who has the account's address, if that is shown to be its own.
    The message outlives the account, and names no address.
    """

    user_id: str
    guest_id: str | None
    began_at: datetime
    tokens_end_at: datetime

    @classmethod
    def parse(cls, text: str) -> "Erasure":
        """The inverse of `text`."""
        content = json.loads(text)
        began_at, tokens_end_at = from_stored(content["began"]), from_stored(content["until"])
        return cls(content["erase"], content["guest"], began_at, tokens_end_at)

    @property
    def text(self) -> str:
        """The message's body."""
        began, until = to_stored(self.began_at), to_stored(self.tokens_end_at)
        return json.dumps({"erase": self.user_id, "guest": self.guest_id, "began": began, "until": until})


def is_gone_on(erasure: Erasure, context: Any) -> bool:
    """Does what a message asks for; whether that has come to an end, if only to another message."""
    try:
        with run("erase", context):
            _go_on(erasure, current_instant())
    except StoreUnavailable:
        return False
    return True


def _go_on(erasure: Erasure, now: datetime) -> None:
    """The account may not have been marked: then the request has come to nothing."""
    if is_kept(erasure.user_id):
        return
    if not erase_person(erasure, now):
        put_on_sweep_queue(erasure.text)
    elif now < erasure.tokens_end_at:
        put_on_sweep_queue(erasure.text, min(LONGEST_DELAY, erasure.tokens_end_at - now))
    else:
        logger.info("a person was erased", extra={"user_id": erasure.user_id, "erasure": erasure.text})


def erase_person(erasure: Erasure, now: datetime) -> bool:
    """Takes whoever had the account, which is marked or gone, out of every table; again, it does no harm.

    False when more is left than one run does.
    """
    user_id = erasure.user_id
    forget_waiter(user_id, now)
    is_complete = forget_client(user_id, now)
    if erasure.guest_id:
        is_complete &= forget_guest(erasure.guest_id, erasure.began_at, now)
    erase_calendar(specialist_id_of(user_id))
    is_complete &= forget_specialist(specialist_id_of(user_id), now)
    erase_calendar(specialist_id_of(user_id))  # what the cancellations have freed
    forget_holds(user_id)
    forget_sessions(user_id)
    if is_complete:
        retrying_contention(lambda: delete_account(user_id))
    return is_complete
