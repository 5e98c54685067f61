"""Making admins, which only operators can."""

from datetime import datetime

from booking.accounts.addresses import AddressRejected, known_address
from booking.accounts.errors import EmailTaken
from booking.accounts.passwords import hash_password
from booking.accounts.register import Registration, create_account
from booking.accounts.table import END_SESSIONS, IS_NOT_ERASED, EmailClaimItem, UserItem, claim_key
from booking.accounts.user import User
from booking.caller import Role
from booking.dynamodb.errors import ConditionFailed
from booking.dynamodb.items import get, update


def grant_admin(email: str, password: str, now: datetime) -> User:
    """An account with the role of an admin: a new one, or an existing one that gets role and password.

    Sessions that an existing account has are over, since whoever began them need not be who is made admin now.
    Raises `AddressRejected`.
    """
    holder = get(EmailClaimItem, claim_key(known_address(email)), consistent=True)
    if holder is None:
        try:
            return create_account(Registration(email, password, Role.ADMIN), now)
        except EmailTaken:
            return grant_admin(email, password, now)  # somebody has registered the address meanwhile
    actions = [
        UserItem.role.set(Role.ADMIN),
        UserItem.is_active.set(True),
        UserItem.password_hash.set(hash_password(password)),
        END_SESSIONS,
    ]
    try:
        return update(
            UserItem(user_id=holder.holder), actions, condition=UserItem.user_id.exists() & IS_NOT_ERASED
        ).to_user()
    except ConditionFailed as failure:
        if failure.old is None:
            raise
        raise AddressRejected("its account is being erased") from None
