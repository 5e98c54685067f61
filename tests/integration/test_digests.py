"""Which mail specialists want about bookings: about each thing that happens, one each morning, or none."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from booking.bookings.create import Wish, create_booking
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.reschedule import reschedule_booking
from booking.caller import Caller, Locale
from booking.dynamodb.transaction import Transaction
from booking.notifications import messages
from booking.notifications.digests import SETTLED_AFTER
from booking.notifications.mail_requests import parse
from booking.notifications.reminders import REMINDERS
from booking.runtime.settings import settings
from booking.specialists import profiles
from booking.specialists.rules import BookingMail
from tests.integration.outside import Died, Outside, text_of
from tests.integration.people import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    a_booking,
    a_client,
    a_slot,
    a_specialist,
    a_waiter,
)
from tests.integration.sending import send_queued, tell
from tests.integration.store_calls import refusing
from tests.integration.sweeps import remind_everywhere
from tests.integration.tables import change_stored, stored, stored_in_calendar

pytestmark = pytest.mark.usefixtures("outside")

MORNING = datetime(2030, 3, 2, 6, tzinfo=UTC)
"""The first in Berlin after `NOW`."""


@pytest.fixture
def specialist() -> Caller:
    specialist = a_specialist()
    profiles.update_own_profile(specialist, {"time_zone": "Europe/Berlin"}, NOW)
    choose(specialist, "daily")
    return specialist


def choose(specialist: Caller, mail: str, now: datetime = NOW) -> None:
    profiles.update_own_profile(specialist, {"booking_mail": BookingMail(mail)}, now)


def to(outside: Outside, recipient: Caller) -> list[EmailMessage]:
    return [mail for mail in outside.mails if mail["To"] == recipient.email]


def in_the_morning(outside: Outside, now: datetime = MORNING) -> None:
    """The sweep, and then what sends the mail."""
    remind_everywhere(now)
    send_queued(outside, now, queued_at=now)


def due_at(specialist: Caller) -> datetime:
    item = profiles.find_profile(specialist.specialist_id)
    assert item is not None
    assert item.due_at is not None
    return item.due_at


def paragraphs(mail: EmailMessage) -> list[str]:
    return text_of(mail).strip().replace("\r\n", "\n").split("\n\n")[:-1]


def test_who_wants_none_gets_none_and_clients_get_theirs(outside: Outside, specialist: Caller) -> None:
    choose(specialist, "none")
    client = a_client()
    a_booking(specialist, client, DAY + 2 * HOUR)

    tell(outside)
    in_the_morning(outside)

    assert to(outside, specialist) == []
    assert [mail["Subject"].partition(":")[0] for mail in to(outside, client)] == ["Booked"]
    assert stored_in_calendar("news") == []
    assert [row for row in stored("ephemeral") if row["pk"].endswith("#specialist")] == []


def test_news_that_cannot_be_kept_is_kept_once_it_can(outside: Outside, specialist: Caller) -> None:
    """However often the table refuses it: nobody has to look into it."""
    ann = a_client()
    a_booking(specialist, ann, DAY + 2 * HOUR)
    for _ in range(3):
        with refusing("ThrottlingException", only="PutItem", table=settings().calendar_table):
            tell(outside)
        assert (len(outside.requests) > 0, outside.letters) == (True, [])
    send_queued(outside)
    assert (outside.requests, len(stored_in_calendar("news"))) == ([], 1)


def test_what_happens_twice_is_told_twice_in_every_form(outside: Outside, specialist: Caller) -> None:
    ann, slot = a_client(), a_slot(specialist, DAY)
    for _ in range(2):
        cancel_booking(ann, create_booking(ann, Wish(slot.id), NOW).id, NOW)
    tell(outside)
    in_the_morning(outside)
    (mail,) = to(outside, specialist)
    assert [text_of(mail, form).count("New: ") for form in ("plain", "html")] == [2, 2]


def test_a_morning_tells_what_has_happened_and_the_bookings_of_the_day(outside: Outside, specialist: Caller) -> None:
    ann, ben, carl = a_client(), a_client(), a_client()
    moved = a_booking(specialist, ann, 2 * HOUR)
    reschedule_booking(ann, moved.id, a_slot(specialist, DAY).id, NOW)
    freed = a_booking(specialist, ben, DAY + 2 * HOUR)
    waiter = a_waiter()
    join_wait_list(waiter, freed.slot_id, NOW)
    cancel_booking(ben, freed.id, NOW, reason="I am ill")
    a_booking(specialist, carl, 3 * DAY)

    tell(outside)
    assert to(outside, specialist) == []
    in_the_morning(outside, MORNING - SECOND)
    assert to(outside, specialist) == []
    in_the_morning(outside)

    (mail,) = to(outside, specialist)
    assert mail["Subject"] == "Your bookings on 2030-03-02"
    heading, *news, day, first, second = paragraphs(mail)
    assert heading == "What has happened since your last summary:"
    before = "2030-03-01, 11:00–12:00 (Europe/Berlin)"
    at = "2030-03-02, 11:00–12:00 (Europe/Berlin)"
    assert sorted(news) == sorted(
        [
            f"New: Appointment, {ann.email}, 2030-03-01, 11:00–12:00 (Europe/Berlin)",
            f"Moved: Appointment, {ann.email}, 2030-03-02, 09:00–10:00 (Europe/Berlin); before: {before}",
            f"New: Appointment, {ben.email}, {at}",
            f"Cancelled: Appointment, {ben.email}, {at}\nReason: I am ill",
            f"New from the wait-list: Appointment, {waiter.email}, {at}",
            f"New: Appointment, {carl.email}, 2030-03-04, 09:00–10:00 (Europe/Berlin)",
        ]
    )
    assert day == "Your bookings on 2030-03-02:"
    assert first == f"2030-03-02, 09:00–10:00 (Europe/Berlin): Appointment, {ann.email}"
    assert second == f"{at}: Appointment, {waiter.email}"
    assert text_of(mail, "html").count("<p>") == 11
    assert list(mail.iter_attachments()) == []


def test_it_is_in_the_specialists_language(outside: Outside, specialist: Caller) -> None:
    profiles.update_own_profile(specialist, {"locale": Locale.RU}, NOW)
    client = a_client()
    a_booking(specialist, client)

    tell(outside)
    in_the_morning(outside)

    (mail,) = to(outside, specialist)
    assert mail["Subject"] == "Ваши записи на 02.03.2030"
    assert paragraphs(mail) == [
        "Что изменилось с прошлой сводки:",
        f"Новая запись: Приём, {client.email}, 01.03.2030, 10:00–11:00 (Europe/Berlin)",
        "На 02.03.2030 записей нет.",  # noqa: RUF001
    ]


def test_what_was_told_is_not_told_again_and_a_morning_without_anything_has_no_mail(
    outside: Outside, specialist: Caller
) -> None:
    client = a_client()
    a_booking(specialist, client, 2 * DAY)
    tell(outside)
    in_the_morning(outside)
    assert len(to(outside, specialist)) == 1

    in_the_morning(outside, MORNING + DAY)
    assert paragraphs(to(outside, specialist)[-1]) == [
        "Your bookings on 2030-03-03:",
        f"2030-03-03, 09:00–10:00 (Europe/Berlin): Appointment, {client.email}",
    ]
    in_the_morning(outside, MORNING + 2 * DAY)
    assert len(to(outside, specialist)) == 2
    assert due_at(specialist) == MORNING + 3 * DAY


def test_a_message_that_comes_again_keeps_its_news_once(outside: Outside, specialist: Caller) -> None:
    a_booking(specialist, a_client())
    tell(outside)
    tell(outside, now=NOW + MINUTE)
    assert len(stored_in_calendar("news")) == 1


def test_news_of_the_last_minutes_are_for_the_next_morning(outside: Outside, specialist: Caller) -> None:
    """Whoever writes them may not have done it when the digest is made."""
    a_booking(specialist, a_client())
    tell(outside, now=MORNING - SETTLED_AFTER)
    in_the_morning(outside)
    assert to(outside, specialist) == []
    in_the_morning(outside, MORNING + DAY)
    assert len(to(outside, specialist)) == 1


def test_a_worker_that_dies_after_asking_and_a_message_that_comes_twice_cost_no_second_mail(
    outside: Outside, specialist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_booking(specialist, a_client())
    tell(outside)

    def dies(*_: object) -> None:
        raise Died

    with monkeypatch.context() as killed:
        killed.setattr("booking.notifications.digests._set", dies)
        with pytest.raises(Died):
            remind_everywhere(MORNING)
    remind_everywhere(MORNING + 10 * MINUTE)
    assert len(outside.requests) == 2
    send_queued(outside, MORNING + 10 * MINUTE)
    assert len(to(outside, specialist)) == 1
    assert remind_everywhere(MORNING + 10 * MINUTE).total() == 0


def test_mornings_are_at_seven_whatever_clocks_do(specialist: Caller) -> None:
    summer = datetime(2030, 3, 31, 5, tzinfo=UTC)
    remind_everywhere(summer - DAY + HOUR)
    assert due_at(specialist) == summer
    remind_everywhere(summer)
    assert due_at(specialist) == summer + DAY


def test_another_time_zone_has_its_own_morning(outside: Outside, specialist: Caller) -> None:
    a_booking(specialist, a_client())
    tell(outside)
    profiles.update_own_profile(specialist, {"time_zone": "Asia/Tokyo"}, NOW)
    tokyo = datetime(2030, 3, 1, 22, tzinfo=UTC)
    in_the_morning(outside, NOW + 10 * MINUTE)
    assert due_at(specialist) == tokyo
    in_the_morning(outside, tokyo)
    assert len(to(outside, specialist)) == 1

    profiles.update_own_profile(specialist, {"time_zone": "Europe/Berlin"}, tokyo + HOUR)
    in_the_morning(outside, tokyo + HOUR)
    assert due_at(specialist) == MORNING
    in_the_morning(outside)
    assert len(to(outside, specialist)) == 1


@pytest.mark.parametrize("other", ["each", "none"])
def test_a_choice_that_has_changed_meanwhile_is_respected(outside: Outside, specialist: Caller, other: str) -> None:
    a_booking(specialist, a_client())
    tell(outside)
    remind_everywhere(MORNING)
    choose(specialist, other, MORNING)

    send_queued(outside, MORNING)
    in_the_morning(outside, MORNING + DAY)

    assert to(outside, specialist) == []
    (profile,) = stored_in_calendar("profile")
    assert not {"timer", "news_since"} & profile.keys()


def test_who_has_just_chosen_digests_gets_the_next_mornings(outside: Outside, specialist: Caller) -> None:
    choose(specialist, "each")
    a_booking(specialist, a_client(), DAY + 2 * HOUR)
    tell(outside)
    choose(specialist, "daily", MORNING + MINUTE)

    in_the_morning(outside, MORNING + 10 * MINUTE)

    assert [mail["Subject"].partition(":")[0] for mail in to(outside, specialist)] == ["New booking"]
    assert due_at(specialist) == MORNING + DAY


def test_choosing_digests_again_loses_no_news(outside: Outside, specialist: Caller) -> None:
    a_booking(specialist, a_client())
    tell(outside)
    choose(specialist, "daily", NOW + HOUR)
    in_the_morning(outside)
    assert len(to(outside, specialist)) == 1


def test_deactivated_specialists_get_none(outside: Outside, specialist: Caller) -> None:
    a_booking(specialist, a_client(), DAY)
    tell(outside)
    closing = Transaction()
    profiles.close_in(closing, specialist, NOW)
    closing.commit()
    in_the_morning(outside)
    assert to(outside, specialist) == []


def test_of_much_news_the_first_are_listed_and_the_rest_is_counted(
    outside: Outside, specialist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_LISTED", 2)
    for number in range(5):
        slot = a_slot(specialist, DAY + (number + 1) * HOUR)
        create_booking(a_client(), Wish(slot.id), NOW)
    tell(outside)
    in_the_morning(outside)
    (mail,) = to(outside, specialist)
    told = paragraphs(mail)
    assert len(told) == 8
    assert told[3] == told[7] == "And 3 more."


def test_a_profile_that_nobody_understands_is_put_aside_for_a_day_and_keeps_nobody_waiting(
    outside: Outside, specialist: Caller
) -> None:
    a_booking(specialist, a_client(), 30 * DAY)
    tell(outside)
    broken = a_specialist()
    choose(broken, "daily")
    change_stored("calendar", stored_profile_key(broken), time_zone="Mars/Olympus")

    assert remind_everywhere(MORNING) == {"queued": 1, "dead": 1}

    (letter,) = outside.letters
    assert (letter["source"], letter["content"]) == ("sweep.remind", {"specialist_id": broken.specialist_id})
    assert due_at(broken) == NOW + DAY
    send_queued(outside, MORNING)
    assert len(to(outside, specialist)) == 1


def test_its_lateness_counts_from_the_morning(specialist: Caller) -> None:
    remind_everywhere(NOW)
    found = [item for shard in range(4) for due in REMINDERS.due(shard, MORNING) for item in due.all(None)]
    assert [REMINDERS.due_since(item) for item in found] == [MORNING] == [due_at(specialist)]


def test_a_request_is_read_as_it_was_written(outside: Outside, specialist: Caller) -> None:
    remind_everywhere(MORNING)
    (text,) = outside.requests
    assert parse(text).text == text
    assert parse(text).key == f"digest#{specialist.specialist_id}#2030-03-02T06:00:00.000000Z"


def stored_profile_key(specialist: Caller) -> dict[str, str]:
    return {"specialist_id": specialist.specialist_id, "sk": "profile"}
