"""Who may read the metrics: everybody, or whoever knows the token that the deployer has put into a secret."""

import hmac
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from booking.errors import StoreUnavailable
from booking.platform import aws
from booking.platform.settings import settings


def may_scrape(token: str) -> bool:
    """Whether the token opens the metrics. Raises `StoreUnavailable`."""
    secret = settings().metrics_token_secret
    return not secret or hmac.compare_digest(token.encode(), _expected(secret).encode())


@cache
def _expected(secret: str) -> str:
    try:
        return str(aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable from error
