"""Whether the tables can be read."""

from botocore.exceptions import BotoCoreError, ClientError

from booking.errors import StoreUnavailable
from booking.runtime import aws
from booking.runtime.settings import settings
from booking.telemetry.log import logger

_NOTHING = {"S": "health"}


def check_tables() -> None:
    """Reads an item that is in no table from each of them. Raises `StoreUnavailable`."""
    names = settings()
    keys = {
        names.users_table: {"user_id": _NOTHING},
        names.calendar_table: {"specialist_id": _NOTHING, "sk": _NOTHING},
        names.bookings_table: {"booking_id": _NOTHING},
        names.waitlist_table: {"slot_id": _NOTHING, "client_id": _NOTHING},
        names.ephemeral_table: {"pk": _NOTHING},
    }
    dynamodb = aws.client("dynamodb")
    try:
        for table, key in keys.items():
            dynamodb.get_item(TableName=table, Key=key)
    except (BotoCoreError, ClientError) as error:
        logger.exception("a table cannot be read")
        raise StoreUnavailable from error
