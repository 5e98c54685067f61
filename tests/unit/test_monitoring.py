"""Holds infra/monitoring.yaml, template.yaml, docs/runbook.md and the Grafana dashboard together."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from booking.telemetry.metrics import BUSINESS, DURATION, LAGS, REQUESTS
from infra.settings import ROOT, template
from tests.localstack.test_alarms import CALM, TROUBLED
from tests.unit.template_model import GLOBALS, PARAMETERS, RESOURCES

MONITORING: Mapping[str, Any] = template("infra/monitoring.yaml")
NESTED = RESOURCES["MonitoringStack"]
ALARMS = {
    name: block["Properties"] for name, block in MONITORING["Resources"].items() if block["Type"].endswith("Alarm")
}
DASHBOARD: str = MONITORING["Resources"]["Dashboard"]["Properties"]["DashboardBody"][0]
STACK_WORDS = MONITORING["Resources"]["Dashboard"]["Properties"]["DashboardBody"][1]["StackWords"]
WIDGETS: list[dict[str, Any]] = json.loads(DASHBOARD)["widgets"]
OWN_METRICS = {*BUSINESS, *LAGS}
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


def test_its_log_queries_read_the_log_of_every_function() -> None:
    assert NESTED["Properties"]["Parameters"]["FunctionLogs"] == GLOBALS["LoggingConfig"]["LogGroup"]
    queries = [widget["properties"]["query"] for widget in WIDGETS if widget["type"] == "log"]
    assert len(queries) == 3
    assert all(query.startswith("SOURCE '${FunctionLogs}' | ") for query in queries)


def test_a_quoted_word_of_a_search_is_the_whole_name_of_a_metric_or_a_stack() -> None:
    """In quotes it must match exactly ("CloudWatch search expression syntax"): a part of a function's or a table's
    name finds nothing. Without quotes, its words are looked for among the words of names.
    """
    searches = re.findall(r"SEARCH\('\{(.+?)\} (.+?)', '", "".join(expressions()))
    assert len(searches) == 5
    for schema, words in searches:
        assert '"' not in re.sub(r'(MetricName|service)="[^"]+"', "", words)
        assert ("${StackWords}" in words) == schema.startswith("AWS/")
    assert STACK_WORDS == [" ", ["-", "WatchedStack"]]


def test_what_monitoring_costs_whatever_the_traffic_is_five_dollars_a_month_at_most() -> None:
    """List prices: $0.10 for an alarm on one metric, $3 for a dashboard. What else it reads is not told at rest."""
    dashboards = [block for block in MONITORING["Resources"].values() if block["Type"].endswith("Dashboard")]
    assert 0.10 * len(ALARMS) + 3 * len(dashboards) <= 5
    assert all("MetricName" in alarm for alarm in ALARMS.values())  # one that computes costs for each metric in it


def test_a_stack_that_nobody_monitors_has_no_metrics_of_its_own() -> None:
    assert GLOBALS["Environment"]["Variables"]["POWERTOOLS_METRICS_DISABLED"] == ["IsMonitored", "false", "true"]


def test_every_alarm_that_localstack_can_evaluate_is_tried_there_in_trouble_and_in_calm() -> None:
    metrics = {alarm["MetricName"] for alarm in ALARMS.values()} - {"Latency"}  # it knows no percentiles
    assert CALM.keys() == metrics
    assert TROUBLED.keys() == metrics - {"Invocations"}  # their absence is the trouble


def test_throttled_functions_and_bounces_have_an_alarm() -> None:
    """Throttles without a dimension are those of all functions of the account, which share its concurrency; the bounce
    rate of an account is told without dimensions ("Creating reputation monitoring alarms using CloudWatch", SES), and
    an account is put under review at 5 %.
    """
    assert "Dimensions" not in ALARMS["FunctionsThrottled"]
    assert "Dimensions" not in ALARMS["MailBounces"]
    assert float(ALARMS["MailBounces"]["Threshold"]) < 0.05
    assert MONITORING["Resources"]["MailBounces"]["Condition"] == "SendsMail"


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
    for alarm in (alarm for alarm in ALARMS.values() if alarm["MetricName"] in LAGS):
        # A dispatch that finds nothing due says nothing: silence is calm, one late dispatch of the last three is not.
        assert (alarm["TreatMissingData"], int(alarm["DatapointsToAlarm"])) == ("notBreaching", 1)
        assert int(alarm["Period"]) == 180
        assert str(alarm["EvaluationPeriods"]) in {"ExpirySweepMinutes", "ReminderSweepMinutes", "1"}
    intervals = (PARAMETERS[f"{sweep}SweepMinutes"]["Default"] for sweep in ("Expiry", "Reminder"))
    assert PARAMETERS["SweepLateSeconds"]["Default"] >= 3 * 60 * max(map(int, intervals))


def test_the_dashboard_is_json_and_asks_for_metrics_that_exist() -> None:
    own = re.findall(r'MetricsNamespace\}", "(\w+)", "service", "\$\{ServiceName\}"', DASHBOARD)
    assert len(own) == DASHBOARD.count("${MetricsNamespace}")
    assert set(LAGS) <= set(own) <= OWN_METRICS
    used = set(re.findall(r"\$\{(\w+)\}", DASHBOARD))
    assert used <= {*MONITORING["Parameters"], "StackWords"}
    assert {widget["y"] + widget["height"] for widget in WIDGETS} == {6, 12, 18, 24, 30, 36}


def test_the_grafana_dashboard_asks_for_metrics_that_are_exposed() -> None:
    exposed = {*(f"{name}_total" for name in BUSINESS), REQUESTS, f"{DURATION}_bucket", f"{DURATION}_count"}
    expressions = [target["expr"] for panel in GRAFANA["panels"] for target in panel["targets"]]
    asked = {name for text in expressions for name in re.findall(r"([a-z_]+)(?:\{[^}]*\})?\[", text)}
    assert asked
    assert asked <= exposed
    assert len({panel["id"] for panel in GRAFANA["panels"]}) == len(GRAFANA["panels"])


def expressions() -> list[str]:
    """The searches and computations of the dashboard's widgets."""
    shown = [metric[-1] for widget in WIDGETS for metric in widget["properties"].get("metrics", [])]
    return [about["expression"] for about in shown if isinstance(about, dict) and "expression" in about]
