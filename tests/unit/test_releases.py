"""Every change becomes a published version, and a gradual release is watched: read off what SAM makes of it all."""

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra import sam
from infra.cli import CommandError
from infra.operate import deploy
from infra.settings import ROOT
from tests.unit.template_model import PARAMETERS, functions

TOOLS_PYTHON = ROOT / ".venv-tools" / "bin" / "python"
ALARMS_OF_A_RELEASE = [
    "ReleaseErrorsAlarm",
    "SweepsFailAlarm",
    "PublishingFailsAlarm",
    "MailFailsAlarm",
    "ServerErrorsAlarm",
    "SlowAnswersAlarm",
]

type Resources = Mapping[str, Mapping[str, Any]]


@cache
def expanded(**parameters: str) -> Resources:
    """The resources that SAM makes of template.yaml with these parameters."""
    command = [TOOLS_PYTHON, Path(__file__).with_name("expand_sam.py"), ROOT / "template.yaml"]
    pairs = [f"{name}={value}" for name, value in parameters.items()]
    finished = subprocess.run([*command, *pairs], capture_output=True, check=True, text=True, timeout=60)
    resources: Resources = json.loads(finished.stdout)["Resources"]
    return resources


def of_type(resources: Resources, kind: str) -> dict[str, Mapping[str, Any]]:
    return {name: block for name, block in resources.items() if block["Type"] == kind}


def versions(resources: Resources) -> set[str]:
    """The logical ids of all published versions: CloudFormation publishes one anew when its id is new."""
    return set(of_type(resources, "AWS::Lambda::Version"))


def test_another_release_publishes_every_function_anew() -> None:
    before, after = versions(expanded(Release="one")), versions(expanded(Release="another"))
    assert len(before) == len(after) == len(functions())
    assert not before & after


@pytest.mark.parametrize("changed", ["template.yaml", "functions/ops/get_health.py", "layers/booking/Makefile"])
def test_a_release_names_code_and_layers_and_template(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("template.yaml", "functions", "layers"):
        source, copy = ROOT / name, tmp_path / name
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    monkeypatch.setattr(sam, "ROOT", tmp_path)
    before = sam.release({})
    with (tmp_path / changed).open("a") as file:
        file.write("# a change")
    assert sam.release({}) != before


def test_every_release_reaches_the_gateways_stage() -> None:
    """Left alone, SAM would deploy the API when its definition has changed, and not look at parameters' values."""
    before = of_type(expanded(Release="one"), "AWS::ApiGateway::Deployment")
    time.sleep(1.1)  # SAM names what it always deploys after the second
    after = of_type(expanded(Release="later"), "AWS::ApiGateway::Deployment")
    assert before.keys() != after.keys()


def test_a_release_names_also_the_values_of_parameters() -> None:
    """SAM itself does not see them: without this, functions would keep the old ones."""
    one, other = {"MailSender": "a@example.com"}, {"MailSender": "b@example.com"}
    assert sam.release(one) == sam.release(one | {"Release": "anything"})
    assert sam.release(one) != sam.release(other)


def test_callers_reach_functions_through_their_alias_only() -> None:
    resources = expanded()
    aliases = {
        block["Properties"]["FunctionName"]["Ref"] for block in of_type(resources, "AWS::Lambda::Alias").values()
    }
    assert aliases == {function.name for function in functions()}
    called = Counter(
        (kind, name.endswith("Aliaslive"))
        for kind in ("AWS::Lambda::Permission", "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping")
        for block in of_type(resources, kind).values()
        for name in called_by(block["Properties"])
    )
    routes, sweeps = sum(len(function.routes) for function in functions()), 3
    assert called == {
        ("AWS::Lambda::Permission", True): routes + sweeps,
        ("AWS::Events::Rule", True): sweeps,
        ("AWS::Lambda::EventSourceMapping", True): 3,
    }


def called_by(properties: Mapping[str, Any]) -> list[str]:
    """The functions or aliases that a permission, a rule or a mapping names."""
    if "Targets" in properties:
        return [target["Arn"]["Ref"] for target in properties["Targets"]]
    return [properties["FunctionName"]["Ref"]]


def test_at_once_needs_no_codedeploy() -> None:
    assert not [block for block in expanded().values() if "CodeDeploy" in block["Type"]]


@pytest.mark.parametrize("shifting", PARAMETERS["TrafficShifting"]["AllowedValues"][1:])
def test_a_gradual_release_of_every_function_is_taken_back_by_the_alarms(shifting: str) -> None:
    groups = of_type(expanded(TrafficShifting=shifting), "AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == len(functions())
    for group in groups.values():
        properties = group["Properties"]
        assert properties["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": shifting}
        assert "DEPLOYMENT_STOP_ON_ALARM" in properties["AutoRollbackConfiguration"]["Events"]
        condition, watched, _ = properties["AlarmConfiguration"]["Fn::If"]
        assert condition == "IsMonitored"
        alarms = [alarm["Name"]["Fn::GetAtt"] for alarm in watched["Alarms"]]
        assert alarms == [["MonitoringStack", f"Outputs.{name}"] for name in ALARMS_OF_A_RELEASE]


def test_a_stack_stays_well_under_the_number_of_resources_that_cloudformation_allows() -> None:
    """500 in one template ("CloudFormation quotas"); a gradual release of everything makes the most."""
    shifting = PARAMETERS["TrafficShifting"]["AllowedValues"][-1]
    assert len(expanded(TrafficShifting=shifting)) < 450


def test_the_accounts_logging_role_is_set_after_the_first_api_and_before_a_stage_writes_a_log() -> None:
    """A stage with an access log needs the role: "CloudWatch Logs role ARN must be set in account settings to enable
    logging". An account without any API refuses to be told the role (AWS::ApiGateway::Account). The role is set on a
    condition, which `DependsOn` cannot have (cfn-lint E3005): a reference inside `!If` orders as well.
    """
    resources = expanded()
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage")
    (account,) = of_type(resources, "AWS::ApiGateway::Account")
    (api,) = of_type(resources, "AWS::ApiGateway::RestApi")
    assert account in comes_after(resources, stage)
    assert api in comes_after(resources, account)
    condition, reference, _ = resources[stage]["Properties"]["Variables"]["gateway_log_role"]["Fn::If"]
    assert condition == resources[account]["Condition"] == resources["GatewayAccountRole"]["Condition"]
    assert reference == {"Ref": account}


def test_a_failed_first_deployment_leaves_no_logging_role_behind_and_a_deleted_stack_does() -> None:
    """`Retain` would keep what a rolled back creation had made (CloudFormation, "DeletionPolicy attribute")."""
    for name in ("GatewayAccount", "GatewayAccountRole"):
        assert expanded()[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert expanded()[name]["UpdateReplacePolicy"] == "Retain"


def comes_after(resources: Resources, name: str) -> set[str]:
    """What CloudFormation makes before this resource: what it refers to or depends on, and so on."""
    block = resources[name]
    depends_on = block.get("DependsOn", [])
    named = {*([depends_on] if isinstance(depends_on, str) else depends_on), *references(block["Properties"])}
    before = named & resources.keys()
    return before.union(*(comes_after(resources, other) for other in before))


def references(value: Any) -> set[str]:
    """The logical ids in `Ref` and `Fn::GetAtt`."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    if "Ref" in value:
        return {value["Ref"]}
    if "Fn::GetAtt" in value:
        return {value["Fn::GetAtt"][0]}
    return references([*value.values()])


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_environments_on_aws_release_gradually_and_are_monitored(environment: str) -> None:
    chosen = deploy.parameters(environment, [])
    assert chosen["TrafficShifting"] != "AllAtOnce"
    assert chosen["Environment"] == "prod" or chosen["Monitoring"] == "always"


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_environments_on_aws_run_on_the_processor_that_costs_less(environment: str) -> None:
    assert deploy.parameters(environment, [])["Architecture"] == "arm64"


def test_the_architecture_is_always_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left out, SAM would keep that of the last deployment, which the layer is perhaps not built for."""
    monkeypatch.setattr(sam, "deploy_options", lambda _environment: {})
    assert deploy.parameters("staging", [])["Architecture"] == "x86_64"


def test_a_parameter_of_the_command_line_replaces_the_one_of_samconfig() -> None:
    chosen = deploy.parameters("prod", ["Architecture=x86_64", "LogRetentionDays=90"])
    assert chosen["Architecture"] == "x86_64"
    assert chosen["LogRetentionDays"] == "90"


@pytest.mark.parametrize(
    ("word", "complaint"),
    [("Color=red", "no parameter Color"), ("arm64", "Name=value"), ("Architecture=arm", "one of x86_64, arm64")],
)
def test_a_parameter_that_does_not_exist_is_refused(word: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        deploy.parameters("staging", [word])


@pytest.mark.parametrize(("architecture", "wheels"), [("x86_64", "x86_64-"), ("arm64", "aarch64-")])
def test_the_layer_is_built_for_the_processor_of_the_functions(
    architecture: str, wheels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    platforms = []
    monkeypatch.setenv("LAYER_PLATFORM", "")
    monkeypatch.setattr(sam, "build", lambda _log: platforms.append(os.environ["LAYER_PLATFORM"]))
    chosen = deploy.parameters("staging", [f"Architecture={architecture}"])
    command = deploy.prepare("staging", chosen)
    assert platforms[0].startswith(wheels)
    assert f'Architecture="{architecture}"' in command
    assert f'Release="{sam.release(chosen)}"' in command
