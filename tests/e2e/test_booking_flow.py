"""The way of a booking, from two registrations to the second client who gets the slot that the first gave up."""

from tests.e2e.people import SLOT_LENGTH, People, Person, credentials, free_times, good, times, unused_email
from tests.e2e.refusals import refused


def test_from_registration_to_booking_again(people: People) -> None:
    # Given a specialist with a service and a slot, and two clients, all of whom register and log in.
    specialist = _registered_and_logged_in(people, "specialist")
    ann = _registered_and_logged_in(people, "client")
    ben = _registered_and_logged_in(people, "client")
    service = good(
        specialist.http.post(
            "/specialists/me/services", json={"title": "Haircut", "duration_minutes": 30, "price": "25.00"}
        ),
        201,
    )
    slot = good(specialist.http.post("/specialists/me/slots", json=_half_an_hour()), 201)
    day = slot["start_at"][:10]
    slots = f"/specialists/{specialist.specialist_id}/slots?date={day}"

    # The slot is listed as free, also to somebody who is not signed in.
    assert [(listed["id"], listed["is_booked"]) for listed in good(people.caller().get(slots))] == [(slot["id"], False)]

    # When one books, then it is theirs, and the other is refused.
    booking = ann.booked(slot["id"], service_id=service["id"])
    assert booking == {
        "id": booking["id"],
        "slot_id": slot["id"],
        "client_id": ann.id,
        "client": {"id": ann.id, "name": None, "email": ann.email, "phone": None},
        "specialist_id": specialist.specialist_id,
        "service_id": service["id"],
        "service": {"title": "Haircut", "price": "25.00", "currency": "EUR", "duration_minutes": 30},
        "note": None,
        "status": "confirmed",
        "slot_start_at": slot["start_at"],
        "slot_end_at": slot["end_at"],
        "created_at": booking["created_at"],
        "changeable_until": slot["start_at"],
        **dict.fromkeys(("cancelled_at", "cancel_reason", "attendance", "hold_expires_at", "payment_ref")),
    }
    refused(ben.book(slot["id"]), 409, "Slot already booked", reason="slot_already_booked")
    assert [listed["is_booked"] for listed in good(ann.http.get(slots))] == [True]

    # When the first cancels, then the second gets it.
    cancelled = good(ann.cancel(booking["id"]))
    assert cancelled["status"] == "cancelled"
    assert cancelled["cancelled_at"] is not None
    assert [listed["is_booked"] for listed in good(ann.http.get(slots))] == [False]
    again = ben.booked(slot["id"])
    assert again["id"] != booking["id"]
    seen = good(specialist.http.get("/bookings/specialists/me?status=confirmed"))
    assert [(listed["id"], listed["client_email"]) for listed in seen] == [(again["id"], ben.email)]


def test_a_client_reads_its_own_booking_at_once(specialist: Person, ann: Person) -> None:
    for _ in range(20):
        booking = ann.booked(specialist.open_slot())
        assert good(ann.http.get(f"/bookings/{booking['id']}")) == booking | {"specialist_name": None}
        assert ann.holds(booking["slot_id"])


def test_a_slot_id_made_up_from_that_of_ones_own_slot_is_not_found(specialist: Person, ann: Person) -> None:
    booking = ann.booked(specialist.open_slot())
    slot = booking["slot_id"]

    for letter in {"A", "B"} - {slot[-1]}:
        refused(ann.reschedule(booking["id"], slot[:-1] + letter), 404, "Slot not found")

    assert good(ann.http.get(f"/bookings/{booking['id']}")) == booking | {"specialist_name": None}


def test_a_cancellation_may_say_why(specialist: Person, ann: Person) -> None:
    booking = ann.booked(specialist.open_slot())

    cancelled = good(ann.http.patch(f"/bookings/{booking['id']}/cancel", json={"reason": "I am ill"}))

    assert cancelled["cancel_reason"] == "I am ill"
    assert good(specialist.http.get(f"/bookings/{booking['id']}")) == cancelled | {"specialist_name": None}


def test_cancelling_twice_answers_the_same(specialist: Person, ann: Person) -> None:
    booking = ann.booked(specialist.open_slot())
    first = good(ann.cancel(booking["id"]))
    assert good(ann.cancel(booking["id"])) == first


def test_a_booking_moves_to_another_slot_and_keeps_its_id(specialist: Person, ann: Person, ben: Person) -> None:
    old, new = specialist.open_slot(), specialist.open_slot()
    booking = ann.booked(old)

    moved = good(ann.reschedule(booking["id"], new))

    assert (moved["id"], moved["slot_id"], moved["status"]) == (booking["id"], new, "confirmed")
    assert good(ann.http.get(f"/bookings/{booking['id']}")) == moved | {"specialist_name": None}
    refused(ben.book(new), 409, "Slot already booked")
    ben.booked(old)


def test_what_cannot_be_rescheduled(specialist: Person, ann: Person, ben: Person, people: People) -> None:
    slot, taken, free = specialist.open_slot(), specialist.open_slot(), specialist.open_slot()
    booking = ann.booked(slot)
    ben.booked(taken)
    other = people.new("specialist").open_slot()

    refused(ann.reschedule(booking["id"], taken), 409, "Slot already booked")
    refused(ann.reschedule(booking["id"], other), 409, "New slot must belong to the same specialist")
    refused(ann.reschedule(booking["id"], "slt_nothing"), 404, "Slot not found")
    ann.cancel(booking["id"])
    refused(ann.reschedule(booking["id"], free), 409, "Only confirmed bookings can be rescheduled")


def test_slots_that_cannot_be_opened_or_deleted(specialist: Person, ann: Person, people: People) -> None:
    start = specialist.free_time()
    slot = specialist.open_slot(start)
    again = specialist.http.post("/specialists/me/slots", json=times(start, start + SLOT_LENGTH))
    refused(again, 409, "Time slot overlaps with existing slot")
    refused(people.new("specialist").http.delete(f"/specialists/me/slots/{slot}"), 404, "Slot not found")
    booking = ann.booked(slot)
    refused(specialist.http.delete(f"/specialists/me/slots/{slot}"), 409, "Booked slot cannot be deleted")
    ann.cancel(booking["id"])
    assert specialist.http.delete(f"/specialists/me/slots/{slot}").status_code == 204
    refused(ann.book(slot), 404, "Slot not found")


def test_a_days_availability_follows_its_bookings(people: People, ann: Person) -> None:
    specialist = people.new("specialist")
    first, second = specialist.open_slot(), specialist.open_slot()
    ann.booked(second)
    day = good(ann.http.get(f"/specialists/{specialist.specialist_id}/slots"))[0]["start_at"][:10]

    answer = ann.http.get(f"/specialists/{specialist.specialist_id}/availability", params={"date_from": day, "days": 2})

    today, tomorrow = good(answer)
    assert today == {"date": day, "total_slots": 2, "free_slots": 1, "booked_slots": 1}
    assert (tomorrow["total_slots"], tomorrow["free_slots"], tomorrow["booked_slots"]) == (0, 0, 0)
    assert first != second


def _registered_and_logged_in(people: People, role: str) -> Person:
    email = unused_email()
    http = people.caller()
    user = good(http.post("/auth/register", json=credentials(email, role=role)), 201)
    assert user == {
        "id": user["id"],
        "email": email,
        "role": role,
        "is_active": True,
        "created_at": user["created_at"],
        **dict.fromkeys(("display_name", "phone", "time_zone")),
        "locale": "en",
        "email_verified": False,
    }
    session = good(http.post("/auth/login", json=credentials(email.upper())))
    assert (session["token_type"], session["expires_in"]) == ("bearer", 900)
    http.headers["Authorization"] = f"Bearer {session['access_token']}"
    assert good(http.get("/users/me")) == user
    return Person(user["id"], email, session["access_token"], session["refresh_token"], http)


def _half_an_hour() -> dict[str, str]:
    start = next(free_times())
    return times(start, start + SLOT_LENGTH)
