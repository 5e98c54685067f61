"""Erasing a person: out of every table, in steps that can be done again.

First one write marks the account: from then on it can do nothing. Then bookings to come are cancelled, and whatever
tells of the person goes; last the account goes, with its claim of the address. Where a run dies in between, a repeat of
the request goes on, or else a message, which is on the sweeps' queue before anything is written.

An access token is not looked up, so it can book until it is over. Hence the message comes again once all of them are:
what was made with them meanwhile goes then.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from booking.accounts.access_tokens import access_token_lifetime
from booking.accounts.erase import delete_account, has_account, mark_erased
from booking.accounts.sessions import forget_sessions
from booking.accounts.table import UserItem
from booking.background.queues import LONGEST_DELAY, put_on_sweep_queue
from booking.background.run import run
from booking.bookings.erase import forget_client, forget_guest, forget_specialist, has_bookings_to_come
from booking.bookings.open_holds import forget_holds
from booking.caller import specialist_id_of
from booking.dynamodb.contention import retrying_contention
from booking.privacy.errors import UpcomingBookings
from booking.runtime.clock import current_instant, from_stored, to_stored
from booking.slots.erase import erase_calendar
from booking.slots.wait_list import forget_waiter
from booking.telemetry.log import logger

UNDER_WAY = timedelta(minutes=1)
"""Longer than a request takes that had read the account, or had its token accepted, just before it was marked."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody who is to be erased, and may still act with an access token until `tokens_end_at`.

    With the account go the bookings that the guest who has its address had made when the erasure began, if the address
    is shown to be its own. The message outlives the account, and names no address.
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
        content = {"erase": self.user_id, "guest": self.guest_id, "began": self.began_at, "until": self.tokens_end_at}
        return json.dumps(content, default=to_stored)


def begin_erasure(user: UserItem, guest_id: str | None, now: datetime) -> Erasure:
    """Marks the account, if it is not marked yet; one attempt.

    Raises `UpcomingBookings`, `LastAdmin`, `Contended`, `StoreUnavailable`.
    """
    began_at = user.erased_at if user.is_marked_erased else now
    erasure = Erasure(user.user_id, guest_id, began_at, began_at + access_token_lifetime() + UNDER_WAY)
    if user.is_marked_erased:
        return erasure
    if has_bookings_to_come(specialist_id_of(user.user_id), user.user_id, now):
        raise UpcomingBookings
    put_on_sweep_queue(erasure.text, LONGEST_DELAY)
    mark_erased(user, erasure.tokens_end_at, now)
    return erasure


def continue_erasure(erasure: Erasure, context: Any) -> None:
    """Does what a message asks for, or leaves the rest to another message. Raises `StoreUnavailable`."""
    with run("erase", context):
        _continue(erasure, current_instant())


def _continue(erasure: Erasure, now: datetime) -> None:
    if has_account(erasure.user_id):
        return  # it was never marked: the request has come to nothing
    if not erase_person(erasure, now):
        put_on_sweep_queue(erasure.text)
    elif now < erasure.tokens_end_at:
        put_on_sweep_queue(erasure.text, min(LONGEST_DELAY, erasure.tokens_end_at - now))
    else:
        logger.info("a person was erased", extra={"user_id": erasure.user_id, "erasure": erasure.text})


def erase_person(erasure: Erasure, now: datetime) -> bool:
    """Takes whoever had the account, which is marked or gone, out of every table; a repeat does no harm.

    False when there is more than one run does.
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
