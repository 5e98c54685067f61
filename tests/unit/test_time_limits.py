"""No test may hang."""

import time

import pytest

from tests.time_limits import SECONDS, TESTS, seconds_for


def test_every_folder_of_tests_has_a_limit() -> None:
    assert {file.relative_to(TESTS).parts[0] for file in TESTS.rglob("test_*.py")} == SECONDS.keys()


def test_the_folders_limit_is_the_tests(request: pytest.FixtureRequest) -> None:
    limit = request.node.get_closest_marker("timeout")
    assert limit is not None
    assert limit.args == (seconds_for(request.path),)


@pytest.mark.timeout(0.1)
@pytest.mark.xfail(raises=pytest.fail.Exception, reason="as it should")
def test_a_test_that_hangs_fails() -> None:
    time.sleep(10)
