"""Trying again while others write, within one budget of time."""

from types import SimpleNamespace

import pytest

from booking.dynamodb import contention
from booking.dynamodb.contention import CONTENTION_BUDGET_SECONDS, LONGEST_DELAY_SECONDS, retrying_contention
from booking.dynamodb.errors import Contended
from booking.errors import StoreUnavailable


class TestRetries:
    @pytest.fixture
    def waits(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        waited: list[float] = []
        clock = SimpleNamespace(sleep=waited.append, monotonic=lambda: sum(waited))
        monkeypatch.setattr(contention, "time", clock)
        return waited

    def test_an_attempt_that_succeeds_is_made_once(self, waits: list[float]) -> None:
        assert retrying_contention(lambda: "done") == "done"
        assert waits == []

    def test_attempts_end_when_their_time_is_used_up(self, waits: list[float]) -> None:
        attempts = []

        def attempt() -> None:
            attempts.append(1)
            raise Contended

        with pytest.raises(StoreUnavailable):
            retrying_contention(attempt)

        assert len(attempts) == len(waits) + 1
        assert CONTENTION_BUDGET_SECONDS - LONGEST_DELAY_SECONDS <= sum(waits) < CONTENTION_BUDGET_SECONDS

    def test_waits_get_longer_up_to_a_limit(self, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contention, "random", SimpleNamespace(uniform=lambda _shortest, longest: longest))

        with pytest.raises(StoreUnavailable):
            retrying_contention(self.contended)

        assert waits[:7] == pytest.approx([0.02, 0.04, 0.08, 0.16, 0.32, 0.4, 0.4])

    def contended(self) -> None:
        raise Contended

    def test_attempts_within_attempts_share_one_time(self, waits: list[float]) -> None:
        def inner() -> None:
            raise Contended

        def outer() -> None:
            waits.append(CONTENTION_BUDGET_SECONDS / 2)
            retrying_contention(inner)

        with pytest.raises(StoreUnavailable):
            retrying_contention(outer)

        assert sum(waits) < CONTENTION_BUDGET_SECONDS

    def test_the_time_starts_anew_with_the_next_operation(self, waits: list[float]) -> None:
        left = iter([Contended, Contended, None] * 2)

        def attempt() -> str:
            if refusal := next(left):
                waits.append(CONTENTION_BUDGET_SECONDS / 3)
                raise refusal
            return "done"

        assert [retrying_contention(attempt), retrying_contention(attempt)] == ["done", "done"]

    def test_other_errors_are_not_tried_again(self, waits: list[float]) -> None:
        with pytest.raises(ZeroDivisionError):
            retrying_contention(lambda: 1 / 0)

        assert waits == []
