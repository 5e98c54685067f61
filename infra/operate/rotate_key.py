"""Rotates the key that signs access tokens and seals page cursors, where the environment points (`make rotate-key`).

The next key, which the functions know already, becomes the current one, the current one becomes the previous, which is
still accepted, and a new random one is published as the next: no token is refused, nobody is signed out. A stack that
was never rotated has no next key: then the first run publishes one, and a second, ten minutes later, rotates. Rotating
before the last access token of the previous key has ended would refuse valid tokens. `NOW=1` is for keys that have
leaked: it takes new ones at once, whatever was published.

What guests' ids are made with (`guests`) never changes, or their bookings would be strangers' from then on. What signs
the links that are mailed to them (`links`) changes only when a key has leaked: they have to stay good for months.
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


def rotate(stack: DeployedStack, *, now: datetime) -> bool:
    """Moves the key on; False where the next one had to be published first, and nothing else was done.

    Raises CommandError when the last change is too recent for that.
    """
    stored = stored_keys(stack)
    known = json.loads(stored["SecretString"])
    refuse_haste(stored, pause(stack) if known.get("previous") else MARGIN, now)
    is_published = bool(known.get("next"))
    lasting = {"guests": guests_key(known), "links": known.get("links") or known["current"]}
    put(stack, (moved_on(known) if is_published else known | {"next": new_key()}) | lasting)
    return is_published


def replace_leaked(stack: DeployedStack) -> None:
    """Makes a new current key at once. What the leaked one has signed is accepted until the next change."""
    known = json.loads(stored_keys(stack)["SecretString"])
    leaves_no_links_key = {"previous": known["current"], "current": new_key(), "next": new_key()}
    put(stack, leaves_no_links_key | {"guests": guests_key(known)})


def guests_key(known: dict[str, str]) -> str:
    """What guests' ids are made with: the first key that the stack ever had, unless an operator has set another."""
    return known.get("guests") or known["current"]


def moved_on(known: dict[str, str]) -> dict[str, str]:
    """The three keys of access tokens move up by one place."""
    return {"previous": known["current"], "current": known["next"], "next": new_key()}


def stored_keys(stack: DeployedStack) -> dict[str, Any]:
    """The secret as Secrets Manager has it."""
    stored: dict[str, Any] = stack.client("secretsmanager").get_secret_value(SecretId=secret_id(stack))
    return stored


def put(stack: DeployedStack, keys: dict[str, str]) -> None:
    """Stores the keys."""
    stack.client("secretsmanager").put_secret_value(SecretId=secret_id(stack), SecretString=json.dumps(keys))


def secret_id(stack: DeployedStack) -> str:
    """Where the keys are."""
    return stack.outputs()["SigningKeySecretArn"]


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
            f"The key was changed at {made.astimezone(UTC):%H:%M} UTC. What it was before may be in use until "
            f"{(made + wait).astimezone(UTC):%H:%M} UTC. If a key has leaked, end it now: make rotate-key NOW=1"
        )


def rotated(stack: DeployedStack, *, now: datetime, has_leaked: bool) -> str:
    """Does it, and says what was done."""
    if has_leaked:
        replace_leaked(stack)
        return f"The key of {stack} is new. Once more in five minutes ends what the old one has signed."
    if rotate(stack, now=now):
        return f"The key of {stack} is rotated. What the previous one has signed stays valid until it ends."
    return f"The next key of {stack} is published. Run this again in ten minutes: then it is known everywhere."
