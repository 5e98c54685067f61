"""`make inbox`: prints the mail that the embedded AWS has taken, oldest first. Nothing of it was really sent."""

from datetime import UTC, datetime
from typing import Any

import httpx

from infra.local.stack import Stack

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


def inbox() -> None:
    """Prints all mail."""
    found = messages(Stack().deployed().emulator or "")
    for message in found:
        print(as_text(message))
    hint = "" if found else " Mail needs a sender: `make up MAIL_SENDER=you@example.com`."
    print(f"{len(found)} message(s).{hint}")
