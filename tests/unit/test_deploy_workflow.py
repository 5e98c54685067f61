"""What may reach AWS from GitHub: what the checks have passed, by jobs of the environment that the role is for."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from infra.settings import ROOT, template

WORKFLOWS = ROOT / ".github" / "workflows"
JOBS: dict[str, Any] = yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())["jobs"]
CHECKS: dict[str, Any] = yaml.safe_load((WORKFLOWS / "ci.yml").read_text())["jobs"]
ROLE: dict[str, Any] = template("infra/github-deploy.yaml")["Resources"]["Deploy"]["Properties"]


def needed_by(job: str) -> set[str]:
    """Every job that must have passed before this one starts."""
    needs = JOBS[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(needed_by(other) for other in direct))


def test_nothing_is_deployed_that_has_not_passed_the_checks_of_every_change() -> None:
    (checks,) = [name for name, job in JOBS.items() if job.get("uses", "").endswith("/.github/workflows/ci.yml")]
    to_aws = [name for name, job in JOBS.items() if "id-token" in job.get("permissions", {})]
    assert to_aws == ["staging", "prod"]
    assert [checks in needed_by(job) for job in to_aws] == [True, True]
    assert "staging" in needed_by("prod")
    # YAML reads the key `on` as a truth value.
    assert "workflow_call" in yaml.safe_load((WORKFLOWS / "ci.yml").read_text())[True]


def test_the_checks_run_every_folder_of_tests_that_make_test_runs() -> None:
    (matrix,) = [job["strategy"]["matrix"] for job in CHECKS.values() if "strategy" in job]
    targets = [target for one in matrix["include"] for target in one["targets"].split()]
    wanted = folders_of_tests("test")
    assert {"tests/unit", "tests/consistency", "tests/mutants"} <= wanted
    assert wanted <= folders_of_tests(*targets)


def folders_of_tests(*targets: str) -> set[str]:
    """Those that the make targets would hand to pytest."""
    words = ["make", "--dry-run", "--no-print-directory", *targets]
    commands = subprocess.run(words, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    pytests = [line for line in commands.splitlines() if "/pytest " in line]
    return {folder for line in pytests for folder in re.findall(r"tests/\w+", line)}


@pytest.mark.parametrize("job", ["staging", "prod"])
def test_a_first_deployment_says_who_is_told_of_alarms_and_a_later_one_need_not(job: str) -> None:
    (deploy,) = [step for step in JOBS[job]["steps"] if "make deploy" in step.get("run", "")]
    assert deploy["env"] == {"ALARM_EMAIL": "${{ vars.ALARM_EMAIL }}"}
    made = {
        email: subprocess.run(
            ["bash", "-c", deploy["run"].replace("make ", "printf '%s|' ")],
            env={"GITHUB_JOB": job, "ALARM_EMAIL": email},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for email in ("ops@example.com", "")
    }
    assert made["ops@example.com"].split("|")[1:3] == [f"ENV={job}", "PARAMETERS=AlarmEmail=ops@example.com"]
    assert made[""].split("|")[1:3] == [f"ENV={job}", "PARAMETERS="]


def test_only_jobs_of_its_environment_get_the_role_and_none_may_read_what_is_stored() -> None:
    (trust,) = ROLE["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:${Repository}:environment:${Environment}",
    }
    statements = ROLE["Policies"][0]["PolicyDocument"]["Statement"]
    denied = {action for one in statements if one["Effect"] == "Deny" for action in one["Action"]}
    assert {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "lambda:InvokeFunction"} <= denied
    allowed = {action for one in statements if one["Effect"] == "Allow" for action in one["Action"]}
    assert "secretsmanager:GetSecretValue" not in allowed
    assert not any(action.startswith(("iam:*", "secretsmanager:*")) for action in allowed)
