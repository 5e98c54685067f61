"""Ann's account: with a password, a session, and a link of each kind on its way to her."""

from dataclasses import dataclass, replace

from booking.accounts.mailed_links import Purpose, issue_token
from booking.accounts.passwords import hash_password
from booking.accounts.read import find_user
from booking.accounts.sessions import open_session
from booking.accounts.table import EmailClaimItem, UserItem, claim_key
from booking.accounts.user import User
from booking.caller import Caller
from booking.dynamodb.items import create, update
from tests.instants import NOW
from tests.interleavings.world import a_morning

OLD_PASSWORD = "as it was"  # nobody's


@dataclass(frozen=True)
class Account:
    """Ann, who asks in the session that the refresh token belongs to, and her two links."""

    user: User
    ann: Caller
    admin: Caller
    refresh_token: str
    reset_token: str
    verification_token: str


def an_account() -> Account:
    """Made by the operations that the routes call, on a morning like any other."""
    morning = a_morning()
    ann = morning.ann
    create(
        EmailClaimItem(user_id=claim_key(ann.email), holder=ann.user_id), condition=UserItem.user_id.does_not_exist()
    )
    update(UserItem(user_id=ann.user_id), [UserItem.password_hash.set(hash_password(OLD_PASSWORD))])
    user = find_user(ann.user_id)
    refresh_token = open_session(user, NOW).refresh_token
    return Account(
        user,
        replace(ann, session_id=refresh_token.partition(".")[0]),
        morning.admin,
        refresh_token,
        issue_token(Purpose.PASSWORD_RESET, user, NOW),
        issue_token(Purpose.VERIFICATION, user, NOW),
    )
