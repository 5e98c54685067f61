"""Rotates the keys that sign access tokens and seal page cursors, where the environment points (`make rotate-key`).

The next key, which the functions know already, becomes the current one, the current one becomes the previous, which is
still accepted, and a new random one is published as the next: no token is refused, nobody is signed out. A stack that
was never rotated has no next key: then the first run publishes one, and a second, ten minutes later, rotates. Rotating
before the last access token of the previous key has ended would refuse valid tokens. `NOW=1` is for keys that have
leaked: it takes new ones at once, whatever was published.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.cli import CommandError
from infra.stack import DeployedStack

KEY_BYTES = 48
MARGIN = timedelta(minutes=10)
"""Functions keep a key for five minutes, and clocks differ."""

SECRETS = ("SigningKeySecretArn", "CursorKeySecretArn")


def rotate(stack: DeployedStack, *, now: datetime) -> bool:
    """Moves each key on; False where the next keys had to be published first, and nothing else was done.

    Raises CommandError when the last change is too recent for that.
    """
    stored = stored_keys(stack)
    wait = pause(stack)
    for found in stored.values():
        refuse_haste(found, wait if json.loads(found["SecretString"]).get("previous") else MARGIN, now)
    keys = {arn: json.loads(found["SecretString"]) for arn, found in stored.items()}
    is_published = all(current.get("next") for current in keys.values())
    for arn, known in keys.items():
        put(stack, arn, moved_on(known) if is_published else known | {"next": known.get("next") or new_key()})
    return is_published


def replace_leaked(stack: DeployedStack) -> None:
    """Makes new current keys at once. What the leaked ones have signed is accepted until the next change."""
    for arn, found in stored_keys(stack).items():
        known = json.loads(found["SecretString"])
        put(stack, arn, {"previous": known["current"], "current": new_key(), "next": new_key()})


def moved_on(known: dict[str, str]) -> dict[str, str]:
    """Everything moves up by one place."""
    return {"previous": known["current"], "current": known["next"], "next": new_key()}


def stored_keys(stack: DeployedStack) -> dict[str, Any]:
    """Each secret as Secrets Manager has it, by its ARN."""
    client, outputs = stack.client("secretsmanager"), stack.outputs()
    return {outputs[name]: client.get_secret_value(SecretId=outputs[name]) for name in SECRETS}


def put(stack: DeployedStack, arn: str, keys: dict[str, str]) -> None:
    """Stores the keys of one secret."""
    stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=json.dumps(keys))


def new_key() -> str:
    """A random key."""
    return secrets.token_urlsafe(KEY_BYTES)


def pause(stack: DeployedStack) -> timedelta:
    """How long after a rotation what the key before it has signed may be in use."""
    about = stack.describe() or {}
    parameters = {given["ParameterKey"]: given["ParameterValue"] for given in about.get("Parameters", [])}
    return timedelta(minutes=int(parameters["AccessTokenMinutes"])) + MARGIN


def refuse_haste(stored: dict[str, Any], wait: timedelta, now: datetime) -> None:
    """Raises CommandError while functions may not know the next key, or tokens of the previous one may be in use.

    A stack that was never rotated need not wait.
    """
    keys = json.loads(stored["SecretString"])
    made: datetime = stored["CreatedDate"]
    if (keys.get("previous") or keys.get("next")) and now - made < wait:
        raise CommandError(
            f"The keys were changed at {made.astimezone(UTC):%H:%M} UTC. What they were before may be in use until "
            f"{(made + wait).astimezone(UTC):%H:%M} UTC. If a key has leaked, end it now: make rotate-key NOW=1"
        )


def rotated(stack: DeployedStack, *, now: datetime, has_leaked: bool) -> str:
    """Does it, and says what was done."""
    if has_leaked:
        replace_leaked(stack)
        return f"The keys of {stack} are new. Once more in five minutes ends what the old ones have signed."
    if rotate(stack, now=now):
        return f"The keys of {stack} are rotated. What the previous keys have signed stays valid until it ends."
    return f"The next keys of {stack} are published. Run this again in ten minutes: then they are known everywhere."
