"""The mail queue: each mail is sent once, at a pace, whatever fails; what cannot be sent is kept, then given up."""

import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from booking.background.sweep import LEAST_TIME_LEFT_MS
from booking.notifications.delivery import LEASE
from booking.notifications.mail import KEY_HEADER, Pace
from booking.notifications.mail_requests import parse
from booking.notifications.mail_work import TRIED_FOR
from booking.runtime.settings import settings
from booking.telemetry.metric_totals import read_totals
from tests.integration.outside import Died, Outside, error
from tests.integration.people import HOUR, MINUTE, NOW, SECOND, a_booking, a_client, a_specialist
from tests.integration.sending import send_queued
from tests.integration.store_calls import refusing
from tests.integration.sweeps import expire_everywhere, remind_everywhere
from tests.integration.tables import stored

pytestmark = pytest.mark.usefixtures("outside")


def reminders(number: int) -> list[str]:
    """So many reminders are on the queue, each for a client of its own; their addresses."""
    clients = [a_client() for _ in range(number)]
    for client in clients:
        a_booking(a_specialist(), client)
    assert remind_everywhere(NOW) == {"queued": number}
    return [client.email for client in clients]


def test_mail_that_fails_for_a_while_is_sent_once_it_works(outside: Outside) -> None:
    clients = reminders(3)
    outside.before_mail = lambda _: error("ServiceUnavailable", status=503)
    assert [send_queued(outside, NOW + number * MINUTE) for number in range(5)] == [3] * 5
    outside.before_mail = lambda _: None
    assert send_queued(outside, NOW + 6 * MINUTE) == 0
    assert sorted(outside.recipients) == sorted(clients)


def test_while_ses_refuses_everything_age_decides_and_not_the_number_of_tries(outside: Outside) -> None:
    client = a_client()
    a_booking(a_specialist(), client, starts_in=20 * HOUR)
    remind_everywhere(NOW + 19 * HOUR)
    (request,) = outside.requests
    outside.before_mail = lambda _: error("Throttling")
    for _ in range(200):
        assert send_queued(outside, NOW + TRIED_FOR - SECOND) == 1
    assert outside.letters == []
    assert send_queued(outside, NOW + TRIED_FOR) == 0
    (letter,) = outside.letters
    assert (letter["source"], letter["reason"]) == ("queue.send_mail", "TryLater: Throttling")
    assert letter["content"] == {"message": request}
    assert client.email not in letter["reason"]


def test_ses_out_of_reach_is_waited_for(outside: Outside) -> None:
    reminders(1)
    outside.before_mail = raising(EndpointConnectionError(endpoint_url="https://ses.invalid"))
    assert send_queued(outside) == 1
    outside.before_mail = lambda _: None
    assert send_queued(outside) == 0
    assert len(outside.mails) == 1


def test_a_function_that_dies_after_the_send_costs_one_duplicate(outside: Outside) -> None:
    reminders(1)
    outside.after_mail = raising(Died())
    with pytest.raises(Died):
        send_queued(outside)
    outside.after_mail = lambda _: None
    assert send_queued(outside, NOW + LEASE - SECOND) == 1
    assert send_queued(outside, NOW + LEASE) == 0
    assert len(outside.mails) == 2
    assert len({sent[KEY_HEADER] for sent in outside.mails}) == 1


def test_a_function_that_dies_before_the_send_loses_nothing(outside: Outside) -> None:
    reminders(1)
    outside.before_mail = raising(Died())
    with pytest.raises(Died):
        send_queued(outside)
    outside.before_mail = lambda _: None
    assert send_queued(outside, NOW + LEASE) == 0
    assert len(outside.mails) == 1


def test_mail_that_could_not_be_marked_is_sent_once_more_after_the_lease(outside: Outside) -> None:
    """What went out stands nowhere: as after a death, one duplicate is the most."""
    reminders(1)
    outside.after_mail = lambda _: refuse_marks.enter_context(ephemeral_updates_refused())
    with ExitStack() as refuse_marks:
        assert send_queued(outside) == 1
    outside.after_mail = lambda _: None
    assert (len(outside.mails), ledger_states()) == (1, ["started"])

    assert send_queued(outside, NOW + LEASE - SECOND) == 1
    assert send_queued(outside, NOW + LEASE) == 0
    assert len(outside.mails) == 2


def test_mail_that_cannot_be_claimed_or_counted_is_sent_once_it_can(outside: Outside) -> None:
    reminders(1)
    with ephemeral_updates_refused():
        assert send_queued(outside) == 1
    assert (outside.mails, ledger_states()) == ([], [])
    assert send_queued(outside, NOW + SECOND) == 0
    assert len(outside.mails) == 1


def test_a_reminder_over_the_days_share_is_withheld_for_good(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_UNVERIFIED_MAX_PER_DAY", "1")
    settings.cache_clear()
    ann = a_client()
    for _ in range(2):
        a_booking(a_specialist(), ann)
    remind_everywhere(NOW)
    assert send_queued(outside) == 0
    assert (outside.recipients, outside.letters) == ([ann.email], [])


def test_a_second_death_leaves_it_to_a_person_and_a_redrive_has_new_tries(outside: Outside) -> None:
    reminders(1)
    outside.after_mail = raising(Died())
    for moment in (NOW, NOW + LEASE):
        with pytest.raises(Died):
            send_queued(outside, moment)

    assert send_queued(outside, NOW + 2 * LEASE) == 0
    assert len(outside.mails) == 2
    (letter,) = outside.letters
    assert letter["reason"].startswith("OutcomeUnknown: ")

    outside.after_mail = lambda _: None
    outside.requests = [letter["content"]["message"]]
    assert send_queued(outside, NOW + 2 * LEASE + SECOND) == 1
    assert send_queued(outside, NOW + 3 * LEASE) == 0
    assert len(outside.mails) == 3


def test_an_answer_that_is_lost_does_not_send_the_mail_again_at_once(outside: Outside) -> None:
    reminders(1)
    outside.after_mail = raising(ReadTimeoutError(endpoint_url="https://ses.invalid"))
    assert send_queued(outside) == 1
    assert send_queued(outside, NOW + SECOND) == 1
    assert len(outside.mails) == 1


def test_refused_mail_is_given_up_and_its_address_told_to_nobody(outside: Outside, log_stream: io.StringIO) -> None:
    (client,) = reminders(1)
    outside.before_mail = lambda to: error("MessageRejected", f"Email address is not verified: {to}")
    assert send_queued(outside) == 0
    (letter,) = outside.letters
    assert letter["reason"] == "Refused: MessageRejected"
    assert client not in log_stream.getvalue()
    assert expire_everywhere(NOW + HOUR) == {"expired": 1}


def test_without_a_dead_letter_queue_it_stays_where_it_is(outside: Outside) -> None:
    reminders(2)
    outside.before_mail = lambda _: error("MessageRejected")
    outside.before_letter = lambda: error("ServiceUnavailable", status=503)
    assert send_queued(outside) == 2
    outside.before_letter = lambda: None
    assert send_queued(outside) == 0
    assert len(outside.letters) == 2


def test_where_no_sender_is_configured_any_longer_nothing_is_sent(outside: Outside, log_stream: io.StringIO) -> None:
    (client,) = reminders(1)
    with pytest.MonkeyPatch.context() as environment:  # undone before `outside`, which sets the same
        environment.setenv("MAIL_SENDER", "")
        settings.cache_clear()
        assert send_queued(outside) == 0
    assert outside.mails == []
    assert "no sender is configured" in log_stream.getvalue()
    assert client not in log_stream.getvalue()


@pytest.mark.parametrize("body", ["", "what?", "[]", "{}", '{"mail": "1", "occasion": "birthday"}'])
def test_a_message_that_nobody_understands_is_given_up_and_holds_up_no_other(outside: Outside, body: str) -> None:
    reminders(1)
    outside.requests.insert(0, body)
    assert send_queued(outside) == 0
    assert len(outside.mails) == 1
    (letter,) = outside.letters
    assert letter["content"] == {"message": body}


def test_a_message_can_be_read_as_it_was_written(outside: Outside) -> None:
    reminders(1)
    (text,) = outside.requests
    assert parse(text).text == text


def test_mail_for_which_no_time_is_left_comes_again(outside: Outside) -> None:
    reminders(3)
    clock = iter([60_000, LEAST_TIME_LEFT_MS - 1, LEAST_TIME_LEFT_MS - 1])
    assert send_queued(outside, time_left=lambda: next(clock)) == 2
    assert len(outside.mails) == 1
    assert send_queued(outside) == 0
    assert len(set(outside.recipients)) == len(outside.mails) == 3


def test_what_is_sent_is_counted_as_what_it_is(outside: Outside) -> None:
    reminders(2)
    send_queued(outside)
    send_queued(outside)
    assert read_totals()["reminders_sent"] == 2
    assert "notifications_sent" not in read_totals()


def test_all_that_work_at_once_share_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten mails a second by two environments: each sends one in 200 ms, and makes up for no time in which it slept."""
    slept: list[float] = []
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", slept.append)
    pace = Pace(2 / 10)
    pace.wait()
    clock[0] = 0.05
    pace.wait()
    clock[0] = 10.0
    pace.wait()
    pace.wait()
    assert slept == pytest.approx([0, 0.15, 0, 0.2])


def ledger_states() -> list[str]:
    return [item["state"] for item in stored("ephemeral") if item["pk"].startswith("delivery#")]


@contextmanager
def ephemeral_updates_refused() -> Iterator[None]:
    with refusing("InternalServerError", only="UpdateItem", table=settings().ephemeral_table, status=500):
        yield None


def raising(failure: BaseException) -> Any:
    def hook(_recipient: str) -> None:
        raise failure

    return hook
