"""The app around a route answers for this route, and for nothing that a framework would add."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from fastapi import APIRouter

from booking.api.application import application
from booking.runtime.settings import settings
from booking.telemetry import metrics, tracing, xray
from tests.integration.api import Api, error_of


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"])
def test_an_app_serves_no_documents_of_its_own(api: Api, path: str) -> None:
    bare = Api(application(APIRouter()), api.runner)

    error_of(bare.request("GET", path), 404, "route_not_found")


def test_a_path_with_a_slash_too_many_is_not_found_rather_than_redirected(api: Api) -> None:
    """API Gateway knows no such path either: clients meet the same everywhere."""
    assert api.request("GET", "/health").status_code == 200

    error_of(api.request("GET", "/health/"), 404, "route_not_found")


def test_each_request_tells_cloudwatch_at_once_what_it_has_counted(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    for expected in (1, 0):
        metrics.count("rate_limited", expected)
        api.request("GET", "/health")

        written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
        assert [line["rate_limited"] for line in written] == [[1.0]] * expected


@pytest.mark.parametrize(
    ("mode", "daemon", "is_traced"),
    [
        ("Active", "127.0.0.1:2000", True),
        ("Active", "", False),
        ("Disabled", "127.0.0.1:2000", False),
        ("Disabled", "", False),
    ],
)
def test_a_stack_is_traced_where_it_asks_for_it_and_there_is_a_daemon(
    monkeypatch: pytest.MonkeyPatch, mode: Literal["Active", "Disabled"], daemon: str, *, is_traced: bool
) -> None:
    """Lambda names a daemon everywhere."""
    chosen = replace(settings(), tracing_mode=mode, aws_xray_daemon_address=daemon)
    monkeypatch.setattr(tracing, "settings", lambda: chosen)

    monkeypatch.setattr(xray, "Tracer", lambda address: SimpleNamespace(daemon=address, watch=lambda _session: None))

    made: Any = tracing.tracer.__wrapped__()

    assert getattr(made, "daemon", None) == (daemon if is_traced else None)
