"""Whether what was measured keeps the budgets of budgets.toml."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUDGETS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("budgets.toml").read_text())
UNITS = ("calls", "write_units", "read_units")
PEAK_SIZE, PEAK_BOOKINGS = "large", 10_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure beside its budget."""

    what: str
    found: float
    budget: float

    @property
    def is_kept(self) -> bool:
        """Whether it is no more than may be spent."""
        return self.found <= self.budget

    def __str__(self) -> str:
        return f"{self.what}: {self.found:,g} of {self.budget:,g}{'' if self.is_kept else ', NOT KEPT'}"


def of_counts(operations: Sequence[Mapping[str, Any]], reads: Mapping[str, Any]) -> Iterator[Verdict]:
    """What is counted, the same on every machine."""
    for one in operations:
        for unit, budget in zip(UNITS, BUDGETS["operations"][one["operation"]], strict=True):
            yield Verdict(f"{one['operation']}, {unit.replace('_', ' ')}", one[unit], budget)
    for one in (*reads["sweeps"], *reads["pages"]):
        name = one.get("sweep") or one["list"]
        queries, beside = BUDGETS["reads"][name]
        about = f"{name} {one.get('page', 'sweep')} at {one['stored']:,} stored"
        yield Verdict(f"{about}, queries", one["queries"], queries)
        yield Verdict(f"{about}, items", one["items"], one.get("done", one.get("shown")) + beside)


def of_figures(figures: Mapping[str, Mapping[str, Any]]) -> list[Verdict]:
    """Everything that was measured, by subject; subjects that have not been measured yet are left out."""
    found: list[Verdict] = []
    if starts := figures.get("starts"):
        found += [Verdict(f"{one['what']}, ratio", round(one["ratio"], 2), one["budget"]) for one in starts["compared"]]
    if operations := figures.get("operations"):
        total = sum(million_bookings(operations["operations"]).values())
        found.append(Verdict("a million bookings, $", round(total, 2), BUDGETS["dollars"]["million_bookings"]))
        counts = of_counts(operations["operations"], figures["reads"])
        found.append(Verdict("counted units over theirs", sum(not count.is_kept for count in counts), 0))
    if at_rest := figures.get("at_rest"):
        found += [
            Verdict(
                f"a month at rest{' with monitoring' if monitored else ''}, $",
                round(month(at_rest["parts"], "list", monitored=monitored), 2),
                BUDGETS["dollars"]["month_at_rest_monitored" if monitored else "month_at_rest"],
            )
            for monitored in (False, True)
        ]
    for one in figures.get("lags", {}).get("days", ()):
        if (one["size"], one["bookings"]) == (PEAK_SIZE, PEAK_BOOKINGS):
            found += [
                Verdict(f"{lag} at {PEAK_BOOKINGS:,} bookings a day, s late", one[lag]["worst"], budget)
                for lag, budget in BUDGETS["lags"].items()
            ]
    if backlog := figures.get("backlog"):
        apart = round(abs(backlog["ratio"] - 1), 2)
        found.append(Verdict("simulation and stack, apart", apart, BUDGETS["backlog"]["disagreement"]))
    return found


def million_bookings(operations: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Dollars by part, without what is done for mail alone."""
    others = [one for one in operations if not one["is_mail"]]
    return {part: sum(one["per_booking"] * one["dollars"][part] for one in others) for part in others[0]["dollars"]}


def month(parts: Sequence[Mapping[str, Any]], price: str, *, monitored: bool) -> float:
    """Dollars of a stack at rest, by the list (`list`) or after what is free (`after_free`)."""
    return float(sum(part[price] for part in parts if monitored or not part["monitoring"]))
