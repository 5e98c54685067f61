"""Who may read the metrics: everybody, or whoever knows the token that the deployer has put into a secret."""

import hmac
import time
from functools import lru_cache

from botocore.exceptions import BotoCoreError, ClientError

from booking.errors import StoreUnavailable
from booking.runtime import aws
from booking.runtime.settings import settings

CACHE_SECONDS = 300


def may_scrape(token: str) -> bool:
    """Whether the token opens the metrics. Raises `StoreUnavailable`."""
    secret = settings().metrics_token_secret
    if not secret:
        return True
    expected = _expected(secret, int(time.monotonic() // CACHE_SECONDS))
    return hmac.compare_digest(token.encode(), expected.encode())


@lru_cache(maxsize=1)
def _expected(secret: str, _period: int) -> str:
    """The token, read once per period, so that a new one is noticed."""
    try:
        return str(aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error
