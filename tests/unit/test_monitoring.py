"""Holds infra/monitoring.yaml, template.yaml, docs/runbook.md and the Grafana dashboard together."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from booking.platform.metrics import BUSINESS, DURATION, LAGS, REQUESTS
from infra.settings import ROOT, template
from tests.unit.template_model import GLOBALS, PARAMETERS, RESOURCES, functions

MONITORING: Mapping[str, Any] = template("infra/monitoring.yaml")
NESTED = RESOURCES["MonitoringStack"]
ALARMS = {
    name: block["Properties"] for name, block in MONITORING["Resources"].items() if block["Type"].endswith("Alarm")
}
OWN_METRICS = {*BUSINESS, *LAGS, REQUESTS, DURATION, "http_server_errors"}
SECTIONS = re.findall(r"^## (.+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
GRAFANA = json.loads((ROOT / "infra" / "grafana" / "booking-api.json").read_text())


def test_it_is_made_in_prod_only_unless_the_deployer_says_otherwise() -> None:
    assert NESTED["Condition"] == "IsMonitored"
    assert RESOURCES["MonitoringStack"]["Properties"]["TemplateURL"] == "infra/monitoring.yaml"


def test_it_gets_exactly_the_parameters_that_it_declares() -> None:
    assert NESTED["Properties"]["Parameters"].keys() == MONITORING["Parameters"].keys()


def test_it_reads_the_metrics_of_its_own_stack_only() -> None:
    variables = GLOBALS["Environment"]["Variables"]
    parameters = NESTED["Properties"]["Parameters"]
    assert parameters["ServiceName"] == variables["POWERTOOLS_SERVICE_NAME"] == "AWS::StackName"
    assert parameters["MetricsNamespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]


def test_its_log_queries_read_the_log_of_every_route() -> None:
    listed = NESTED["Properties"]["Parameters"]["LogSources"][1]
    assert listed == [f"{function.name}Logs" for function in functions() if function.routes]


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_leads_to_a_section_of_the_runbook_that_names_it(alarm: str) -> None:
    anchors = {section.lower().replace(" ", "-") for section in SECTIONS}
    description = ALARMS[alarm]["AlarmDescription"]
    assert description.rpartition("#")[2] in anchors
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    name = ALARMS[alarm]["AlarmName"].removeprefix("${WatchedStack}-")
    assert f"`{name}`" in runbook or name.startswith("throttled-writes-")
    tells = [] if description.endswith("#release-taken-back") else ["Alarms"]  # those are for CodeDeploy to look at
    assert ALARMS[alarm].get("AlarmActions", []) == ALARMS[alarm].get("OKActions", []) == tells


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_looks_back_one_day_at_most(alarm: str) -> None:
    """CloudWatch's limit; sweeps' periods are those of the longest interval that the parameters allow."""
    periods = ALARMS[alarm]["EvaluationPeriods"]
    if isinstance(periods, str) and not periods.isdecimal():
        periods = MONITORING["Parameters"][periods]["MaxValue"]
    assert int(ALARMS[alarm]["Period"]) * int(periods) <= 86_400


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_on_a_metric_of_our_own_watches_one_that_exists_in_its_own_stack(alarm: str) -> None:
    if ALARMS[alarm]["Namespace"] == "MetricsNamespace":
        assert ALARMS[alarm]["MetricName"] in OWN_METRICS
        assert ALARMS[alarm]["Dimensions"] == [{"Name": "service", "Value": "ServiceName"}]


def test_the_lag_of_each_sweep_has_an_alarm_that_leaves_time_for_three_intervals() -> None:
    assert {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Threshold"] == "SweepLateSeconds"} == set(LAGS)
    intervals = (PARAMETERS[f"{sweep}SweepMinutes"]["Default"] for sweep in ("Expiry", "Reminder"))
    assert PARAMETERS["SweepLateSeconds"]["Default"] >= 3 * 60 * max(map(int, intervals))


def test_the_dashboard_is_json_and_asks_for_metrics_that_exist() -> None:
    body = MONITORING["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    widgets = json.loads(body)["widgets"]
    own = set(re.findall(r'service\} MetricName=\\"(\w+)', body)) | set(
        re.findall(r'MetricsNamespace\}", "(\w+)', body)
    )
    assert set(LAGS) <= own <= OWN_METRICS
    used = set(re.findall(r"\$\{(\w+)\}", body))
    assert used <= MONITORING["Parameters"].keys()
    assert {widget["y"] + widget["height"] for widget in widgets} == {6, 12, 18, 24, 30, 36}


def test_the_grafana_dashboard_asks_for_metrics_that_are_exposed() -> None:
    exposed = {*(f"{name}_total" for name in BUSINESS), REQUESTS, f"{DURATION}_bucket", f"{DURATION}_count"}
    expressions = [target["expr"] for panel in GRAFANA["panels"] for target in panel["targets"]]
    asked = {name for text in expressions for name in re.findall(r"([a-z_]+)(?:\{[^}]*\})?\[", text)}
    assert asked
    assert asked <= exposed
    assert len({panel["id"] for panel in GRAFANA["panels"]}) == len(GRAFANA["panels"])
