"""What a stack costs by the month whatever its traffic, by its templates and by runs that find nothing to do."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.settings import template
from tests.unit.template_model import GLOBALS, PARAMETERS, RESOURCES, functions

HOURS = 730
MINUTES = HOURS * 60
POLLS_A_MINUTE = 15
"""Of a queue at rest: Lambda keeps five long polls of 20 seconds each."""

# List prices of us-east-1 by the month, and what of it is always free in an account, as published in 2025.
SECRET = 0.40
QUEUE_REQUEST, FREE_QUEUE_REQUESTS = 0.40e-6, 1_000_000
INVOCATION, FREE_INVOCATIONS = 0.20e-6, 1_000_000
METRIC, FREE_METRICS = 0.30, 10
ALARM, FREE_ALARMS = 0.10, 10
DASHBOARD, FREE_DASHBOARDS = 3.00, 3
FREE_GIGABYTE_SECONDS = 400_000
FREE_LOGGED_GIGABYTES = 5

RATE = re.compile(r"rate\((?:\$\{(?P<parameter>\w+)\}|(?P<minutes>\d+)) minutes?\)")


@dataclass(frozen=True, slots=True)
class Part:
    """Something that costs by the month: how much there is of it, a unit's price, and how much of it is always free."""

    name: str
    amount: float
    price: float
    free: float = 0.0
    is_monitoring: bool = False

    def figures(self) -> dict[str, Any]:
        """Dollars by the list, and those that are left where nothing else of the account uses what is free."""
        return {
            "part": self.name,
            "amount": round(self.amount, 3),
            "list": round(self.amount * self.price, 3),
            "after_free": round(max(0.0, self.amount - self.free) * self.price, 3),
            "monitoring": self.is_monitoring,
        }


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that a schedule starts, with which event, and how often a month."""

    function: str
    event: Mapping[str, Any]
    runs: float


@dataclass(frozen=True, slots=True)
class Idle:
    """What one run that finds nothing to do takes, with its schedule."""

    schedule: Schedule
    gigabyte_seconds: float
    read_units: float
    logged_bytes: float
    own_metrics: frozenset[str]


def schedules() -> Iterator[Schedule]:
    """All schedules of the template, by the defaults of their parameters."""
    for function in functions():
        for event in function.properties.get("Events", {}).values():
            if event["Type"] == "Schedule":
                about = event["Properties"]
                runs = MINUTES / _minutes(about["Schedule"])
                yield Schedule(function.name, json.loads(about.get("Input", "{}")), runs)


def _minutes(schedule: str | list[str]) -> int:
    """Of `rate(…)`, or of the last of what a condition chooses from."""
    found = RATE.fullmatch(schedule if isinstance(schedule, str) else schedule[-1])
    if found is None:
        raise ValueError(f"No rate: {schedule}")
    return int(found["minutes"] or PARAMETERS[found["parameter"]]["Default"])


def parts(idle: list[Idle], second: float, read_unit: float, logged_gigabyte: float) -> list[Part]:
    """The parts of a stack at rest; prices of what runs are those of work."""
    monitoring = template("infra/monitoring.yaml")["Resources"]
    runs = sum(run.schedule.runs for run in idle)
    return [
        Part("secrets", _number(RESOURCES, "AWS::SecretsManager::Secret"), SECRET),
        Part("polls of queues", _polled_queues() * POLLS_A_MINUTE * MINUTES, QUEUE_REQUEST, FREE_QUEUE_REQUESTS),
        Part("scheduled invocations", runs, INVOCATION, FREE_INVOCATIONS),
        Part("their GB-seconds", _sum(idle, "gigabyte_seconds"), second, FREE_GIGABYTE_SECONDS),
        Part("their read units", _sum(idle, "read_units"), read_unit),
        Part("their log, GB", _sum(idle, "logged_bytes") / 1e9, logged_gigabyte, FREE_LOGGED_GIGABYTES),
        Part("own metrics at rest", len(_metrics(idle)), METRIC, FREE_METRICS, _metrics_are_of_monitoring()),
        Part("alarms", _number(monitoring, "AWS::CloudWatch::Alarm"), ALARM, FREE_ALARMS, is_monitoring=True),
        Part(
            "dashboards",
            _number(monitoring, "AWS::CloudWatch::Dashboard"),
            DASHBOARD,
            FREE_DASHBOARDS,
            is_monitoring=True,
        ),
    ]


def _number(resources: Mapping[str, Any], kind: str) -> int:
    return sum(block["Type"] == kind for block in resources.values())


def _polled_queues() -> int:
    events = (function.properties.get("Events", {}).values() for function in functions())
    return sum(event["Type"] == "SQS" for of_function in events for event in of_function)


def _sum(idle: list[Idle], what: str) -> float:
    return float(sum(getattr(run, what) * run.schedule.runs for run in idle))


def _metrics(idle: list[Idle]) -> set[str]:
    return {metric for run in idle for metric in run.own_metrics}


def _metrics_are_of_monitoring() -> bool:
    """Whether functions tell CloudWatch of theirs only where the stack is monitored."""
    return "POWERTOOLS_METRICS_DISABLED" in GLOBALS["Environment"]["Variables"]
