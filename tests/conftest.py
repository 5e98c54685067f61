"""What every test needs before it imports the code: the names that the stack gives to functions; and time limits."""

import os
from dataclasses import MISSING, fields

import pytest
from hypothesis import settings

from booking.runtime.settings import Settings
from tests.time_limits import seconds_for

for _setting in fields(Settings):
    if _setting.default is MISSING or _setting.name.endswith("_table"):
        os.environ[_setting.name.upper()] = f"the-{_setting.name.replace('_', '-')}-of-tests"
os.environ["STACK_ID"] = "arn:aws:cloudformation:us-east-1:1:stack/of-tests/00000000-0000-4000-8000-000000000000"
os.environ["METRICS_FLUSH_SECONDS"] = "3600"  # tests flush themselves, not a thread in the background
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "BookingApi")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "booking-api")

settings.register_profile("tests", deadline=None, database=None)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Mangum asks for the event loop that Python made by itself until 3.14, as Lambda's runtime lets it."""
    config.addinivalue_line("filterwarnings", "ignore:There is no current event loop:DeprecationWarning:mangum")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test fails, rather than hang, after the time that its folder has."""
    for item in items:
        item.add_marker(pytest.mark.timeout(seconds_for(item.path)), append=True)
