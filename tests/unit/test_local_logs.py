"""`make logs`: whose lines are whose, where all functions share a log group."""

from collections.abc import Mapping

from infra.local.__main__ import invocations


def event(stream: str, timestamp: int, message: str) -> Mapping[str, str | int]:
    return {"logStreamName": stream, "timestamp": timestamp, "message": message}


def test_lines_are_told_by_invocation_with_the_name_of_its_function_and_without_lambdas_own() -> None:
    of_health = event("one", 5, '{"level":"INFO","function_name":"booking-api-Health-A1"}')
    traceback = event("two", 3, "Traceback (most recent call last):")
    of_login = event("two", 4, '{"function_name":"booking-api-Login-B2","level":"ERROR"}')
    found = [
        of_health,
        of_login,
        event("two", 2, "START RequestId: x"),
        traceback,
        event("two", 6, "REPORT RequestId: x"),
    ]

    assert list(invocations(found)) == [
        ("booking-api-Login-B2", [traceback, of_login]),
        ("booking-api-Health-A1", [of_health]),
    ]


def test_an_invocation_that_names_no_function_is_told_all_the_same() -> None:
    dead = event("one", 1, "Runtime.ImportModuleError")
    assert list(invocations([dead])) == [("a function", [dead])]
