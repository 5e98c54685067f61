"""The alarms of infra/monitoring.yaml, evaluated: troubled metrics set each of them off, calm ones none.

LocalStack evaluates an alarm when it is made, so the metrics of the last half hour are there before. They are in
namespaces of the test's own, since some alarms look at the whole account, where other tests leave metrics, too.
LocalStack knows no percentiles: `slow-answers` stays without a state.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

from infra.settings import ROOT, template
from tests.e2e.sweeps import eventually

MONITORING = "infra/monitoring.yaml"
AWS_NAMESPACES = "AWS/"
NOT_EVALUATED = "slow-answers"
EVERY = timedelta(seconds=15)
POINTS = 120
MOST_AT_ONCE = 500

TROUBLED = {
    "5XXError": 1,
    "Errors": 1,
    "ApproximateNumberOfMessagesVisible": 1,
    "IteratorAge": 601_000,
    "ApproximateAgeOfOldestMessage": 1_801,
    "Reputation.BounceRate": 0.05,
    "Throttles": 1,
    "WriteThrottleEvents": 1,
    "expiry_lag_seconds": 1_801,
    "lapse_lag_seconds": 1_801,
    "reminder_lag_seconds": 1_801,
    "sweeps_unfinished": 1,
}
"""What each metric is all the time; nobody dispatches the sweeps."""
CALM = {
    "5XXError": 0,
    "Errors": 0,
    "ApproximateNumberOfMessagesVisible": 0,
    "Invocations": 1,
    "IteratorAge": 2_000,
    "ApproximateAgeOfOldestMessage": 60,
    "Reputation.BounceRate": 0.0,
    "Throttles": 0,
    "WriteThrottleEvents": 0,
    "expiry_lag_seconds": 300,
    "lapse_lag_seconds": 300,
    "reminder_lag_seconds": 600,
    "sweeps_unfinished": 0,
}


def test_trouble_sets_every_alarm_off(localstack: Any) -> None:
    with alarms_over(localstack, TROUBLED) as states:
        assert set(states.values()) == {"ALARM"}, states


def test_a_calm_stack_sets_none_off(localstack: Any) -> None:
    with alarms_over(localstack, CALM) as states:
        assert set(states.values()) == {"OK"}, states


@contextmanager
def alarms_over(localstack: Any, values: Mapping[str, float]) -> Iterator[dict[str, str]]:
    """The states of the alarms of a stack of their own, over metrics that have had these values for half an hour."""
    watched = f"watched-{secrets.token_hex(4)}"
    body = (ROOT / MONITORING).read_text().replace(AWS_NAMESPACES, f"{watched}/")
    content = template(MONITORING)
    parameters = {name: about.get("Default", f"{watched}-{name}") for name, about in content["Parameters"].items()}
    parameters |= {"WatchedStack": watched, "ExpirySweepMinutes": "5", "ReminderSweepMinutes": "10"}
    parameters |= {"SweepLateSeconds": "1800", "ReleaseErrorsPerMinute": "2"}
    alarms = [block["Properties"] for block in content["Resources"].values() if block["Type"].endswith("::Alarm")]
    report(localstack.client("cloudwatch"), watched, alarms, parameters, values)

    cloudformation = localstack.client("cloudformation")
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    cloudformation.create_stack(StackName=watched, TemplateBody=body, Parameters=given)
    try:
        cloudformation.get_waiter("stack_create_complete").wait(StackName=watched, WaiterConfig={"Delay": 1})
        yield eventually(lambda: evaluated(localstack.client("cloudwatch"), watched))
    finally:
        cloudformation.delete_stack(StackName=watched)


def report(
    cloudwatch: Any,
    watched: str,
    alarms: list[Mapping[str, Any]],
    parameters: Mapping[str, str],
    values: Mapping[str, float],
) -> None:
    """Puts the metrics that the alarms look at, with their dimensions; those of an account have none."""
    moments = [datetime.now(UTC) - number * EVERY for number in range(POINTS)]
    looked_at = {
        (alarm["Namespace"], alarm["MetricName"], dimension_names(alarm)): alarm.get("Dimensions", [])
        for alarm in alarms
    }
    for (namespace, metric, _), dimensions in looked_at.items():
        if metric in values:
            resolved = [{"Name": each["Name"], "Value": parameters[each["Value"]]} for each in dimensions]
            data = [
                {"MetricName": metric, "Dimensions": resolved, "Timestamp": moment, "Value": values[metric]}
                for moment in moments
            ]
            of_its_own = parameters.get(namespace, namespace).replace(AWS_NAMESPACES, f"{watched}/")
            for some in batched(data, MOST_AT_ONCE, strict=False):
                cloudwatch.put_metric_data(Namespace=of_its_own, MetricData=list(some))


def dimension_names(alarm: Mapping[str, Any]) -> tuple[str, ...]:
    """Which parameters stand in the alarm's dimensions."""
    return tuple(each["Value"] for each in alarm.get("Dimensions", []))


def evaluated(cloudwatch: Any, watched: str) -> dict[str, str] | None:
    """The states by alarm once all that can be are evaluated."""
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=watched)["MetricAlarms"]
    states = {alarm["AlarmName"].removeprefix(f"{watched}-"): alarm["StateValue"] for alarm in alarms}
    assert states.pop(NOT_EVALUATED) == "INSUFFICIENT_DATA", "LocalStack knows percentiles now: let it be tested, too"
    return states if "INSUFFICIENT_DATA" not in states.values() else None
