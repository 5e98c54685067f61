"""Once-only delivery when senders are slower than their lease: whoever is late takes nothing from the others."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from booking.background.queues import TryLater
from booking.notifications.delivery import KEPT, LEASE, Delivery, NotSent, OutcomeUnknown, Refused, deliver_once
from tests.integration.outside import Died
from tests.integration.people import NOW, SECOND
from tests.integration.store_calls import just_before
from tests.integration.tables import change_stored, stored

KEY = "mail#1"


def nothing() -> None:
    """A send that succeeds."""


def die() -> None:
    raise Died


def entry() -> dict[str, Any]:
    (found,) = stored("ephemeral")
    return found


def dead_tries(*moments: datetime) -> None:
    for moment in moments:
        with pytest.raises(Died):
            deliver_once(KEY, die, moment)


def slow_to_fail(failure: Exception, meanwhile: Callable[[], object]) -> Callable[[], None]:
    def send() -> None:
        meanwhile()
        raise failure

    return send


def test_a_slow_sender_that_finishes_just_before_its_last_try_is_given_up_has_sent() -> None:
    """Somebody has seen that the tries are used up; before it can say so, the last of them is marked done."""
    dead_tries(NOW, NOW + LEASE)

    def finish() -> None:
        change_stored("ephemeral", {"pk": f"delivery#{KEY}"}, state="done")

    with just_before("UpdateItem", finish, call=2), pytest.raises(TryLater):
        deliver_once(KEY, die, NOW + 2 * LEASE)

    assert (entry()["state"], entry()["tries"]) == ("done", 2)
    assert deliver_once(KEY, die, NOW + 2 * LEASE) is Delivery.SENT_BEFORE


def test_of_two_that_see_the_tries_used_up_one_makes_the_dead_letter() -> None:
    dead_tries(NOW, NOW + LEASE)
    made = []

    def somebody_else() -> None:
        with pytest.raises(OutcomeUnknown) as failure:
            deliver_once(KEY, die, NOW + 2 * LEASE)
        made.append(failure.value)

    with just_before("UpdateItem", somebody_else, call=2), pytest.raises(TryLater):
        deliver_once(KEY, die, NOW + 2 * LEASE)

    assert len(made) == 1


def test_a_slow_sender_that_finishes_after_it_was_given_up_keeps_a_redrive_from_sending() -> None:
    def given_up() -> None:
        with pytest.raises(OutcomeUnknown):
            deliver_once(KEY, die, NOW + 2 * LEASE)

    dead_tries(NOW)
    assert deliver_once(KEY, given_up, NOW + LEASE) is Delivery.SENT
    assert deliver_once(KEY, die, NOW + 4 * LEASE) is Delivery.SENT_BEFORE


@pytest.mark.parametrize("failure", [NotSent("the moment"), Refused("the mail")])
def test_a_slow_sender_that_fails_leaves_the_claim_to_whoever_has_it_now(failure: Exception) -> None:
    second_claim: list[dict[str, Any]] = []

    def somebody_else_claims() -> None:
        dead_tries(NOW + LEASE)
        second_claim.append(entry())

    with pytest.raises((TryLater, Refused)):
        deliver_once(KEY, slow_to_fail(failure, somebody_else_claims), NOW)

    assert [entry()] == second_claim
    with pytest.raises(TryLater):
        deliver_once(KEY, nothing, NOW + LEASE + SECOND)


@pytest.mark.parametrize("failure", [NotSent("the moment"), Refused("the mail")])
def test_a_slow_sender_that_fails_does_not_undo_what_somebody_else_has_sent(failure: Exception) -> None:
    def somebody_else_sends() -> None:
        assert deliver_once(KEY, nothing, NOW + LEASE) is Delivery.SENT

    with pytest.raises((TryLater, Refused)):
        deliver_once(KEY, slow_to_fail(failure, somebody_else_sends), NOW)

    assert deliver_once(KEY, die, NOW + 3 * LEASE) is Delivery.SENT_BEFORE


@pytest.mark.parametrize("failure", [NotSent("the moment"), Refused("the mail")])
def test_a_failure_that_has_sent_nothing_gives_the_claim_back(failure: Exception) -> None:
    with pytest.raises((TryLater, Refused)):
        deliver_once(KEY, slow_to_fail(failure, nothing), NOW)
    assert stored("ephemeral") == []
    assert deliver_once(KEY, nothing, NOW) is Delivery.SENT


def test_what_was_sent_is_remembered_from_then_on() -> None:
    assert deliver_once(KEY, nothing, NOW) is Delivery.SENT
    assert entry()["expires_at"] == (NOW + KEPT).timestamp()
    assert timedelta(days=29) < KEPT


def test_what_was_sent_after_its_claim_was_released_is_forgotten_in_the_end() -> None:
    """A record without an end would never be deleted."""

    def another_has_the_claim_and_releases_it() -> None:
        with pytest.raises(TryLater):
            deliver_once(KEY, slow_to_fail(NotSent("the moment"), nothing), NOW + LEASE)

    assert deliver_once(KEY, another_has_the_claim_and_releases_it, NOW) is Delivery.SENT

    assert (entry()["state"], entry()["expires_at"]) == ("done", (NOW + KEPT).timestamp())
