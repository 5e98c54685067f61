"""What `make deploy` asks of AWS before it builds anything, and what it protects afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.cli import CommandError
from infra.operate import deploy
from infra.stack import DeployedStack


@dataclass(frozen=True)
class Aws(DeployedStack):
    """An account with that much concurrency, and with a stack in that state, if any."""

    name: str = "booking-api-staging"
    most: int = 1000
    unreserved: int = 1000
    status: str | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    protected: list[str] = field(default_factory=list)

    def client(self, service: str) -> Any:
        return self

    def get_account_settings(self) -> Any:
        limits = {"ConcurrentExecutions": self.most, "UnreservedConcurrentExecutions": self.unreserved}
        return {"AccountLimit": limits}

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - boto3's
        assert StackName == self.name
        if self.status is None:
            raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStacks")
        kept = [{"ParameterKey": name, "ParameterValue": value} for name, value in self.kept.items()]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": kept}]}

    def update_termination_protection(self, StackName: str, EnableTerminationProtection: bool) -> None:  # noqa: N803, FBT001 - boto3's
        assert EnableTerminationProtection
        self.protected.append(StackName)


@pytest.mark.parametrize("environment", ["default", "localstack", "production"])
def test_only_what_means_aws_is_deployed_there(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else samconfig.toml knows is an emulator's, and `sam` would deploy it to AWS all the same."""
    asked: list[str] = []
    monkeypatch.setattr(deploy, "check_account", lambda *_: asked.append("the account"))
    monkeypatch.setattr(deploy, "prepare", lambda *_: pytest.fail("It was built."))
    monkeypatch.setattr(deploy, "target", lambda _: Aws())
    with pytest.raises(CommandError, match="ENV=staging or ENV=prod"):
        deploy.deploy(environment, [], [])
    assert asked == []


TWELVE = {deploy.RESERVATION: "12"}
"""And three for the dispatcher: fifteen in all."""


def test_a_new_account_cannot_reserve_and_is_told_what_to_do() -> None:
    with pytest.raises(CommandError, match="runs 10 functions at once") as refusal:
        deploy.check_account(Aws(most=10, unreserved=10), TWELVE)
    assert f'PARAMETERS="{deploy.RESERVATION}=0"' in str(refusal.value)
    assert "Service Quotas" in str(refusal.value)


def test_a_new_account_without_a_reservation_is_told_that_it_has_little(capsys: pytest.CaptureFixture[str]) -> None:
    deploy.check_account(Aws(most=10, unreserved=10), {})
    assert "Note: this account runs 10 functions at once" in capsys.readouterr().out


@pytest.mark.parametrize(("unreserved", "is_enough"), [(114, False), (115, True)])
def test_the_last_hundred_stay_unreserved(unreserved: int, *, is_enough: bool) -> None:
    account = Aws(unreserved=unreserved)
    if is_enough:
        deploy.check_account(account, TWELVE)
        return
    with pytest.raises(CommandError, match="114 of them unreserved"):
        deploy.check_account(account, TWELVE)


def test_what_the_stack_has_reserved_already_is_not_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    has_it = Aws(unreserved=100, status="UPDATE_COMPLETE", kept=TWELVE)
    deploy.check_account(has_it, TWELVE)
    deploy.check_account(has_it, {})
    assert capsys.readouterr().out == ""
    with pytest.raises(CommandError):
        deploy.check_account(has_it, {deploy.RESERVATION: "13"})


def test_what_is_reserved_is_enough_for_all_workers() -> None:
    """Lambda advises to reserve no less than the mapping's maximum concurrency ("Configuring scaling behavior for SQS
    event source mappings"): what it cannot start counts as a failed try of the message.
    """
    had_one = Aws(status="UPDATE_COMPLETE", kept={deploy.RESERVATION: "1"})
    with pytest.raises(CommandError, match="less than SweepConcurrency=12"):
        deploy.check_account(had_one, {})
    with pytest.raises(CommandError, match="less than SweepConcurrency=16"):
        deploy.check_account(Aws(), {**TWELVE, deploy.WORKERS: "16"})
    deploy.check_account(had_one, {deploy.RESERVATION: "0"})


@pytest.mark.parametrize("kept", [{deploy.SHARDS: "4"}, {"LogLevel": "INFO"}], ids=["this release", "an earlier one"])
def test_timers_shards_grow_and_never_shrink(kept: Mapping[str, str]) -> None:
    has_four = Aws(status="UPDATE_COMPLETE", kept=kept)
    for chosen in ({}, {deploy.SHARDS: "4"}, {deploy.SHARDS: "16"}):
        deploy.check_account(has_four, chosen)
    with pytest.raises(CommandError, match="TimerShards is 4 and cannot shrink"):
        deploy.check_account(has_four, {deploy.SHARDS: "3"})
    deploy.check_account(Aws(), {deploy.SHARDS: "1"})


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_a_first_deployment_that_failed_is_told_apart_from_aws_sentence(status: str) -> None:
    with pytest.raises(CommandError, match=f"{status}: CloudFormation can only delete it"):
        deploy.check_account(Aws(status=status), {})


@pytest.mark.parametrize(("status", "protected"), [("UPDATE_COMPLETE", True), ("REVIEW_IN_PROGRESS", False)])
def test_a_deployed_stack_is_protected_from_deletion(status: str, *, protected: bool) -> None:
    aws = Aws(status=status)
    deploy.protect(aws)
    assert aws.protected == ([aws.name] if protected else [])
