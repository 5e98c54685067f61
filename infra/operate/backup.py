"""Copies all tables of a stack to a folder of JSON lines (`make backup`); `restore` puts them back.

A file holds one table, an item per line, in DynamoDB's own JSON (no table has a binary attribute); `manifest.json` says
what is there and is written last, so that a copy which was interrupted is never restored. The files hold e-mail
addresses and password hashes: they are readable by their owner only. The signing key is not among them, and sessions
are not put back: after a restoration everybody signs in again.

Tables are copied one after the other: let nobody write meanwhile, or copy tables that were restored to one moment
(`--suffix`, see docs/deploy.md). Bookings are marked as restored when they are put back, so that nobody is told about
them again.
"""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.cli import CommandError
from infra.stack import DeployedStack

FORMAT = 1
# The ledger of deliveries comes first: what it knows to be sent is not sent again.
TABLES = ("EphemeralTable", "UsersTable", "CalendarTable", "WaitlistTable", "BookingsTable", "MetricsTable")
OWNER_ONLY_FOLDER, OWNER_ONLY_FILE = 0o700, 0o600


def back_up(stack: DeployedStack, folder: Path, now: datetime, suffix: str = "") -> dict[str, int]:
    """Copies every table to `folder`, which must not exist yet; how many items each has."""
    if folder.exists():
        raise CommandError(f"{folder} exists: choose another folder with DIR=…, so that no copy is mixed with another.")
    names = table_names(stack, suffix)
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True)
    dynamodb = stack.client("dynamodb")
    copied = {table: copy_out(dynamodb, name, folder / f"{table}.jsonl") for table, name in names.items()}
    manifest = {"format": FORMAT, "stack": stack.name, "made_at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "tables": copied}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return {table: about["items"] for table, about in copied.items()}


def table_names(stack: DeployedStack, suffix: str = "") -> dict[str, str]:
    """The stack's tables by logical id."""
    of_stack = stack.outputs()
    return {table: of_stack[f"{table}Name"] + suffix for table in TABLES}


def copy_out(dynamodb: Any, table: str, file: Path) -> dict[str, Any]:
    """Writes the table to the file; how many items, and the file's hash."""
    digest, items = hashlib.sha256(), 0
    file.touch(mode=OWNER_ONLY_FILE)
    with file.open("wb") as lines:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                line = (json.dumps(item, sort_keys=True, ensure_ascii=False) + "\n").encode()
                lines.write(line)
                digest.update(line)
                items += 1
    return {"items": items, "sha256": digest.hexdigest()}
