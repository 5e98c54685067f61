"""The users table: one item per account, and one per e-mail address that claims it."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from booking.accounts.user import User
from booking.caller import Locale, Role
from booking.platform.settings import settings
from booking.platform.store import InstantAttribute, Item

KIND_USER = "user"


class ByCreation(GlobalSecondaryIndex["UserItem"]):
    """Accounts in the order of their creation, for admins; claims have no `kind` and are not in it."""

    class Meta:
        index_name = "by_creation"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    created_at = InstantAttribute(range_key=True)


class UserItem(Item):
    """An account."""

    class Meta:
        table_name = settings().users_table

    user_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(default=KIND_USER)
    email = UnicodeAttribute()
    password_hash = UnicodeAttribute()
    role = UnicodeAttribute()
    is_active = BooleanAttribute(default=True)
    created_at = InstantAttribute()
    locale = UnicodeAttribute(default=Locale.EN.value)

    by_creation = ByCreation()

    def to_user(self) -> User:
        """The account without its password's hash."""
        return User(
            self.user_id,
            self.email,
            Role(self.role),
            self.is_active,
            self.created_at,
            Locale(self.locale),
        )


# Of an account that is there and active, as the condition of a write.
IS_ACTIVE = UserItem.is_active == True  # noqa: E712  # makes a condition, compares nothing


class EmailClaimItem(Item):
    """Who holds an e-mail address; written with the account, so that an address has one holder."""

    class Meta:
        table_name = settings().users_table

    user_id = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute()


def claim_key(normalized_email: str) -> str:
    """The key of the item that claims an address."""
    return f"email#{normalized_email}"
