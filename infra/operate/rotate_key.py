"""Rotates the key that signs access tokens and page cursors, where the environment points (`make rotate-key`).

The current key becomes the previous one, which is still accepted, and a new random one takes its place: nobody is
signed out. Functions notice within five minutes. A second rotation before that, and before the last access token of the
first key has ended, would refuse valid tokens; it needs `NOW=1`, which is for a key that has leaked.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.cli import CommandError
from infra.stack import DeployedStack

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 48
MARGIN = timedelta(minutes=10)
"""Functions keep a key for five minutes, and clocks differ."""


def rotate(stack: DeployedStack, *, now: datetime, at_once: bool = False) -> None:
    """Makes a new current key; raises CommandError when the last rotation is too recent."""
    client, arn = stack.client("secretsmanager"), stack.outputs()["SigningKeySecretArn"]
    stored = client.get_secret_value(SecretId=arn)
    keys = json.loads(stored["SecretString"])
    if keys.get("previous") and not at_once:
        refuse_haste(stored, pause(stack), now)
    rotated = {"current": secrets.token_urlsafe(KEY_BYTES), "previous": keys["current"]}
    client.put_secret_value(SecretId=arn, SecretString=json.dumps(rotated))


def pause(stack: DeployedStack) -> timedelta:
    """How long after a rotation what the key before it has signed may be in use."""
    about: Mapping[str, Any] = stack.describe() or {}
    parameters = {given["ParameterKey"]: given["ParameterValue"] for given in about.get("Parameters", [])}
    return timedelta(minutes=int(parameters["AccessTokenMinutes"])) + MARGIN


def refuse_haste(stored: dict[str, Any], wait: timedelta, now: datetime) -> None:
    """Raises CommandError while tokens of the previous key may still be in use."""
    made: datetime = stored["CreatedDate"]
    if now - made < wait:
        raise CommandError(
            f"The key was rotated at {made.astimezone(UTC):%H:%M} UTC. Tokens of the one before may be in use until "
            f"{(made + wait).astimezone(UTC):%H:%M} UTC. If a key has leaked, end them now: make rotate-key NOW=1"
        )
