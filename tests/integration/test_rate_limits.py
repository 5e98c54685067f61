"""Rate limits: an exact sliding window in the shared table, and in memory while the table is out of reach."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime

import pytest
from botocore.exceptions import ClientError

from booking.errors import TooManyRequests
from booking.rate_limit import count_attempt, forget_attempt, source_network
from tests.integration.people import NOW, SECOND
from tests.integration.store_calls import counted_calls, just_before, lost_answers, refusing, unreachable
from tests.integration.tables import stored


def attempt(at: datetime, subject: str = "somebody") -> None:
    count_attempt("tests", subject, at, most=3)


def refused(at: datetime, subject: str = "somebody") -> int:
    """After how many seconds the refusal says to come back."""
    with pytest.raises(TooManyRequests) as refusal:
        attempt(at, subject)
    return refusal.value.retry_after


def attempts_stored() -> int:
    return sum(len(item.get("attempts", ())) for item in stored("ephemeral"))


@pytest.mark.parametrize("is_reachable", [True, False], ids=["in the table", "in memory"])
class TestTheWindow:
    @pytest.fixture(autouse=True)
    def store(self, *, is_reachable: bool) -> Iterator[None]:
        with nullcontext() if is_reachable else unreachable():
            yield

    def test_so_many_attempts_pass_and_no_more(self) -> None:
        for number in range(3):
            attempt(NOW + number * SECOND)

        assert refused(NOW + 3.5 * SECOND) == 57

    def test_the_window_slides(self) -> None:
        for number in range(3):
            attempt(NOW + number * 20 * SECOND)

        assert refused(NOW + 59.5 * SECOND) == 1
        attempt(NOW + 61 * SECOND)
        assert refused(NOW + 62.5 * SECOND) == 18

    def test_what_it_says_about_coming_back_is_true(self) -> None:
        for number in range(3):
            attempt(NOW + number * SECOND)

        now = NOW + 10.5 * SECOND
        told = refused(now)

        assert refused(now + (told - 1) * SECOND) == 1
        attempt(now + told * SECOND)

    def test_refused_attempts_do_not_count(self) -> None:
        for number in range(3):
            attempt(NOW + number * SECOND)
        for number in range(10):
            refused(NOW + (3 + number) * SECOND)

        attempt(NOW + 61 * SECOND)

    def test_subjects_are_counted_apart(self) -> None:
        for number in range(3):
            attempt(NOW + number * SECOND)

        attempt(NOW + 3 * SECOND, "somebody else")

    def test_limits_are_counted_apart(self) -> None:
        for number in range(3):
            attempt(NOW + number * SECOND)

        count_attempt("others", "somebody", NOW + 3 * SECOND, most=3)


def test_an_attempt_is_one_call() -> None:
    with counted_calls() as calls:
        attempt(NOW)

    assert calls.operations == ["UpdateItem"]


def test_what_is_stored_names_nobody_and_ends_by_itself() -> None:
    attempt(NOW, "ann@example.com")

    [window] = stored("ephemeral")
    assert "ann" not in str(window)
    assert window["expires_at"] == int(NOW.timestamp()) + 61


def test_an_attempt_whose_answer_was_lost_counts_once() -> None:
    attempt(NOW)
    attempt(NOW + SECOND)

    with lost_answers("UpdateItem") as calls:
        attempt(NOW + 2 * SECOND)

    assert (len(calls.sent), attempts_stored()) == (1, 3)


def test_an_attempt_that_fills_the_window_in_between_is_seen() -> None:
    attempt(NOW)
    attempt(NOW + SECOND)

    with just_before("UpdateItem", lambda: attempt(NOW + 2 * SECOND)):
        refused(NOW + 3 * SECOND)

    assert attempts_stored() == 3


def test_past_attempts_are_forgotten() -> None:
    for number in range(3):
        attempt(NOW + number * SECOND)

    attempt(NOW + 300 * SECOND)

    assert attempts_stored() == 1


def test_memory_takes_over_while_the_store_is_out_of_reach() -> None:
    attempt(NOW)

    with unreachable():
        for number in range(3):
            attempt(NOW + number * SECOND)
        refused(NOW + 4 * SECOND)

    assert attempts_stored() == 1


def test_a_permission_that_is_missing_is_no_outage() -> None:
    with refusing("AccessDeniedException"), pytest.raises(ClientError):
        attempt(NOW)


class TestForgetting:
    @pytest.mark.parametrize("is_reachable", [True, False], ids=["in the table", "in memory"])
    def test_an_attempt_that_is_forgotten_makes_room_for_another(self, *, is_reachable: bool) -> None:
        with nullcontext() if is_reachable else unreachable():
            for number in range(5):
                counted = count_attempt("tests", "somebody", NOW + number * SECOND, most=3)
                forget_attempt("tests", "somebody", counted)
            for number in range(3):
                attempt(NOW + (5 + number) * SECOND)

            refused(NOW + 9 * SECOND)

    def test_a_window_that_is_gone_is_not_made_again(self) -> None:
        forget_attempt("tests", "somebody", 1)

        assert stored("ephemeral") == []

    def test_an_attempt_that_cannot_be_forgotten_goes_on_counting(self) -> None:
        counted = count_attempt("tests", "somebody", NOW, most=3)

        with unreachable():
            forget_attempt("tests", "somebody", counted)

        assert attempts_stored() == 1


@pytest.mark.parametrize(
    ("address", "another", "is_one"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:0DB8:0:1:0::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("unknown", "unknown", True),
        ("unknown", "192.0.2.1", False),
    ],
)
def test_who_counts_as_one_source(address: str, another: str, *, is_one: bool) -> None:
    assert (source_network(address) == source_network(another)) is is_one
