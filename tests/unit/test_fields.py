"""What fields of bodies and queries accept."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from booking.api.bodies.email import KnownEmail, NewEmail
from booking.api.bodies.fields import Day, Description, DisplayName, Instant, Price, RequestBody, TimeZoneName, Title
from booking.api.bodies.specialists import ServiceBody
from booking.specialists.rules import Service


def accepted(field: Any, value: object) -> Any:
    return TypeAdapter(field).validate_python(value)


def refused(field: Any, value: object) -> str:
    """What a refusal says; never the input."""
    with pytest.raises(ValidationError) as failure:
        TypeAdapter(field).validate_python(value)
    return "; ".join(problem["msg"] for problem in failure.value.errors())


class TestInstants:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2030-03-01T09:00:00Z", datetime(2030, 3, 1, 9, tzinfo=UTC)),
            ("2030-03-01T09:00:00.5z", datetime(2030, 3, 1, 9, 0, 0, 500_000, UTC)),
            ("2030-03-01T09:00:00+02:00", datetime(2030, 3, 1, 7, tzinfo=UTC)),
            ("2030-03-01 09:00:00-23:59", datetime(2030, 3, 2, 8, 59, tzinfo=UTC)),
        ],
    )
    def test_are_read_in_any_zone_and_kept_in_utc(self, text: str, expected: datetime) -> None:
        instant = accepted(Instant, text)

        assert instant == expected
        assert instant.tzinfo is UTC

    def test_without_an_offset_are_told_so(self) -> None:
        assert "timezone" in refused(Instant, "2030-03-01T09:00:00")

    @pytest.mark.parametrize(
        "value", ["", "now", "2030-03-01", "1893456000", "1893456000.5", 1893456000, 1.5, True, None, []]
    )
    def test_are_nothing_else(self, value: object) -> None:
        assert "RFC 3339" in refused(Instant, value)

    @pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
    def test_out_of_the_calendar_are_refused(self, text: str) -> None:
        assert "out of range" in refused(Instant, text)


class TestDays:
    def test_are_dates(self) -> None:
        assert accepted(Day, "2030-02-28") == date(2030, 2, 28)

    def test_lie_in_two_centuries(self) -> None:
        assert [accepted(Day, day).isoformat() for day in ("2000-01-01", "2199-12-31")] == ["2000-01-01", "2199-12-31"]

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "2030-02-30",
            "1893456000",
            1893456000,
            "2030-02-28T00:00:00",
            "30-02-28",
            "1999-12-31",
            "2200-01-01",
            None,
        ],
    )
    def test_are_nothing_else(self, value: object) -> None:
        refused(Day, value)


class TestPrices:
    @pytest.mark.parametrize(("value", "expected"), [("25", "25.00"), (25, "25.00"), ("0.01", "0.01"), (19.9, "19.90")])
    def test_are_written_with_two_places(self, value: object, expected: str) -> None:
        price = accepted(Price, value)

        now = datetime(2030, 1, 1, tzinfo=UTC)
        service = Service(
            id="s",
            specialist_id="p",
            title="Cut",
            description=None,
            duration_minutes=5,
            buffer_before_minutes=0,
            buffer_after_minutes=0,
            price=price,
            currency="EUR",
            is_active=True,
            created_at=now,
        )
        body = ServiceBody.model_validate(service, from_attributes=True)
        assert body.model_dump(mode="json")["price"] == expected

    def test_are_exact(self) -> None:
        assert accepted(Price, "12345678.91") == Decimal("12345678.91")

    @pytest.mark.parametrize(
        "value", [0, "0.00", -1, "0.001", "123456789.00", "NaN", "Infinity", "-Infinity", "1e9", True, None, ""]
    )
    def test_are_nothing_else(self, value: object) -> None:
        refused(Price, value)


class TestTexts:
    @pytest.mark.parametrize("field", [Title, Description, DisplayName])
    def test_lose_their_outer_blanks(self, field: Any) -> None:
        assert accepted(field, "  Ann's \n") == "Ann's"

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            (Title, "a"),
            (Title, "  a  "),
            (Title, "x" * 121),
            (DisplayName, ""),
            (DisplayName, "   "),
            (DisplayName, "x" * 121),
            (Description, "x" * 501),
        ],
    )
    def test_of_the_wrong_length_are_refused(self, field: Any, text: str) -> None:
        refused(field, text)

    @pytest.mark.parametrize("field", [Title, Description, DisplayName])
    @given(code=st.integers(0, 31).filter(lambda code: chr(code) not in "\t\n\r"))
    def test_with_control_characters_are_refused(self, field: Any, code: int) -> None:
        assert refused(field, f"ab{chr(code)}cd") == "Text must not contain control characters"

    @pytest.mark.parametrize("field", [Title, Description, DisplayName])
    def test_with_lone_surrogates_are_refused(self, field: Any) -> None:
        refused(field, "ab\ud800cd")


class TestAddresses:
    @pytest.mark.parametrize("field", [NewEmail, KnownEmail])
    def test_are_kept_in_the_form_in_which_they_are_compared(self, field: Any) -> None:
        assert accepted(field, "Ann@EXAMPLE.com") == "ann@example.com"
        assert accepted(field, "Ann@MÜNCHEN.example") == "ann@münchen.example"
        assert accepted(field, "Ann@xn--mnchen-3ya.example") == "ann@münchen.example"

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "a",
            "a@",
            "@b.com",
            "a@b",
            "a b@example.com",
            "a@example.com\x00",
            "a@exa\nmple.com",
            "x" * 250 + "@a.com",
            1,
            None,
        ],
    )
    def test_are_nothing_else(self, value: object) -> None:
        for field in (NewEmail, KnownEmail):
            said = refused(field, value)
            assert value in {"", "a", "@b.com", "a@", 1, None} or str(value) not in said

    @pytest.mark.parametrize(
        "address",
        [
            "ann@printer.local",
            "ann@somewhere.invalid",
            "ann@box.localhost",
            "ann@1.10.in-addr.arpa",
            "ann@xn--0.example",
        ],
    )
    def test_that_nobody_can_mail_to_are_refused(self, address: str) -> None:
        for field in (NewEmail, KnownEmail):
            refused(field, address)

    @pytest.mark.parametrize("address", ["анна@example.com", "ann@mail.test", f"{'a' * 65}@example.com"])
    def test_that_nobody_can_mail_to_are_refused_for_new_accounts_only(self, address: str) -> None:
        assert refused(NewEmail, address) == "Input should be a valid e-mail address"
        assert accepted(KnownEmail, address) == address

    def test_have_a_local_part_of_64_characters_at_most(self) -> None:
        assert accepted(NewEmail, f"{'a' * 64}@example.com")

    @given(st.text(max_size=40))
    def test_no_text_breaks_the_check(self, text: str) -> None:
        with suppress(ValidationError):
            assert "@" in accepted(NewEmail, text)


class TestTimeZones:
    @pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
    def test_are_iana_names(self, name: str) -> None:
        assert accepted(TimeZoneName, name) == name

    @pytest.mark.parametrize(
        "name", ["", "Mars/Base", "../etc/passwd", "/etc/passwd", "Europe", ".", "a\x00b", "x" * 65, "é", None]
    )
    def test_are_nothing_else(self, name: object) -> None:
        refused(TimeZoneName, name)

    @given(st.text(max_size=70))
    def test_no_text_breaks_the_check(self, text: str) -> None:
        with suppress(ValidationError):
            assert accepted(TimeZoneName, text) == text


class _Wanted(RequestBody):
    """A body with a field."""

    name: str = ""


def test_a_field_that_a_body_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        _Wanted.model_validate({"name": "Ann", "nmae": "Ann"})
