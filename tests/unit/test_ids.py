"""Ids: one spelling each, and nothing but what we made is taken for one."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.caller import SPECIALIST_PREFIX, USER_PREFIX, Caller, Role, specialist_id_of, user_id_of
from booking.runtime.ids import RANDOM_BYTES, decode_id, encode_id, is_id, new_id
from booking.slots.ids import SLOT_ID_BYTES, EntryId, SlotId

STARTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # zone given
LENGTHS = st.timedeltas(timedelta(microseconds=1), timedelta(hours=24))
PAYLOADS = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)
URL_SAFE = set(string.ascii_letters + string.digits + "-_")


@given(PAYLOADS)
def test_an_id_carries_its_payload(payload: bytes) -> None:
    text = encode_id("usr", payload)

    assert decode_id("usr", text, RANDOM_BYTES) == payload
    assert is_id("usr", text)
    assert set(text) <= URL_SAFE


@given(PAYLOADS, st.characters())
def test_an_id_has_one_spelling(payload: bytes, other: str) -> None:
    text = encode_id("usr", payload)

    for place in range(len(text)):
        changed = text[:place] + other + text[place + 1 :]
        decoded = decode_id("usr", changed, RANDOM_BYTES)
        assert changed == text or decoded != payload
        assert decoded is None or encode_id("usr", decoded) == changed


@given(st.text())
def test_no_text_breaks_the_check(text: str) -> None:
    assert is_id("usr", text) is (decode_id("usr", text, RANDOM_BYTES) is not None)


@pytest.mark.parametrize("text", ["", "usr", "usr_", "usr_=", "slt_" + "A" * 22, "usr_" + "A" * 23, "usr_" + "é" * 22])
def test_what_we_never_make_is_no_id(text: str) -> None:
    assert not is_id("usr", text)


def test_ids_differ_and_are_at_most_100_characters_long() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    slot = SlotId.new(new_id(SPECIALIST_PREFIX), now, now + timedelta(hours=24))
    made = {new_id("usr"), new_id("usr"), slot.text, EntryId(slot, new_id(USER_PREFIX)).text}

    assert len(made) == 4
    assert max(map(len, made)) <= 100


@given(PAYLOADS, STARTS, LENGTHS)
def test_a_slots_id_says_whose_it_is_and_when(payload: bytes, start_at: datetime, length: timedelta) -> None:
    slot = SlotId.new(encode_id(SPECIALIST_PREFIX, payload), start_at, start_at + length)

    assert SlotId.parse(slot.text) == slot
    assert len(slot.text) <= 100


def test_an_id_that_was_handed_out_once_is_read_for_ever() -> None:
    slot = SlotId.parse("slt_AAECAwQFBgcICQoLDA0ODwAGvsEAGwQAANaTpABLl80")

    assert slot is not None
    assert slot.specialist_id == "spc_AAECAwQFBgcICQoLDA0ODw"
    assert (slot.start_at, slot.end_at) == (datetime(2030, 3, 1, 9, tzinfo=UTC), datetime(2030, 3, 1, 10, tzinfo=UTC))


def test_a_slot_that_is_opened_again_has_another_id() -> None:
    specialist, now = new_id(SPECIALIST_PREFIX), datetime(2030, 1, 1, tzinfo=UTC)

    texts = {SlotId.new(specialist, now, now + timedelta(hours=1)).text for _ in range(3)}

    assert len(texts) == 3


@given(st.sampled_from(SLOT_ID_BYTES).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_an_id_that_somebody_made_up_says_something_or_nothing(payload: bytes) -> None:
    text = encode_id("slt", payload)

    slot = SlotId.parse(text)

    assert slot is None or (slot.text == text and slot.start_at < slot.end_at <= slot.start_at + timedelta(hours=24))


@pytest.mark.parametrize("length", [timedelta(0), timedelta(hours=24, microseconds=1)])
def test_an_id_of_a_slot_that_nobody_can_open_is_none(length: timedelta) -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    slot = SlotId.new(new_id(SPECIALIST_PREFIX), now, now + length)

    assert SlotId.parse(slot.text) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_parsing_of_slot_and_entry_ids(text: str) -> None:
    for candidate in (text, f"slt_{text}", f"wle_{text}"):
        slot, entry = SlotId.parse(candidate), EntryId.parse(candidate)
        assert slot is None or slot.text == candidate
        assert entry is None or entry.text == candidate


def test_what_is_no_specialists_id_makes_no_slot() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)

    with pytest.raises(ValueError, match="not a specialist's id"):
        SlotId.new("usr_x", now, now + timedelta(hours=1))


@given(PAYLOADS, PAYLOADS, STARTS, LENGTHS)
def test_an_entrys_id_says_which_slot_and_who(
    specialist: bytes, client: bytes, start_at: datetime, length: timedelta
) -> None:
    slot = SlotId.new(encode_id(SPECIALIST_PREFIX, specialist), start_at, start_at + length)
    entry = EntryId(slot, encode_id(USER_PREFIX, client))

    assert EntryId.parse(entry.text) == entry


@given(
    st.sampled_from(SLOT_ID_BYTES).flatmap(
        lambda size: st.binary(min_size=size + RANDOM_BYTES, max_size=size + RANDOM_BYTES)
    )
)
def test_an_entrys_id_that_somebody_made_up_says_something_or_nothing(payload: bytes) -> None:
    text = encode_id("wle", payload)

    entry = EntryId.parse(text)

    assert entry is None or entry.text == text


@given(PAYLOADS)
def test_users_and_their_profiles_name_each_other(payload: bytes) -> None:
    user_id = encode_id(USER_PREFIX, payload)

    assert is_id(SPECIALIST_PREFIX, specialist_id_of(user_id))
    assert user_id_of(specialist_id_of(user_id)) == user_id
    assert Caller(user_id, Role.SPECIALIST, "s@example.com").specialist_id == specialist_id_of(user_id)
