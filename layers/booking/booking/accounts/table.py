"""The users table: one item per account, and one per e-mail address that claims it."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from booking.accounts.user import User
from booking.caller import Locale, Role
from booking.dynamodb.attributes import EnumAttribute, InstantAttribute
from booking.dynamodb.items import Item
from booking.runtime.settings import settings

KIND_USER = "user"


class ByCreatedAt(GlobalSecondaryIndex["UserItem"]):
    """Accounts in the order of their creation, for admins; claims have no `kind` and are not in it.

    It holds what an account's list shows: never a password's hash, nor when sessions end.
    """

    class Meta:
        index_name = "by_created_at"
        projection = IncludeProjection(["email", "role", "is_active", "locale", "display_name"])

    kind = UnicodeAttribute(hash_key=True)
    created_at = InstantAttribute(range_key=True)


class UserItem(Item):
    """An account. Sessions begun in an earlier `session_generation` are over."""

    class Meta:
        table_name = settings().users_table

    user_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(default=KIND_USER)
    email = UnicodeAttribute()
    password_hash = UnicodeAttribute()
    role = EnumAttribute(Role)
    is_active = BooleanAttribute(default=True)
    created_at = InstantAttribute()
    locale = EnumAttribute(Locale, default=Locale.EN)
    display_name = UnicodeAttribute(null=True)
    session_generation = NumberAttribute(default=0)

    by_created_at = ByCreatedAt()

    def to_user(self) -> User:
        """The account without its password's hash."""
        return User(
            self.user_id,
            self.email,
            self.role,
            self.is_active,
            self.created_at,
            self.locale,
            self.display_name,
            int(self.session_generation),
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
