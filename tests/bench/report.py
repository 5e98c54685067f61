"""Puts the figures of docs/figures into docs/performance.md and docs/scale.md: `python -m tests.bench.report`.

What stands between `<!-- figures: name -->` and `<!-- end -->` is written here; the rest of these pages is people's.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from infra.settings import ROOT
from tests.bench import cost as cost_of
from tests.bench import figures, plots
from tests.bench.verdicts import million_bookings, month, of_figures

PAGES = (ROOT / "docs" / "performance.md", ROOT / "docs" / "scale.md")
PLACE = re.compile(r"(?P<begin><!-- figures: (?P<name>\w+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)

type Figures = Mapping[str, Mapping[str, Any]]


def main() -> int:
    """Rewrites pages and plots, says which budgets are not kept; the status is 1 when one is not."""
    found = figures.all_kept()
    for page in PAGES:
        page.write_text(filled(page.read_text(), found))
    plots.draw(found)
    exceeded = [verdict for verdict in of_figures(found) if not verdict.is_kept]
    for verdict in exceeded:
        print(verdict)
    print(f"{len(exceeded)} budgets are not kept" if exceeded else "every budget is kept")
    return 1 if exceeded else 0


def filled(text: str, found: Figures) -> str:
    """A page with its figures."""
    return PLACE.sub(lambda place: f"{place['begin']}{TABLES[place['name']](found)}{place['end']}", text)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown; numbers stand to the right."""
    lines = [[str(cell) for cell in row] for row in rows]
    numbers = [all(re.match(r"[-$]?[\d.,]+", line[column]) for line in lines) for column in range(len(head))]
    rule = ["--:" if is_number else "---" for is_number in numbers]
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *lines))


def machines(found: Figures) -> str:
    """What they were measured on."""
    known = dict.fromkeys(about["machine"] for about in found.values())
    return f"Measured on: {'; '.join(known)}.\n"


def budgets(found: Figures) -> str:
    """Every budget beside its figure."""
    rows = [
        (verdict.what, f"{verdict.found:,g}", f"{verdict.budget:,g}", "yes" if verdict.is_kept else "**no**")
        for verdict in of_figures(found)
    ]
    return _table(("what", "figure", "budget", "kept"), rows)


def starts(found: Figures) -> str:
    """Ours beside the usual way."""
    rows = [
        (one["what"], f"{one['ours'] * 1000:,.1f}", f"{one['usual'] * 1000:,.1f}", f"{one['ratio']:.2f}")
        for one in found["starts"]["compared"]
    ]
    return _table(("what", "ours, ms", "the usual way, ms", "ratio"), rows)


def imports(found: Figures) -> str:
    """A cold start by package."""
    took = found["starts"]["imports"]
    return _table(("package", "ms"), [(package, f"{ms:.1f}") for package, ms in took.items()])


def operations(found: Figures) -> str:
    """Calls, units, time and dollars of each operation."""
    ones = found["operations"]["operations"]
    head = ("operation", "per booking", "calls", "write units", "read units", "CPU ms", "ms on Lambda", "$ per million")
    units = ("calls", "write_units", "read_units", "cpu_ms")
    rows = [
        (
            one["operation"],
            f"{one['per_booking']:g}",
            *(f"{one[unit]:.1f}" for unit in units),
            f"{one['lambda_ms']:.0f}",
            f"{sum(one['dollars'].values()):.2f}",
        )
        for one in ones
    ]
    return _table(head, rows)


def cost(found: Figures) -> str:
    """A million bookings by part; mail has its own line."""
    ones = found["operations"]["operations"]
    parts = sorted(million_bookings(ones).items(), key=lambda part: -part[1])
    mails = sum(one["per_booking"] * one["mails"] for one in ones)
    around_mail = sum(one["per_booking"] * sum(one["dollars"].values()) for one in ones if one["is_mail"])
    rows = [(part, f"{amount:.2f}") for part, amount in parts]
    rows.append(("**all, without mail**", f"{sum(amount for _, amount in parts):.2f}"))
    rows.append((f"{mails:.2f} mails a booking: SES", f"{mails * cost_of.MAIL * cost_of.MILLION:.2f}"))
    rows.append(("their queue and function", f"{around_mail:.2f}"))
    return _table(("part", "$ per million bookings"), rows)


def prices(_: Figures) -> str:
    """What the figures are multiplied by."""
    a_million = {
        "write units": cost_of.WRITE_UNIT,
        "read units": cost_of.READ_UNIT,
        "REST requests": cost_of.GATEWAY_REQUEST,
        "invocations": cost_of.INVOCATION,
        "GB-seconds": cost_of.GIGABYTE_SECOND,
        "kB of logs": cost_of.LOGGED_GIGABYTE / cost_of.MILLION,
        "events": cost_of.BUS_EVENT,
        "requests to queues": cost_of.QUEUE_REQUEST,
        "mails": cost_of.MAIL,
    }
    return _table(("a million", "$"), [(what, f"{price * cost_of.MILLION:.3f}") for what, price in a_million.items()])


def at_rest(found: Figures) -> str:
    """A month by part, with and without monitoring, by the list and after what is free."""
    parts = found["at_rest"]["parts"]
    rows = [
        (
            f"{part['part']}{', with monitoring' if part['monitoring'] else ''}",
            f"{part['amount']:,.2f}".removesuffix(".00"),
            f"{part['list']:.2f}",
            f"{part['after_free']:.2f}",
        )
        for part in parts
    ]
    for name, monitored in (("**without monitoring**", False), ("**with monitoring**", True)):
        sums = [f"{month(parts, price, monitored=monitored):.2f}" for price in ("list", "after_free")]
        rows.append((name, "", sums[0], sums[1]))
    return _table(("part", "a month", "list, $", "after what is always free, $"), rows)


def reads(found: Figures) -> str:
    """Items that sweeps and pages read, by what is stored."""
    about = found["reads"]
    names = [f"sweep `{one['sweep']}`, {one['done']} due" for one in about["sweeps"]]
    names += [f"`GET {one['list']}`, {one['page']} page of {one['shown']}" for one in about["pages"]]
    items: dict[str, list[str]] = {}
    for name, one in zip(names, (*about["sweeps"], *about["pages"]), strict=True):
        items.setdefault(name, [str(one["queries"])]).append(str(one["items"]))
    stored = dict.fromkeys(one["stored"] for one in about["sweeps"])
    return _table(
        ("what", "queries", *(f"items read, {number:,} stored" for number in stored)),
        [(name, *counts) for name, counts in items.items()],
    )


def sizes(found: Figures) -> str:
    """What the sizes of stacks mean."""
    ones = found["lags"]["sizes"]
    return _table(list(ones[0]), [list(one.values()) for one in ones])


def lags(found: Figures) -> str:
    """The worst lags by size and bookings a day."""
    rows = [
        (day["size"], f"{day['bookings']:,}", *(_seconds(day[stage]["worst"]) for stage in plots.LAGS))
        for day in found["lags"]["days"]
    ]
    return _table(("size", "bookings a day", *plots.LAGS), rows)


def _seconds(lag: float) -> str:
    """As people read it."""
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if lag >= 2 * seconds:
            return f"{lag / seconds:.1f} {unit}"
    return f"{lag:.1f} s"


def backlog(found: Figures) -> str:
    """The simulation beside a stack."""
    about = found["backlog"]
    rows = [
        ("bookings due at once", f"{about['bookings']:,}"),
        ("shards and workers", about["shards"]),
        ("one worker alone: ms for a booking, ms for a message", f"{about['per_item_ms']}, {about['per_message_ms']}"),
        ("what the machine's processors allow, bookings a second", about["at_most_per_second"]),
        ("the embedded stack did, bookings a second", about["measured_per_second"]),
        ("the simulation did, bookings a second", about["simulated_per_second"]),
        ("ratio", about["ratio"]),
    ]
    return _table(("", ""), rows)


TABLES: dict[str, Callable[[Figures], str]] = {
    table.__name__: table
    for table in (machines, budgets, starts, imports, operations, prices, cost, at_rest, reads, sizes, lags, backlog)
}

if __name__ == "__main__":
    sys.exit(main())
