"""What operations can rely on when the store is contended, throttled, out of reach, or forgets to answer."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from booking.accounts.grant_admin import grant_admin
from booking.accounts.log_in import log_in
from booking.accounts.read import get_own_user, list_users
from booking.accounts.sessions import open_session, refresh_session
from booking.bookings.create import Wish, create_booking
from booking.bookings.delete import delete_slot
from booking.bookings.end import cancel_booking
from booking.bookings.join_wait_list import join_wait_list
from booking.bookings.read import BookingFilter, find_booking, list_own_bookings
from booking.bookings.reschedule import reschedule_booking
from booking.caller import USER_PREFIX, Caller, Role
from booking.dynamodb.connection import shared_connection
from booking.dynamodb.contention import CONTENTION_BUDGET_SECONDS, LONGEST_DELAY_SECONDS
from booking.dynamodb.ephemeral import EphemeralItem
from booking.dynamodb.errors import ConditionFailed, TransactionCanceled
from booking.dynamodb.items import Item, create, get, update
from booking.dynamodb.queries import PageRequest
from booking.dynamodb.transaction import Transaction
from booking.errors import BookingError, StoreUnavailable
from booking.runtime.ids import new_id
from booking.runtime.settings import settings
from booking.slots.opened import open_slot
from booking.slots.promotion import first_waiter
from booking.specialists import profiles
from booking.specialists.services import create_service
from tests.integration.people import HOUR, NOW, a_booking, a_client, a_slot, a_specialist, a_waiter, parsed, with_other
from tests.integration.store_calls import Calls, counted_calls, lost_answers, refusing, unreachable
from tests.integration.tables import slot_item, stored

UNAVAILABLE: dict[str, Callable[[], AbstractContextManager[Calls]]] = {
    "unreachable": unreachable,
    "throttled": lambda: refusing("ThrottlingException"),
    "over its capacity": lambda: refusing("ProvisionedThroughputExceededException"),
    "over its limit": lambda: refusing("RequestLimitExceeded"),
    "failing": lambda: refusing("InternalServerError", status=500),
    "failing in a way that it does not name": lambda: refusing("SomethingNew", status=503),
    "busy with the same transaction": lambda: refusing("TransactionInProgressException"),
}
CONTENDED: dict[str, Callable[[int | None], AbstractContextManager[Calls]]] = {
    "another transaction": lambda times: refusing(
        "TransactionCanceledException", only="TransactWriteItems", times=times, reasons=["None", "TransactionConflict"]
    ),
    "a throttled partition": lambda times: refusing(
        "TransactionCanceledException", only="TransactWriteItems", times=times, reasons=["ThrottlingError"]
    ),
    "a partition over its capacity": lambda times: refusing(
        "TransactionCanceledException",
        only="TransactWriteItems",
        times=times,
        reasons=["ProvisionedThroughputExceeded"],
    ),
    "another transaction beside a condition that failed": lambda times: refusing(
        "TransactionCanceledException",
        only="TransactWriteItems",
        times=times,
        reasons=["ConditionalCheckFailed", "TransactionConflict"],
    ),
    "a throttled partition beside a condition that failed": lambda times: refusing(
        "TransactionCanceledException",
        only="TransactWriteItems",
        times=times,
        reasons=["ThrottlingError", "ConditionalCheckFailed"],
    ),
}


@pytest.mark.parametrize("contention", CONTENDED.values(), ids=CONTENDED)
def test_contention_is_tried_again_until_it_is_over(
    contention: Callable[[int | None], AbstractContextManager[Calls]], waits: list[float]
) -> None:
    slot = a_slot(a_specialist())

    with contention(3):
        booking = create_booking(a_client(), Wish(slot.id), NOW)

    assert slot_item(slot.id)["booking_id"] == booking.id
    assert len(waits) == 3


@pytest.mark.parametrize("contention", CONTENDED.values(), ids=CONTENDED)
def test_contention_that_stays_is_given_up(
    contention: Callable[[int | None], AbstractContextManager[Calls]], waits: list[float]
) -> None:
    slot = a_slot(a_specialist())

    with contention(None) as calls, pytest.raises(StoreUnavailable):
        create_booking(a_client(), Wish(slot.id), NOW)

    assert len(calls.sent) == len(waits) + 1
    assert CONTENTION_BUDGET_SECONDS - LONGEST_DELAY_SECONDS <= sum(waits) < CONTENTION_BUDGET_SECONDS
    assert max(waits) <= LONGEST_DELAY_SECONDS
    assert stored("bookings") == []


def test_a_repeat_with_one_key_that_meets_its_first_request_gets_the_same_booking() -> None:
    """The slot is taken already, the record of the key is just being written: that refuses nobody."""
    client, slot = a_client(), a_slot(a_specialist())
    first = create_booking(client, Wish(slot.id, key="one"), NOW)

    with CONTENDED["another transaction beside a condition that failed"](2):
        again = create_booking(client, Wish(slot.id, key="one"), NOW)

    assert again == first
    assert len(stored("bookings")) == 1


def test_each_attempt_of_a_transaction_has_a_token_of_its_own() -> None:
    slot = a_slot(a_specialist())

    with CONTENDED["another transaction"](2) as calls:
        create_booking(a_client(), Wish(slot.id), NOW)

    assert len({parameters["ClientRequestToken"] for _, parameters in calls.sent}) == 2


def test_a_single_write_waits_for_a_transaction_on_its_item(waits: list[float]) -> None:
    with refusing("TransactionConflictException", only="UpdateItem", times=2):
        profiles.update_own_profile(Caller(new_id(USER_PREFIX), Role.SPECIALIST, "s@example.com"), {}, NOW)

    assert len(stored("calendar")) == 1
    assert len(waits) == 2


@pytest.mark.parametrize("state", UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_a_store_that_is_unavailable_is_said_to_be(state: Callable[[], AbstractContextManager[Calls]]) -> None:
    client = a_client()
    booking, free = a_booking(a_specialist(), client), a_slot(a_specialist())
    before = stored("bookings")

    for attempt in (
        lambda: create_booking(client, Wish(free.id), NOW),
        lambda: cancel_booking(client, booking.id, NOW),
        lambda: find_booking(booking.id),
        lambda: list_own_bookings(client, BookingFilter(), PageRequest(20)),
        lambda: list_users(PageRequest(20)),
        lambda: first_waiter(parsed(booking.slot_id)),
    ):
        with state(), pytest.raises(StoreUnavailable):
            attempt()

    assert stored("bookings") == before


def reads(attempt: Callable[[], object]) -> list[dict[str, Any]]:
    """What the attempt asks of the store before it decides."""
    with counted_calls() as calls, suppress(BookingError):
        attempt()
    return [*calls.parameters("GetItem"), *calls.parameters("Query")]


def test_every_read_that_a_decision_depends_on_is_consistent() -> None:
    """moto knows no old copies, so the calls are looked at."""
    specialist, client, stranger = a_specialist(), a_client(), a_specialist()
    service = create_service(specialist, title="Cut", description=None, duration_minutes=480, price=Decimal(1), now=NOW)
    booking, slot, others = a_booking(specialist, client), a_slot(specialist, 3 * HOUR), a_slot(stranger)
    join_wait_list(a_waiter(), booking.slot_id, NOW)
    account = grant_admin("boss@example.com", "12345678", NOW)
    session = open_session(account, NOW)
    decisions: dict[str, tuple[int, Callable[[], object]]] = {
        "whether there is such a booking": (1, lambda: find_booking(booking.id)),
        "whether there is such a service, and such a slot": (
            2,
            lambda: create_booking(client, Wish(slot.id, service_id=service.id), NOW),
        ),
        "what became of the slot of that id": (
            2,
            lambda: reschedule_booking(client, booking.id, with_other("nonce", booking.slot_id), NOW),
        ),
        "whether another's slot exists": (2, lambda: reschedule_booking(client, booking.id, others.id, NOW)),
        "who is first in line when a booking moves": (2, lambda: reschedule_booking(client, booking.id, slot.id, NOW)),
        "who is first in line when a booking ends": (2, lambda: cancel_booking(client, booking.id, NOW)),
        "what a new slot overlaps": (1, lambda: open_slot(specialist, NOW + 5 * HOUR, NOW + 6 * HOUR, NOW)),
        "what a slot takes, and which days it leaves": (2, lambda: delete_slot(stranger, others.id, NOW)),
        "whether there is such a specialist": (1, lambda: profiles.get_profile(specialist.specialist_id)),
        "whether the caller has a profile": (1, lambda: profiles.get_own_profile(specialist)),
        "whose account it is": (1, lambda: get_own_user(client)),
        "who holds an address that is made an admin's": (1, lambda: grant_admin("nobody@example.com", "12345678", NOW)),
        "whose session it is": (2, lambda: refresh_session(session.refresh_token, NOW)),
        "whether a password is right": (
            2,
            lambda: log_in("nobody@example.com", "12345678", source_address="192.0.2.1", now=NOW),
        ),
    }

    found = {decision: reads(attempt) for decision, (_, attempt) in decisions.items()}

    assert {decision: len(sent) for decision, sent in found.items()} == {
        decision: number for decision, (number, _) in decisions.items()
    }
    assert [decision for decision, sent in found.items() if not all(read.get("ConsistentRead") for read in sent)] == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_an_error_that_trying_again_cannot_mend_is_not_taken_for_a_busy_store(code: str, waits: list[float]) -> None:
    slot = a_slot(a_specialist())

    for attempt in (
        lambda: create_booking(a_client(), Wish(slot.id), NOW),
        lambda: list_own_bookings(a_client(), BookingFilter(), PageRequest(20)),
    ):
        with refusing(code) as calls, pytest.raises(ClientError):
            attempt()
        assert len(calls.sent) == 1

    assert waits == []


def test_a_transaction_that_is_cancelled_for_another_reason_is_no_contention() -> None:
    slot = a_slot(a_specialist())

    with (
        refusing("TransactionCanceledException", reasons=["None", "ItemCollectionSizeLimitExceeded"]),
        pytest.raises(ClientError),
    ):
        create_booking(a_client(), Wish(slot.id), NOW)


class Note(EphemeralItem):
    """An item to write in these tests."""


def a_note(expires_at: int = 1) -> Note:
    return Note(pk="note", expires_at=expires_at)


def test_a_new_item_does_not_replace_another_one_and_shows_it() -> None:
    create(a_note(), condition=Note.pk.does_not_exist())

    with pytest.raises(ConditionFailed) as failure:
        create(a_note(2), condition=Note.pk.does_not_exist())

    assert failure.value.old is not None
    assert Note.from_old(failure.value.old).expires_at == 1
    assert stored("ephemeral") == [{"pk": "note", "expires_at": 1}]


def test_a_new_item_whose_answer_was_lost_is_written() -> None:
    with lost_answers("PutItem") as calls:
        create(a_note(), condition=Note.pk.does_not_exist())

    assert len(calls.sent) == 1
    assert len(stored("ephemeral")) == 1


def test_a_condition_on_an_item_that_is_not_there_fails_without_an_old_one() -> None:
    with pytest.raises(ConditionFailed) as failure:
        update(a_note(), [Note.expires_at.set(2)], condition=Note.pk.exists())

    assert failure.value.old is None
    assert get(Note, "note") is None


def test_a_transaction_tells_which_of_its_steps_failed() -> None:
    create(a_note(), condition=Note.pk.does_not_exist())
    transaction = Transaction()
    fine = transaction.put(Note(pk="other", expires_at=1), condition=Note.pk.does_not_exist())
    failing = transaction.put(a_note(2), condition=Note.pk.does_not_exist())

    with pytest.raises(TransactionCanceled, match="conditions failed") as failure:
        transaction.commit()

    assert not failure.value.failed(fine)
    assert failure.value.failed(failing)
    assert [item["pk"] for item in stored("ephemeral")] == ["note"]


def test_a_kind_of_item_knows_its_indexes_though_the_base_of_its_table_was_used_before() -> None:
    class Base(Item):
        class Meta:
            table_name = settings().calendar_table

        specialist_id = UnicodeAttribute(hash_key=True)
        sk = UnicodeAttribute(range_key=True)

    class Other(Base):
        class OtherIndex(GlobalSecondaryIndex["Other"]):
            class Meta:
                index_name = "other"
                projection = AllProjection()

            sk = UnicodeAttribute(hash_key=True)

        other = OtherIndex()

    assert get(Base, "a", "b") is None

    Other._get_connection()

    table = shared_connection().get_meta_table(settings().calendar_table)
    assert table.has_index_name("other")
