"""Each check on histories and tables made by hand: what is right passes, what is wrong is named."""

import shlex
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.cli import CommandError
from infra.settings import ROOT
from tests.consistency.erasure import spell_out
from tests.consistency.faults import seconds
from tests.consistency.history import FOREVER, History, Kind
from tests.consistency.invariants import INVARIANTS, shortest, violations
from tests.consistency.report import MOST_LINES, summary
from tests.consistency.run import Run, how_to_judge_again, keep, read_again
from tests.consistency.stories import END, NOW, START, TIMES, Story, at, booking, day, ended, name_of, slot
from tests.consistency.tables import StoredBooking, StoredDay, StoredEntry, StoredMention, StoredSlot


def held(**about: Any) -> StoredSlot:
    return slot(booking="b", client="ann", **about)


def good_story() -> Story:
    """A booking, a waiter who is promoted, and everything that was refused on the way."""
    story = Story(
        slots=[slot(booking="p", client="ben", waiters=1), slot("t", start=END, end=END + timedelta(hours=1))],
        bookings=[ended(), booking("p", client="ben", created_at=at(80), from_wait_list=True)],
        entries=[StoredEntry("s", "cleo", at(60.5))],
    )
    story.tell(Kind.OPEN, "usr_1", 201, slot="s", times=TIMES)
    story.tell(Kind.OPEN, "usr_1", 409, times=TIMES, reason="slot_overlaps")
    story.tell(Kind.BOOK, "ann", 201, slot="s", booking="b")
    story.tell(Kind.READ, "ann", 200, booking="b")
    story.tell(Kind.BOOK, "ben", 409, slot="s", reason="slot_already_booked")
    story.tell(Kind.JOIN, "ben", 201, slot="s")
    story.tell(Kind.JOIN, "cleo", 201, slot="s")
    story.tell(Kind.DELETE, "usr_1", 409, slot="s", reason="slot_booked")
    story.tell(Kind.CANCEL, "ann", 200, slot="s", booking="b")
    story.tell(Kind.OPEN, "usr_1", 201, slot="t", times=("2026-01-11T00:30:00Z", "2026-01-11T01:30:00Z"))
    return story


def test_a_good_story_has_no_violations() -> None:
    assert good_story().broken() == set()


STORED: dict[str, tuple[str, Story]] = {
    "two confirmed bookings": ("at most one", Story([held()], [booking(), booking("c", client="ben")])),
    "slot held by nobody": ("slot and booking agree", Story([held()])),
    "slot held by an ended booking": ("slot and booking agree", Story([held()], [ended()])),
    "slot held for another client": ("slot and booking agree", Story([held()], [booking(client="ben")])),
    "booking without its slot": ("slot and booking agree", Story([slot()], [booking()])),
    "booking of a slot that is gone": ("slot and booking agree", Story([], [booking()])),
    "half a holder": ("slot and booking agree", Story([slot(client="ann")])),
    "confirmed and ended": ("are over", Story([held()], [booking(cancelled_at=at(1))])),
    "ended, with a timer": ("are over", Story([slot()], [ended(has_timer=True)])),
    "overlap": ("no two slots", Story([slot(), slot("t", start=START + timedelta(minutes=29))])),
    "day without the slot": ("day records", Story([slot()], days=[])),
    "day with a slot too many": ("day records", Story([], days=[day(slot())])),
    "waiting for a free slot": (
        "waits for a free slot",
        Story([slot(waiters=1)], entries=[StoredEntry("s", "ben", at(0))]),
    ),
    "waiters counted wrongly": ("waits for a free slot", Story([held(waiters=2)], [booking()])),
    "waiting for what it holds": (
        "waits for a free slot",
        Story([held(waiters=1)], [booking()], [StoredEntry("s", "ann", at(0))]),
    ),
    "waiting for nothing": ("waits for a free slot", Story(entries=[StoredEntry("s", "ben", at(0))])),
}


@pytest.mark.parametrize("case", STORED)
def test_what_is_stored_wrongly_is_found(case: str) -> None:
    part, story = STORED[case]
    assert name_of(part) in story.broken()


def test_a_started_slot_has_no_line_to_count() -> None:
    past = slot(start=NOW - timedelta(hours=1), end=NOW, waiters=0)
    days = [StoredDay("spc_1", "2025-12-31", frozenset({(past.start, past.end)}))]
    assert Story([past], entries=[StoredEntry("s", "ben", at(0))], days=days).broken() == set()


def lost_booking(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 201, slot="s", booking="x")


def booking_of_somebody_else(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 201, slot="s", booking="p")


def undone_cancellation(story: Story) -> None:
    story.tell(Kind.CANCEL, "ben", 200, slot="s", booking="p")


def uncalled_for_cancellation(story: Story) -> None:
    story.history = story.history.where(lambda operation: operation.kind is not Kind.CANCEL)


def move_that_did_not_last(story: Story) -> None:
    story.tell(Kind.RESCHEDULE, "ann", 200, slot="t", booking="b", start=NOW.timestamp() + 35)


def lost_slot(story: Story) -> None:
    story.tell(Kind.OPEN, "usr_1", 201, slot="x", times=("2026-01-12T00:00:00Z", "2026-01-12T00:30:00Z"))


def undone_deletion(story: Story) -> None:
    story.tell(Kind.DELETE, "usr_1", 204, slot="t")


def lost_place_in_line(story: Story) -> None:
    story.tell(Kind.JOIN, "dan", 201, slot="s")


def place_in_line_not_given_up(story: Story) -> None:
    story.tell(Kind.LEAVE, "cleo", 204, slot="s")


def different_answers(story: Story) -> None:
    for answer in ("b", "p"):
        story.tell(Kind.BOOK, "ann", 201, slot="s", booking=answer, key="k", body={"id": answer})


def unasked_booking(story: Story) -> None:
    story.bookings.append(ended("x", client="ann"))


def doubled_booking(story: Story) -> None:
    story.tell(Kind.BOOK, "ann", None, slot="t", end=FOREVER)
    story.bookings += [ended("x", slot="t"), ended("y", slot="t")]


def unread_booking(story: Story) -> None:
    story.tell(Kind.READ, "ann", 404, booking="b")


def failure(story: Story) -> None:
    story.functions_were_killed = True
    story.tell(Kind.BOOK, "ann", 500, slot="t", reason="internal_error")


def failure_out_of_shape(story: Story) -> None:
    story.tell(Kind.BOOK, "ann", 502, slot="t")


def refused_free_slot(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 409, slot="t", reason="slot_already_booked")


def refused_own_booking(story: Story) -> None:
    """Only its own booking, of which the client was not told, can have stood in the way."""
    story.tell(Kind.BOOK, "dan", 404, slot="s", reason="slot_not_found")


def refused_as_started(story: Story) -> None:
    story.tell(Kind.BOOK, "dan", 409, slot="s", reason="slot_started")


def refused_to_wait_for_a_booked_slot(story: Story) -> None:
    story.tell(Kind.JOIN, "dan", 409, slot="s", reason="slot_available", start=NOW.timestamp() + 30)


def refused_as_waiting(story: Story) -> None:
    story.tell(Kind.JOIN, "dan", 409, slot="s", reason="already_waiting")


def refused_as_holder(story: Story) -> None:
    story.tell(Kind.JOIN, "dan", 409, slot="s", reason="already_booked_by_client")


def refused_to_leave(story: Story) -> None:
    story.tell(Kind.LEAVE, "cleo", 404, slot="s", reason="wait_list_entry_not_found")


def refused_to_open(story: Story) -> None:
    times = ("2026-01-12T00:00:00Z", "2026-01-12T00:30:00Z")
    story.tell(Kind.OPEN, "usr_1", 409, times=times, reason="slot_overlaps")


def refused_as_past(story: Story) -> None:
    times = ("2026-01-12T00:00:00Z", "2026-01-12T00:30:00Z")
    story.tell(Kind.OPEN, "usr_1", 422, times=times, reason="validation_error")


def refused_to_move(story: Story) -> None:
    story.tell(Kind.RESCHEDULE, "ben", 409, slot="t", booking="p", reason="booking_not_confirmed")


def refused_as_other_specialist(story: Story) -> None:
    story.tell(Kind.RESCHEDULE, "ben", 409, slot="t", booking="p", reason="other_specialist")


def refused_key(story: Story) -> None:
    story.tell(Kind.BOOK, "ben", 409, slot="t", key="k", reason="idempotency_key_reused")


def held_twice(story: Story) -> None:
    story.bookings.append(ended("x", client="dan"))
    story.tell(Kind.BOOK, "dan", 201, slot="s", booking="x", start=NOW.timestamp() + 50)
    story.tell(Kind.CANCEL, "dan", 200, slot="s", booking="x", start=NOW.timestamp() + 60)


def promoted_out_of_order(story: Story) -> None:
    """Cleo joins before Ben, and Ben is promoted."""
    for operation in story.history.of(Kind.JOIN):
        operation.actor = {"ben": "cleo", "cleo": "ben"}[operation.actor]


TOLD: dict[Callable[[Story], None], str] = {
    lost_booking: "acknowledged bookings",
    booking_of_somebody_else: "acknowledged bookings",
    undone_cancellation: "acknowledged cancellations",
    uncalled_for_cancellation: "acknowledged bookings",
    move_that_did_not_last: "acknowledged bookings",
    lost_slot: "acknowledged slots",
    undone_deletion: "acknowledged slots",
    lost_place_in_line: "acknowledged places",
    place_in_line_not_given_up: "acknowledged places",
    different_answers: "repeats",
    unasked_booking: "nothing doubled",
    doubled_booking: "nothing doubled",
    unread_booking: "what was written",
    failure: "no answer but",
    failure_out_of_shape: "no answer but",
    refused_free_slot: "had a cause",
    refused_own_booking: "had a cause",
    refused_as_started: "had a cause",
    refused_to_wait_for_a_booked_slot: "had a cause",
    refused_as_waiting: "had a cause",
    refused_as_holder: "had a cause",
    refused_to_leave: "had a cause",
    refused_to_open: "had a cause",
    refused_as_past: "had a cause",
    refused_to_move: "had a cause",
    refused_as_other_specialist: "had a cause",
    refused_key: "had a cause",
    held_twice: "held twice",
    promoted_out_of_order: "moved in order",
}


@pytest.mark.parametrize("go_wrong", TOLD, ids=lambda function: function.__name__)
def test_what_clients_were_told_wrongly_is_found(go_wrong: Callable[[Story], None]) -> None:
    story = good_story()
    go_wrong(story)
    assert name_of(TOLD[go_wrong]) in story.broken()


UNANSWERED: dict[str, tuple[Kind, dict[str, Any]]] = {
    "booking": (Kind.BOOK, {"slot": "t"}),
    "cancellation": (Kind.CANCEL, {"slot": "s", "booking": "p"}),
    "move": (Kind.RESCHEDULE, {"slot": "t", "booking": "p"}),
    "join": (Kind.JOIN, {"slot": "s"}),
    "leave": (Kind.LEAVE, {"slot": "s"}),
    "deletion": (Kind.DELETE, {"slot": "t"}),
    "slot": (Kind.OPEN, {"times": TIMES}),
}


@pytest.mark.parametrize("status", [None, 502, 503, 504])
@pytest.mark.parametrize("case", UNANSWERED)
def test_what_was_not_answered_may_have_happened_or_not(case: str, status: int | None) -> None:
    kind, about = UNANSWERED[case]
    story = good_story()
    story.tell(kind, "cleo", status, **about)
    story.functions_were_killed = True
    assert story.broken() == set()


def test_an_unanswered_booking_explains_what_is_stored_and_refused() -> None:
    story = good_story()
    story.slots[1] = slot("t", start=END, end=END + timedelta(hours=1), booking="x", client="dan")
    story.bookings.append(booking("x", slot="t", client="dan", created_at=at(100)))
    story.tell(Kind.BOOK, "dan", None, slot="t", key="k")
    story.tell(Kind.BOOK, "ann", 409, slot="t", reason="slot_already_booked")
    assert story.broken() == set()


def test_a_promotion_that_was_moved_on_explains_why_its_first_slot_was_refused() -> None:
    story = good_story()
    story.slots = [slot(waiters=0), replace(story.slots[1], booking="p", client="ben")]
    story.bookings[1] = booking("p", slot="t", client="ben", created_at=at(80), moves=1, from_wait_list=True)
    story.entries = []
    story.tell(Kind.BOOK, "dan", 409, slot="s", reason="slot_already_booked", start=NOW.timestamp() + 82)
    story.tell(Kind.LEAVE, "cleo", 204, slot="s")
    story.tell(Kind.RESCHEDULE, "ben", 200, slot="t", booking="p", start=NOW.timestamp() + 110)
    assert story.broken() == set()


def handed_over_to_ben_twice(story: Story, first_join: int | None) -> None:
    """Ben joins, his answer may be lost; he is promoted, cancels and joins again, now behind Cleo."""
    story.slots = [slot(booking="q", client="ann", waiters=2)]
    story.bookings = [
        ended(),
        ended("p", client="ben", created_at=at(30), from_wait_list=True),
        booking("q", created_at=at(50)),
    ]
    story.entries = [StoredEntry("s", "cleo", at(20.5)), StoredEntry("s", "ben", at(60.5))]
    story.history = History()
    story.tell(Kind.BOOK, "ann", 201, slot="s", booking="b")
    story.tell(Kind.JOIN, "ben", first_join, slot="s", start=NOW.timestamp() + 5)
    story.tell(Kind.JOIN, "cleo", 201, slot="s", start=NOW.timestamp() + 20)
    story.tell(Kind.CANCEL, "ann", 200, slot="s", booking="b", start=NOW.timestamp() + 30)
    story.tell(Kind.CANCEL, "ben", 200, slot="s", booking="p", start=NOW.timestamp() + 40)
    story.tell(Kind.BOOK, "ann", 201, slot="s", booking="q", start=NOW.timestamp() + 50)
    story.tell(Kind.JOIN, "ben", 201, slot="s", start=NOW.timestamp() + 60)


@pytest.mark.parametrize("first_join", [201, None, 503, 504])
def test_a_promotion_may_come_of_a_join_whose_answer_was_lost(first_join: int | None) -> None:
    story = Story()
    handed_over_to_ben_twice(story, first_join)
    assert name_of("moved in order") not in story.broken()


def test_a_promotion_that_began_before_the_later_join_does_not_come_of_it() -> None:
    story = Story()
    handed_over_to_ben_twice(story, 201)
    story.history.operations[1].actor = "dan"  # then nobody but Cleo was in line, and Ben was promoted
    story.history.operations[-1].start = NOW.timestamp() + 25
    story.history.operations[-1].body = {"id": "w", "created_at": at(25.5).isoformat()}
    story.history.operations[-1].end = NOW.timestamp() + 26
    assert name_of("moved in order") in story.broken()


@pytest.mark.parametrize("since", [Kind.JOIN, Kind.LEAVE])
def test_a_lost_join_that_was_over_long_before_does_not_explain_a_promotion(since: Kind) -> None:
    """Ben's first place is given up for sure, and his second is behind Cleo's."""
    story = good_story()
    story.bookings[1] = replace(story.bookings[1], created_at=at(380))
    story.history = History()
    story.tell(Kind.BOOK, "ann", 201, slot="s", booking="b")
    story.tell(Kind.JOIN, "ben", None, slot="s")
    story.tell(since, "ben", 201, slot="s", start=NOW.timestamp() + 280)
    story.tell(Kind.JOIN, "cleo", 201, slot="s", start=NOW.timestamp() + 275)
    story.tell(Kind.JOIN, "ben", 201, slot="s", start=NOW.timestamp() + 300)
    story.tell(Kind.CANCEL, "ann", 200, slot="s", booking="b", start=NOW.timestamp() + 380)
    assert name_of("moved in order") in story.broken()


@pytest.mark.parametrize("status", [None, 502, 504])
def test_a_leave_without_an_answer_may_take_a_place_that_was_joined_later(status: int | None) -> None:
    story = good_story()
    promoted_out_of_order(story)
    story.tell(Kind.LEAVE, "cleo", status, slot="s", start=NOW.timestamp() + 30)
    assert name_of("moved in order") not in story.broken()


def test_a_slow_request_may_promote_after_the_other_has_left() -> None:
    """The promotion is dated by the request's beginning; its client gave up, and the other left meanwhile."""
    story = good_story()
    promoted_out_of_order(story)
    (cancel,) = story.history.of(Kind.CANCEL)
    cancel.status = None
    cancel.end = cancel.start - 0.1 + 0.2
    story.tell(Kind.LEAVE, "cleo", 204, slot="s", start=cancel.start + 5)
    assert name_of("moved in order") not in story.broken()


def test_a_promotion_that_nobody_has_joined_for_is_unasked() -> None:
    """A booking whose answer was lost explains a booking, not a promotion."""
    story = good_story()
    story.tell(Kind.BOOK, "dan", None, slot="t")
    story.bookings.append(ended("x", client="dan", slot="t", from_wait_list=True))
    assert name_of("nothing doubled") in story.broken()


def test_the_shortest_history_of_a_wrong_order_is_two_joins() -> None:
    story = good_story()
    promoted_out_of_order(story)
    for number in range(200):
        story.tell(Kind.READ, "ann", 200, slot="s", booking=f"r{number}")
    evidence = story.evidence()
    (violation,) = [found for found in violations(evidence) if "moved in order" in found.invariant]
    assert [str(operation.kind) for operation in shortest(evidence, violation)] == ["join", "join"]


def test_evidence_is_bounded() -> None:
    story = Story([held()], [booking(), *(booking(f"c{number}", client="ben") for number in range(40))])
    for number in range(40):
        story.tell(Kind.CANCEL, "ben", None, slot="s", booking=f"c{number}")
    evidence = story.evidence()
    found = [violation for violation in violations(evidence) if "at most one" in violation.invariant]
    lines = summary(Run(evidence, 10.0), found).split("VIOLATION")[1].splitlines()
    assert f"  … {40 - MOST_LINES} before" in lines
    assert len(lines) <= 2 * (MOST_LINES + 1) + 3


def test_a_run_that_was_kept_is_judged_alike(tmp_path: Path) -> None:
    story = good_story()
    held_twice(story)
    story.tell(Kind.BOOK, "ann", None, slot="t", end=FOREVER)
    run = Run(story.evidence(), 10.0, {"function killed": 3})

    keep(run, tmp_path / "runs" / "run.json")
    again = read_again(tmp_path / "runs" / "run.json")

    assert again == run
    assert violations(again.evidence) == violations(run.evidence) != []


def test_the_command_that_a_run_prints_needs_no_python_of_the_users_own(tmp_path: Path) -> None:
    command = how_to_judge_again(tmp_path / "a run.json")
    made = subprocess.run(["bash", "-c", f"{command} --dry-run"], cwd=ROOT, capture_output=True, check=True, text=True)
    (started,) = [line for line in made.stdout.replace("\\\n", "").splitlines() if "tests.consistency" in line]
    python, _, module, *options = shlex.split(started)
    assert (python, module) == (".venv/bin/python", "tests.consistency")
    assert options[-2:] == ["--check", str(tmp_path / "a run.json")]


@pytest.mark.parametrize("content", [None, "", "{}", "[1]"])
def test_what_is_no_run_is_a_mistake(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "run.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandError, match=r"run\.json is no run that was kept"):
        read_again(file)


def test_the_shortest_history_is_what_shows_the_violation() -> None:
    story = good_story()
    held_twice(story)
    evidence = story.evidence()
    (violation,) = [found for found in violations(evidence) if "held twice" in found.invariant]
    assert [str(operation.kind) for operation in shortest(evidence, violation)] == ["book", "book"]


def test_the_report_names_everything() -> None:
    story = good_story()
    failure(story)
    evidence = story.evidence()
    told = summary(Run(evidence, 10.0, {"function killed": 3}), violations(evidence))
    assert "1 violations" in told
    assert "3 x function killed" in told
    assert "VIOLATION of no answer but success" in told
    assert all(name in told for name in INVARIANTS)


@pytest.mark.parametrize(("age", "expected"), [("00:07", 7), ("01:02:03", 3723), ("2-00:00:01", 172_801)])
def test_the_age_of_a_process_is_read(age: str, expected: int) -> None:
    assert seconds(age) == expected


def held_until(second: float, **about: Any) -> StoredBooking:
    return booking(**{"status": "held", "hold_expires_at": at(second), **about})


def lapsed(**about: Any) -> StoredBooking:
    return held_until(60, **{"status": "expired", "cancelled_at": at(70), "has_timer": False, **about})


def a_hold(story: Story) -> Story:
    story.tell(Kind.OPEN, "usr_1", 201, slot="s", times=TIMES)
    story.tell(Kind.BOOK, "ann", 201, slot="s", booking="b", hold_seconds=60)
    return story


def test_a_hold_that_is_confirmed_lapses_or_is_open_breaks_nothing() -> None:
    confirmed, over = a_hold(Story([held()], [booking()])), a_hold(Story([slot()], [lapsed()]))
    confirmed.tell(Kind.CONFIRM, "ann", 200, slot="s", booking="b")
    over.tell(Kind.CONFIRM, "ann", 409, slot="s", booking="b", reason="hold_ended", start=at(65).timestamp())
    over.tell(Kind.CANCEL, "ann", 409, slot="s", booking="b", reason="booking_expired", start=at(75).timestamp())
    open_one = a_hold(Story([held()], [held_until(100)]))
    open_one.tell(Kind.RESCHEDULE, "ann", 409, slot="t", booking="b", reason="booking_not_confirmed")

    assert [story.broken() for story in (confirmed, over, open_one)] == [set()] * 3


def test_what_a_hold_has_left_can_be_had_by_somebody_else_after_its_end_only() -> None:
    bookings = [lapsed(), booking("c", client="ben", created_at=at(80))]
    right, wrong = (a_hold(Story([slot(booking="c", client="ben")], list(bookings))) for _ in range(2))
    right.tell(Kind.BOOK, "ben", 201, slot="s", booking="c", start=at(80).timestamp())
    wrong.tell(Kind.BOOK, "ben", 201, slot="s", booking="c", start=at(40).timestamp())

    assert right.broken() == set()
    assert name_of("no slot was held twice") in wrong.broken()


@pytest.mark.parametrize(
    ("part", "stored"),
    [
        ("15 a hold ends in time", lapsed(cancelled_at=at(59))),
        ("15 a hold ends in time", held_until(-200)),
        ("15 a hold ends in time", held_until(60, status="confirmed")),
        ("15 confirmations stick", booking()),
    ],
)
def test_a_hold_that_ends_wrongly_is_found(part: str, stored: StoredBooking) -> None:
    story = a_hold(Story([held() if stored.is_open else slot()], [stored]))

    assert name_of(part) in story.broken()


def test_a_confirmation_that_did_not_last_is_found() -> None:
    story = a_hold(Story([slot()], [lapsed()]))
    story.tell(Kind.CONFIRM, "ann", 200, slot="s", booking="b")

    assert name_of("15 confirmations stick") in story.broken()


def test_a_confirmation_that_is_refused_before_the_end_is_found() -> None:
    story = a_hold(Story([held()], [held_until(600)]))
    story.tell(Kind.CONFIRM, "ann", 409, slot="s", booking="b", reason="hold_ended")

    assert name_of("every refusal had a cause") in story.broken()


def test_holds_are_counted() -> None:
    story = Story()
    for number in range(6):
        story.tell(Kind.BOOK, "ann", 201, slot=f"s{number}", booking=f"b{number}", hold_seconds=600)
    story.tell(Kind.BOOK, "ben", 409, slot="s9", reason="too_many_open_holds", hold_seconds=600)
    story.bookings = [held_until(600, id=f"b{number}", slot=f"s{number}") for number in range(6)]

    assert {name_of("15 nobody holds too many"), name_of("every refusal had a cause")} <= story.broken()


def guests_held(**about: Any) -> StoredBooking:
    return held_until(1800, client="gst_1", guest="gst_1", **about)


def a_guest(stored: StoredBooking) -> Story:
    story = Story([slot(booking="b", client=stored.client) if stored.is_open else slot()], [stored])
    story.tell(Kind.OPEN, "usr_1", 201, slot="s", times=TIMES)
    story.tell(Kind.BOOK, "gst_1", 201, slot="s", booking="b", hold_seconds=1800)
    return story


def test_a_guests_booking_is_held_confirmed_and_taken_over() -> None:
    taken_over = a_guest(booking(client="ann", guest="gst_1"))
    taken_over.tell(Kind.CONFIRM, "gst_1", 200, slot="s", booking="b")
    taken_over.tell(Kind.INTRUDE, "gst_1", 403, booking="c", reason="not_enough_permissions")
    taken_over.tell(Kind.ATTEND, "usr_1", 409, booking="b", reason="slot_not_started")

    assert [story.broken() for story in (a_guest(guests_held()), taken_over)] == [set()] * 2


@pytest.mark.parametrize(
    ("part", "stored"),
    [
        ("17 guests keep their links", booking(client="ann")),
        ("acknowledged bookings", booking(client="ann", guest="gst_2")),
        ("15 attendance is said", booking(client="gst_1", guest="gst_1", attendance="attended")),
        (
            "15 attendance is said",
            ended(client="gst_1", guest="gst_1", attendance="no_show", start=NOW - timedelta(hours=1)),
        ),
    ],
)
def test_a_guests_booking_that_is_stored_wrongly_is_found(part: str, stored: StoredBooking) -> None:
    assert name_of(part) in a_guest(stored).broken()


def test_a_link_that_opens_another_booking_is_found() -> None:
    story = a_guest(guests_held())
    story.tell(Kind.INTRUDE, "gst_1", 200, booking="c")

    assert story.broken() == {name_of("17 a link opens one booking")}


def test_a_link_that_opens_its_own_booking_no_more_is_found() -> None:
    story = a_guest(guests_held())
    story.tell(Kind.CONFIRM, "gst_1", 403, slot="s", booking="b", reason="not_enough_permissions")

    assert story.broken() == {name_of("had a cause")}


def test_a_guest_holds_two_at_most() -> None:
    story = Story(bookings=[guests_held(id=f"b{number}", slot=f"s{number}") for number in range(3)])

    assert name_of("15 nobody holds too many") in story.broken()


def erasure(*bookings: StoredBooking, **about: Any) -> Story:
    """Ann has booked and waits for another slot; then she is erased, and Ben is promoted."""
    story = Story([slot(booking="p", client="ben")], list(bookings), **about)
    story.tell(Kind.OPEN, "usr_1", 201, slot="s", times=TIMES)
    story.tell(Kind.BOOK, "ann", 201, slot="s", booking="b")
    story.tell(Kind.JOIN, "ben", 201, slot="s")
    story.tell(Kind.ERASE, "ann", 204, wanted={"email": "a@example.com", "name": "Person a", "guest": "gst_1"})
    evidence = story.evidence()
    spell_out(story.history, evidence.tables)
    return story


PROMOTED = booking("p", client="ben", created_at=at(30), from_wait_list=True)


def test_an_erasure_cancels_and_the_first_in_line_is_promoted() -> None:
    assert erasure(ended(), PROMOTED).broken() == set()


def test_what_an_erasure_leaves_behind_is_found() -> None:
    for story in (
        erasure(booking(slot="t"), PROMOTED),
        erasure(ended(), PROMOTED, entries=[StoredEntry("s", "ann", at(1))]),
        erasure(ended(), PROMOTED, mentions=[StoredMention("a@example.com", "Bookings")]),
        erasure(ended(), PROMOTED, mentions=[StoredMention("Person a", "Bookings")]),
    ):
        assert name_of("18 erasure erases") in story.broken()


def test_a_guest_who_books_with_an_erased_address_is_somebody_anew() -> None:
    story = erasure(ended(), PROMOTED, mentions=[StoredMention("a@example.com", "Bookings")])
    story.tell(Kind.BOOK, "gst_1", None, slot="s")

    assert story.broken() == set()


BEGAN = NOW - timedelta(hours=1)


def an_appointment(stored: StoredBooking) -> Story:
    """Ann's has begun an hour ago, and its specialist says that she has come."""
    past = slot(start=BEGAN, end=NOW, booking="b" if stored.is_open else None, client="ann" if stored.is_open else None)
    days = [StoredDay("spc_1", "2025-12-31", frozenset({(past.start, past.end)}))]
    story = Story([past], [stored], days=days)
    times = (f"{past.start:%Y-%m-%dT%H:%M:%SZ}", f"{past.end:%Y-%m-%dT%H:%M:%SZ}")
    story.tell(Kind.OPEN, "usr_1", 201, slot="s", times=times, start=BEGAN.timestamp() - 20)
    story.tell(Kind.BOOK, "ann", 201, slot="s", booking="b", start=BEGAN.timestamp() - 10)
    said = {"attendance": "attended"}
    story.tell(Kind.ATTEND, "usr_1", 200, booking="b", wanted=said, start=BEGAN.timestamp() + 10)
    return story


def of_this_moment(**about: Any) -> StoredBooking:
    return booking(**{"start": BEGAN, "end": NOW, "attendance": "attended", **about})


def expired(**about: Any) -> StoredBooking:
    return of_this_moment(**{"status": "expired", "cancelled_at": BEGAN, "has_timer": False, **about})


def cancelled(**about: Any) -> StoredBooking:
    return expired(**{"status": "cancelled", "attendance": None, **about})


def test_what_is_said_of_an_appointment_stays_until_it_is_taken_back_or_cancelled() -> None:
    stays, over = an_appointment(of_this_moment()), an_appointment(expired())
    over.tell(Kind.CANCEL, "usr_1", 409, slot="s", booking="b", reason="booking_expired")
    begun = {"times": ("2025-12-31T23:59:50Z", "2025-12-31T23:59:51Z"), "start": NOW.timestamp() - 9}
    over.tell(Kind.OPEN, "usr_1", 422, reason="validation_error", **begun)
    over.tell(Kind.RESCHEDULE, "ann", 409, slot="t", booking="b", reason="slot_started")
    taken_back = an_appointment(expired(attendance=None))
    taken_back.tell(Kind.ATTEND, "usr_1", 200, booking="b", wanted={"attendance": None})
    called_off = an_appointment(cancelled())
    called_off.tell(Kind.CANCEL, "usr_1", 200, slot="s", booking="b")
    called_off.tell(Kind.ATTEND, "usr_1", 409, booking="b", wanted={"attendance": None}, reason="no_attendance")
    unanswered = an_appointment(of_this_moment(attendance="no_show"))
    unanswered.tell(Kind.ATTEND, "usr_1", None, booking="b", wanted={"attendance": "no_show"}, end=FOREVER)

    assert [story.broken() for story in (stays, over, taken_back, called_off, unanswered)] == [set()] * 5


@pytest.mark.parametrize(
    ("stored", "since"),
    [
        (of_this_moment(attendance=None), None),
        (of_this_moment(attendance="no_show"), None),
        (of_this_moment(), (Kind.ATTEND, {"wanted": {"attendance": None}})),
        (cancelled(attendance="attended"), (Kind.CANCEL, {"slot": "s"})),
    ],
    ids=["forgotten", "never said", "not taken back", "kept when cancelled"],
)
def test_attendance_that_is_not_as_it_was_said_is_found(
    stored: StoredBooking, since: tuple[Kind, dict[str, Any]] | None
) -> None:
    story = an_appointment(stored)
    if since:
        kind, about = since
        story.tell(kind, "usr_1", 200, booking="b", **about)

    assert name_of("15 attendance is as it was said") in story.broken()


def test_attendance_that_was_said_too_early_is_found() -> None:
    story = an_appointment(of_this_moment())
    for operation in story.history.of(Kind.ATTEND):
        operation.start, operation.end = BEGAN.timestamp() - 5, BEGAN.timestamp() - 4

    assert name_of("15 attendance is said") in story.broken()


def test_attendance_that_is_refused_as_too_early_is_found() -> None:
    story = an_appointment(of_this_moment())
    story.tell(Kind.ATTEND, "usr_1", 409, booking="b", wanted={"attendance": None}, reason="slot_not_started")

    assert story.broken() == {name_of("had a cause")}


def test_who_gives_up_what_it_has_taken_over_leaves_its_line() -> None:
    story = Story([slot(waiters=0)], [ended(client="ann", guest="gst_1")])
    story.tell(Kind.OPEN, "usr_1", 201, slot="s", times=TIMES)
    story.tell(Kind.BOOK, "gst_1", 201, slot="s", booking="b")
    story.tell(Kind.JOIN, "ann", 201, slot="s")
    story.tell(Kind.CANCEL, "gst_1", 200, slot="s", booking="b")
    assert story.broken() == {name_of("acknowledged places")}

    spell_out(story.history, story.evidence().tables)

    assert story.broken() == set()


def test_who_gives_up_what_it_has_taken_over_keeps_its_place_in_other_lines() -> None:
    story = Story([slot(waiters=0), slot("t", waiters=0)], [ended(client="ann", guest="gst_1")])
    story.tell(Kind.BOOK, "gst_1", 201, slot="s", booking="b")
    story.tell(Kind.JOIN, "ann", 201, slot="t")
    story.tell(Kind.CANCEL, "gst_1", 200, slot="s", booking="b")

    spell_out(story.history, story.evidence().tables)

    assert name_of("acknowledged places") in story.broken()
