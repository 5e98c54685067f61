"""The figures as plots: SVG files in docs/figures, the same for the same figures."""

from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench import figures
from tests.bench.verdicts import million_bookings

mpl.rcParams.update({"svg.hashsalt": "booking", "svg.fonttype": "none", "axes.grid": True, "grid.alpha": 0.3})
UNDATED = {"Date": None, "Creator": None, "Format": None, "Type": None}
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")
LAGS = ("expiry", "reminders", "events", "mail")


def draw(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Every plot whose figures there are."""
    for subject, name, plot in PLOTS:
        if subject in found:
            drawn = plot(found[subject])
            drawn.tight_layout()
            drawn.savefig(figures.FOLDER / f"{name}.svg", metadata=UNDATED)


def imports(found: Mapping[str, Any]) -> Figure:
    """What a cold start imports."""
    figure, axes = _one("ms of imports, CreateBooking", 3.6)
    _bars(axes, found["imports"])
    return figure


def operations(found: Mapping[str, Any]) -> Figure:
    """Calls and units of each operation."""
    figure, axes = _one("of one operation", 4.2)
    ones = list(reversed(found["operations"]))
    for place, unit in enumerate(("calls", "write_units", "read_units")):
        heights = [number + 0.27 * (1 - place) for number in range(len(ones))]
        axes.barh(heights, [one[unit] for one in ones], 0.25, label=unit.replace("_", " "), color=COLOURS[place])
    axes.set_yticks(range(len(ones)), [one["operation"] for one in ones])
    axes.legend()
    return figure


def cost(found: Mapping[str, Any]) -> Figure:
    """A million bookings by part."""
    figure, axes = _one("$ for a million bookings", 2.4)
    _bars(axes, million_bookings(found["operations"]))
    return figure


def reads(found: Mapping[str, Any]) -> Figure:
    """Items read by what is stored."""
    figure, axes = _one("bookings stored", 3.0)
    lines: dict[str, list[tuple[int, int]]] = {}
    for one in (*found["sweeps"], *found["pages"]):
        name = one.get("sweep") or f"{one['list']}, {one['page']}"
        lines.setdefault(name, []).append((one["stored"], one["items"]))
    for name, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xscale="log", ylim=(0, None), ylabel="items read")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def lags(found: Mapping[str, Any]) -> Figure:
    """The worst lag of each stage by bookings a day."""
    figure = Figure(figsize=(9, 6))
    for axes, stage in zip(figure.subplots(2, 2).flat, LAGS, strict=True):
        for colour, size in zip(COLOURS, found["sizes"], strict=False):
            days = [day for day in found["days"] if day["size"] == size["size"]]
            late = [max(0.1, day[stage]["worst"]) for day in days]
            axes.plot([day["bookings"] for day in days], late, marker="o", color=colour, label=size["size"])
        axes.set(title=stage, xscale="log", yscale="log", xlabel="bookings a day", ylabel="s late at most")
    axes.legend()
    return figure


def _one(label: str, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, height))
    axes = figure.subplots()
    axes.set_xlabel(label)
    return figure, axes


def _bars(axes: Axes, values: Mapping[str, float]) -> None:
    names = [*values][::-1]
    bars = axes.barh(names, [values[name] for name in names], color=COLOURS[0])
    axes.bar_label(bars, fmt="%.1f", padding=2)


PLOTS: tuple[tuple[str, str, Callable[[Mapping[str, Any]], Figure]], ...] = (
    ("starts", "imports", imports),
    ("operations", "operations", operations),
    ("operations", "cost", cost),
    ("reads", "reads", reads),
    ("lags", "lags", lags),
)
