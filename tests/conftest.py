"""What every test needs before it imports the code: the names that the stack gives to functions."""

import os
from dataclasses import MISSING, fields

import pytest
from hypothesis import settings

from booking.platform.settings import Settings

for _setting in fields(Settings):
    if _setting.default is MISSING or _setting.name.endswith("_table"):
        os.environ[_setting.name.upper()] = f"the-{_setting.name.replace('_', '-')}-of-tests"
os.environ["METRICS_FLUSH_SECONDS"] = "86400"  # tests flush themselves, not a thread in the background
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "BookingApi")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "booking-api")

settings.register_profile("tests", deadline=None, database=None)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Mangum asks for the event loop that Python made by itself until 3.14, as Lambda's runtime lets it."""
    config.addinivalue_line("filterwarnings", "ignore:There is no current event loop:DeprecationWarning:mangum")
