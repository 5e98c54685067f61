"""The table of what passes: rate-limit windows, idempotency records, refresh-token families.

Items end by themselves. DynamoDB deletes them some time after `expires_at`, so whoever reads one looks
at the clock as well.
"""

import hashlib

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from booking.dynamodb.items import Item
from booking.runtime.settings import settings


class EphemeralItem(Item):
    """The base of the items of this table; each kind has a prefix of its own in `pk`."""

    class Meta:
        table_name = settings().ephemeral_table

    pk = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()


def hash_of(text: str) -> str:
    """What the table holds of what it must not tell: addresses, and random secrets, which need no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()
