"""A plugin of pytest: skips, by name and with the reason, what LocalStack cannot do, and counts it.

The end-to-end tests stay as they are. A name that no test bears any more is an error: the list cannot go stale.
"""

from collections import Counter

import pytest

NO_IAM = "LocalStack's community edition does not enforce IAM policies"
NO_GATEWAY_RESPONSES = "LocalStack's gateway words its own errors, whatever the template's GatewayResponses say"
SHORT_HEADERS = "LocalStack closes the connection on a header of more than 16 KiB"
ONE_ADDRESS = "LocalStack's gateway gives 127.0.0.1 as every caller's address"
NO_SMTP = "LocalStack keeps mail to itself: the tests' mail server gets none"

AUTHORIZATION = "tests/e2e/test_bad_input.py::test_an_authorization_that_is_none_is_a_401"
GUESTS = "tests/e2e/test_guests.py"
RECOVERY = "tests/e2e/test_recovery.py"
SWEEPS = "tests/e2e/test_sweeps.py"

CANNOT = {
    "tests/e2e/test_least_privilege.py": NO_IAM,
    "tests/e2e/test_rate_limits.py": ONE_ADDRESS,
    "tests/e2e/test_smoke.py::test_a_working_stack_passes_and_the_run_leaves_neither_bookings_nor_slots": ONE_ADDRESS,
    "tests/e2e/test_bad_input.py::test_an_unknown_route_is_a_404_from_the_gateway": NO_GATEWAY_RESPONSES,
    "tests/e2e/test_cors.py::test_a_page_of_the_origin_may_read_the_gateways_own_errors": NO_GATEWAY_RESPONSES,
    "tests/e2e/test_fuzz.py::test_an_undocumented_route_is_refused": NO_GATEWAY_RESPONSES,
    f"{SWEEPS}::test_a_booking_is_reminded_once_by_three_dispatches_and_anew_when_it_was_moved": NO_SMTP,
    f"{SWEEPS}::test_a_sender_that_is_killed_mid_way_loses_nothing_and_nobody_is_reminded_twice": NO_SMTP,
    f"{SWEEPS}::test_events_are_published_and_bookings_expire_on_time_while_ses_refuses": NO_SMTP,
    f"{SWEEPS}::test_client_and_specialist_are_told_what_happened": NO_SMTP,
    f"{SWEEPS}::test_mail_that_ses_denies_is_given_up_at_once_and_sent_by_redrive": NO_SMTP,
    f"{RECOVERY}::test_a_forgotten_password_is_replaced_with_the_link_that_is_mailed": NO_SMTP,
    f"{RECOVERY}::test_a_new_link_voids_the_one_before_it": NO_SMTP,
    f"{RECOVERY}::test_of_ten_uses_of_a_link_at_once_one_counts": NO_SMTP,
    f"{RECOVERY}::test_an_address_is_verified_with_the_link_of_the_registration": NO_SMTP,
    f"{GUESTS}::test_a_guest_books_and_the_link_in_the_mail_confirms": NO_SMTP,
    f"{GUESTS}::test_a_link_opens_nothing_else": NO_SMTP,
    f"{GUESTS}::test_what_a_guest_has_confirmed_is_the_verified_accounts_and_nobody_else_is_told": NO_SMTP,
    f"{GUESTS}::test_a_specialist_books_for_who_calls": NO_SMTP,
    f"{GUESTS}::test_more_attempts_for_an_address_than_the_limit_are_refused": ONE_ADDRESS,
    "tests/e2e/test_privacy.py::test_a_client_is_erased_everywhere": NO_SMTP,
    f"{AUTHORIZATION}[Bearer {'x' * 23}]": SHORT_HEADERS,
}
"""By test file, test, or test with one set of parameters: why."""

skipped: Counter[str] = Counter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of the list."""
    unused = set(CANNOT)
    for item in items:
        for name in names(item):
            if name in CANNOT:
                unused.discard(name)
                skipped[CANNOT[name]] += 1
                item.add_marker(pytest.mark.skip(reason=CANNOT[name]))
    in_run = {item.nodeid.partition("::")[0] for item in items}
    if stale := sorted(name for name in unused if name.partition("::")[0] in in_run):
        raise pytest.UsageError(f"No test is named {stale[0]}: correct tests/localstack/cannot.py.")


def names(item: pytest.Item) -> set[str]:
    """The file of a test, its name there without parameters, and with them."""
    return {item.nodeid.partition("::")[0], item.nodeid.partition("[")[0], item.nodeid}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how much was left out, and why."""
    terminalreporter.section("what LocalStack cannot do")
    for reason, number in sorted(skipped.items()):
        terminalreporter.write_line(f"{number:4} skipped: {reason}")
