"""The users table: one item per account, and one per e-mail address that claims it."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from booking.accounts.user import User
from booking.caller import Locale, Role
from booking.dynamodb.attributes import EnumAttribute, InstantAttribute
from booking.dynamodb.items import Item, shared_names
from booking.runtime.settings import settings

KIND_USER = "user"


class ByCreatedAt(GlobalSecondaryIndex["UserItem"]):
    """Accounts in the order of their creation, for admins; claims have no `kind` and are not in it, nor are hashes."""

    class Meta:
        index_name = "by_created_at"
        projection = IncludeProjection(["email", "role", "is_active", "locale", "display_name"])

    kind = UnicodeAttribute(hash_key=True)
    created_at = InstantAttribute(range_key=True)


class UserItem(Item):
    """An account. Sessions begun in an earlier `session_generation` are over; `erased_at` is when its erasure began."""

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
    phone = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(null=True)
    email_verified = BooleanAttribute(default=False)
    session_generation = NumberAttribute(default=0)
    erased_at = InstantAttribute(null=True)

    by_created_at = ByCreatedAt()

    @property
    def is_marked_erased(self) -> bool:
        """Whether its erasure has begun."""
        began: object = self.erased_at
        return began is not None

    def to_user(self) -> User:
        """The account without its password's hash."""
        return User(id=self.user_id, **{name: getattr(self, name) for name in _OF_USER})


_OF_USER = shared_names(UserItem, User)


# Of an account that nobody has begun to erase.
IS_NOT_ERASED = UserItem.erased_at.does_not_exist()
# Of an account that is there and active, as the condition of a write.
IS_ACTIVE = UserItem.is_active == True  # noqa: E712  # makes a condition, compares nothing
# Ends every session of the account, and voids the links to choose a new password.
END_SESSIONS = UserItem.session_generation.set((UserItem.session_generation | 0) + 1)


def has_access_as_read(user: "User | UserItem") -> Condition:
    """Nobody has changed what the account may do since it was read, nor begun to erase it."""
    unchanged: Condition = (UserItem.role == user.role) & (UserItem.is_active == user.is_active) & IS_NOT_ERASED
    return unchanged


def is_in_generation(generation: int) -> Condition:
    """All sessions of the account have not been ended since it was read; accounts of earlier releases say nothing."""
    unchanged: Condition = UserItem.session_generation == generation
    return unchanged if generation else unchanged | UserItem.session_generation.does_not_exist()


def is_verified_as(user: UserItem) -> Condition:
    """Nobody has shown whose the address is since the account was read; accounts of earlier releases say nothing."""
    unchanged: Condition = UserItem.email_verified == user.email_verified
    return unchanged if user.email_verified else unchanged | UserItem.email_verified.does_not_exist()


class EmailClaimItem(Item):
    """Who holds an e-mail address; written with the account, so that an address has one holder."""

    class Meta:
        table_name = settings().users_table

    user_id = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute()


def claim_key(normalized_email: str) -> str:
    """The key of the item that claims an address."""
    return f"email#{normalized_email}"
