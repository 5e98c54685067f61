"""Who may read the metrics."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from booking.runtime import aws
from booking.runtime.settings import settings
from booking.telemetry import scrape_token
from booking.telemetry.scrape_token import CACHE_SECONDS
from tests.integration.api import Api, error_of
from tests.integration.store_calls import counted_calls

TOKEN = "open sesame"


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployer has put the token into a secret."""
    secrets = aws.client("secretsmanager")
    secret = secrets.create_secret(Name="scrape-token", SecretString=TOKEN)["ARN"]
    with_token = replace(settings(), metrics_token_secret=secret)
    monkeypatch.setattr(scrape_token, "settings", lambda: with_token)
    scrape_token._expected.cache_clear()
    yield
    scrape_token._expected.cache_clear()
    secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


def test_without_a_token_everybody_may(api: Api) -> None:
    assert api.request("GET", "/metrics").status_code == 200


@pytest.mark.usefixtures("guarded")
def test_with_a_token_its_holder_may(api: Api) -> None:
    assert api.request("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_with_a_token_nobody_else_may(api: Api, headers: dict[str, str]) -> None:
    error_of(api.request("GET", "/metrics", headers=headers), 401, "invalid_credentials")


@pytest.mark.usefixtures("guarded")
def test_the_token_is_read_once_and_a_new_one_is_noticed_in_the_next_period(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(scrape_token, "time", clock)

    with counted_calls("secretsmanager") as calls:
        assert [scrape_token.may_scrape(TOKEN), scrape_token.may_scrape(TOKEN)] == [True, True]
        assert len(calls.sent) == 1

        aws.client("secretsmanager").put_secret_value(SecretId="scrape-token", SecretString="another")
        clock.monotonic = lambda: CACHE_SECONDS - 0.1
        assert scrape_token.may_scrape(TOKEN)
        clock.monotonic = lambda: float(CACHE_SECONDS)
        assert [scrape_token.may_scrape(TOKEN), scrape_token.may_scrape("another")] == [False, True]


def test_a_period_is_five_minutes() -> None:
    assert CACHE_SECONDS == 5 * 60


def test_while_the_token_cannot_be_read_nobody_may(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrape_token, "settings", lambda: replace(settings(), metrics_token_secret="no such secret"))

    error_of(api.request("GET", "/metrics"), 503, "store_unavailable")
