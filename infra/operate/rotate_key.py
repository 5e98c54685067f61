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

from infra.cli import CommandError
from infra.stack import DeployedStack

OUTPUT = "SigningKeySecretArn"
KEY_BYTES = 48
MARGIN = timedelta(minutes=10)
"""Functions keep a key for five minutes, and clocks differ."""


def rotated(stack: DeployedStack, *, now: datetime, has_leaked: bool) -> str:
    """Does it, and says what was done."""
    if has_leaked:
        replace_leaked(stack)
        return f"The key of {stack} is new. Once more in five minutes ends what the old one has signed."
    if rotate(stack, now=now):
        return f"The key of {stack} is rotated. What the previous one has signed stays valid until it ends."
    return f"The next key of {stack} is published. Run this again in ten minutes: then it is known everywhere."


def rotate(stack: DeployedStack, *, now: datetime) -> bool:
    """Moves the key on; False where the next one had to be published first, and nothing else was done.

    Raises CommandError while functions may not know the next key, or tokens of the previous one may be in use. A stack
    that was never rotated need not wait.
    """
    known, changed_at = stored_keys(stack)
    is_published = bool(known.get("next"))
    wait = pause(stack) if known.get("previous") else MARGIN
    if (known.get("previous") or is_published) and now - changed_at < wait:
        raise CommandError(
            f"The key was changed at {changed_at:%H:%M} UTC. What it was before may be in use until "
            f"{changed_at + wait:%H:%M} UTC. If a key has leaked, end it now: make rotate-key NOW=1"
        )
    moved_on = {"previous": known["current"], "current": known["next"]} if is_published else {}
    put(stack, known | moved_on | {"next": new_key()})
    return is_published


def replace_leaked(stack: DeployedStack) -> None:
    """Makes a new current key at once. What the leaked one has signed is accepted until the next change."""
    known, _ = stored_keys(stack)
    keys = {"guests": known["guests"], "previous": known["current"], "current": new_key(), "next": new_key()}
    put(stack, keys)  # without `links`: none that the leaked key has signed is good


def stored_keys(stack: DeployedStack) -> tuple[dict[str, str], datetime]:
    """The keys by what they are for, and when they were changed.

    The first key that the stack ever had makes guests' ids, unless an operator has set another; the current one signs
    links until it is rotated.
    """
    secret = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs()[OUTPUT])
    known = json.loads(secret["SecretString"])
    return {"guests": known["current"], "links": known["current"]} | known, secret["CreatedDate"].astimezone(UTC)


def put(stack: DeployedStack, keys: dict[str, str]) -> None:
    """Stores the keys."""
    stack.client("secretsmanager").put_secret_value(SecretId=stack.outputs()[OUTPUT], SecretString=json.dumps(keys))


def new_key() -> str:
    """A random key."""
    return secrets.token_urlsafe(KEY_BYTES)


def pause(stack: DeployedStack) -> timedelta:
    """How long after a rotation what the key before it has signed may be in use."""
    return timedelta(minutes=int(stack.parameters()["AccessTokenMinutes"])) + MARGIN
