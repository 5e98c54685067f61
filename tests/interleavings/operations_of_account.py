"""The operations that meet on Ann's account: ways back into it, its sessions, and what ends them."""

from collections.abc import Callable, Mapping
from functools import partial

from booking.accounts.change_access import change_access
from booking.accounts.errors import (
    CurrentPasswordWrong,
    EmailTaken,
    RefreshTokenRejected,
    TokenNotValid,
    UserNotFound,
    WrongEmailOrPassword,
)
from booking.accounts.log_in import log_in
from booking.accounts.mailed_links import Purpose, find_verification, issue_token, spend_verification
from booking.accounts.new_password import change_password, reset_password
from booking.accounts.register import Registration, create_account
from booking.accounts.sessions import log_out, refresh_session
from booking.accounts.update_own_user import update_own_user
from booking.caller import Role
from booking.errors import Unauthenticated
from tests.instants import NOW, SECOND
from tests.interleavings.operation import Operation, Refusals
from tests.interleavings.operations import erasing
from tests.interleavings.world_of_account import OLD_PASSWORD, Account

_SOURCE = "192.0.2.1"


def operations_of_account(account: Account) -> Mapping[str, Operation]:
    """All of them, by name."""
    now = NOW + SECOND

    def reset(password: str) -> Callable[[], object]:
        return partial(reset_password, account.reset_token, password, source_address=_SOURCE, now=now)

    def link(purpose: Purpose) -> Callable[[], object]:
        """Whoever mails has read the account before."""
        return partial(issue_token, purpose, account.user, now)

    def verify() -> None:
        """Without guests' bookings, which are taken over before and after."""
        spend_verification(find_verification(account.verification_token, source_address=_SOURCE, now=now))

    def access(*, is_active: bool | None = None, role: Role | None = None) -> Callable[[], object]:
        """What it answers beside that may be as it was read before."""
        change = partial(change_access, account.admin, account.user.id, is_active=is_active, role=role, now=now)
        return lambda: bool(change())

    def once(name: str, run: Callable[[], object], refusals: Refusals) -> Operation:
        return Operation(name, run, refusals, may_answer_twice=True)

    def log_in_with(password: str) -> Callable[[], object]:
        return partial(log_in, account.ann.email, password, source_address=_SOURCE, now=now)

    anew = Registration(account.ann.email, "another")
    call_her = partial(update_own_user, account.ann, {"display_name": account.ann.email})  # so that one sees where
    change = partial(change_password, account.ann, OLD_PASSWORD, "changed", now)
    found = [
        once("reset the password", reset("reset"), (TokenNotValid,)),
        once("reset it otherwise", reset("reset otherwise"), (TokenNotValid,)),
        once("change the password", change, (CurrentPasswordWrong, Unauthenticated)),
        once("verify", verify, (TokenNotValid,)),
        once("refresh", partial(refresh_session, account.refresh_token, now), (RefreshTokenRejected,)),
        once("refresh elsewhere", partial(refresh_session, account.refresh_token, now), (RefreshTokenRejected,)),
        Operation("log out", partial(log_out, account.refresh_token)),
        once("log in", log_in_with(OLD_PASSWORD), (WrongEmailOrPassword,)),
        Operation("mail a link to verify", link(Purpose.VERIFICATION)),
        Operation("mail a link to reset", link(Purpose.PASSWORD_RESET)),
        Operation("deactivate Ann", access(is_active=False), (UserNotFound,)),
        Operation("make Ann a specialist", access(role=Role.SPECIALIST), (UserNotFound,)),
        Operation("Ann is called like her address", call_her, (Unauthenticated,)),
        Operation("register with Ann's address", partial(create_account, anew, now), (EmailTaken,)),
        erasing("erase Ann", account.ann),
    ]
    return {operation.name: operation for operation in found}
