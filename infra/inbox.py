"""`make inbox`: prints the mail that the embedded AWS has taken, oldest first. Nothing of it was really sent."""

import sys
from datetime import UTC, datetime
from typing import Any

import httpx

from infra.local.settings import Mistake
from infra.target import target

INBOX = "/_ministack/ses/messages"


def messages(endpoint: str) -> list[dict[str, Any]]:
    """All mail, oldest first."""
    answer = httpx.get(f"{endpoint}{INBOX}", timeout=10, trust_env=False).raise_for_status()
    found = [message for account in answer.json()["messages"].values() for message in account]
    return sorted(found, key=lambda message: float(message["Timestamp"]))


def as_text(message: dict[str, Any]) -> str:
    """One mail as a person reads it."""
    sent = datetime.fromtimestamp(message["Timestamp"], UTC)
    head = f"{sent:%Y-%m-%d %H:%M:%S}Z  {message['Source']} → {', '.join(message['To'])}\n{message['Subject']}"
    body = "\n".join(f"    {line}" for line in message["BodyText"].strip().splitlines())
    return f"{head}\n\n{body}\n"


def _endpoint() -> str:
    endpoint = target().endpoint
    if endpoint is None:
        raise Mistake("AWS keeps no inbox: the mail went to whom it is addressed to.")
    return endpoint


def main() -> int:
    """The command line."""
    try:
        found = messages(_endpoint())
    except httpx.HTTPError as error:
        print(f"error: this endpoint has no inbox: {error}", file=sys.stderr)
        return 1
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    for message in found:
        print(as_text(message))
    print(
        f"{len(found)} message(s)." + ("" if found else " Mail needs a sender: `make up MAIL_SENDER=you@example.com`.")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
