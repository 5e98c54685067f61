"""Copies all tables of a stack to a folder of JSON lines (`make backup`), and puts them back (`make restore`).

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
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any

from infra.cli import CommandError
from infra.stack import DeployedStack

FORMAT = 1
# The ledger of deliveries comes first: what it knows to be sent is not sent again.
TABLES = ("EphemeralTable", "UsersTable", "CalendarTable", "WaitlistTable", "BookingsTable", "MetricsTable")
OWNER_ONLY_FOLDER, OWNER_ONLY_FILE = 0o700, 0o600
HOLDS_WHAT_HAPPENS_BY_ITSELF = {"EphemeralTable", "MetricsTable"}
CREDENTIALS = ("refresh#", "token#")  # sessions and mailed links that may be spent since
MOST_PER_WRITE = 25
WRITE_ATTEMPTS = 10
LONGEST_PAUSE_SECONDS = 10.0

type Item = Mapping[str, Any]


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


def restore(stack: DeployedStack, folder: Path, now: datetime) -> dict[str, int]:
    """Puts a copy into a stack whose tables are empty; how many items each has got."""
    files, names, dynamodb = whole_files(folder), table_names(stack), stack.client("dynamodb")
    refuse_full_tables(dynamodb, names)
    return copy_all_in(dynamodb, names, files, now)


def replace(stack: DeployedStack, folder: Path, now: datetime, copy_of: str = "") -> dict[str, int]:
    """Makes the tables hold what the copy holds, and nothing that came after it; how many items each has got.

    What has come since would contradict the copy: a booking, say, of a slot that the copy gives to somebody else.
    Interrupted, it may be run again. Raises CommandError for a copy of another stack than this one, or than `copy_of`.
    """
    files, names, dynamodb = whole_files(folder), table_names(stack), stack.client("dynamodb")
    if (source := read_manifest(folder)["stack"]) != (copy_of or stack.name):
        raise CommandError(
            f"{folder} is a copy of {source}, not of {copy_of or stack.name}: nothing was changed. "
            f"To give up what {stack.name} holds for it, say so with FROM={source}."
        )
    for table, file in files.items():
        delete_others(dynamodb, names[table], file)
    return copy_all_in(dynamodb, names, files, now)


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a copy says of itself; raises CommandError unless it was finished and can be read."""
    if not (folder / "manifest.json").is_file():
        raise CommandError(f"{folder} holds no finished copy: its manifest.json is missing.")
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    if manifest["format"] != FORMAT:
        raise CommandError(f"{folder} has format {manifest['format']}; this program reads format {FORMAT}.")
    return manifest


def whole_files(folder: Path) -> dict[str, Path]:
    """The files of a copy by table; raises CommandError when one is damaged."""
    manifest = read_manifest(folder)
    files = {table: folder / f"{table}.jsonl" for table in manifest["tables"]}
    for table, about in manifest["tables"].items():
        with files[table].open("rb") as lines:
            if hashlib.file_digest(lines, "sha256").hexdigest() != about["sha256"]:
                raise CommandError(f"{files[table]} is not what was written: the copy is damaged.")
    return files


def refuse_full_tables(dynamodb: Any, names: Mapping[str, str]) -> None:
    """Raises CommandError when a table holds what would be mixed with the copy."""
    for table in names.keys() - HOLDS_WHAT_HAPPENS_BY_ITSELF:
        if dynamodb.scan(TableName=names[table], Limit=1)["Items"]:
            raise CommandError(
                f"{table} is not empty: restore into a new stack, or give up what it holds with OVERWRITE=1."
            )


def copy_all_in(dynamodb: Any, names: Mapping[str, str], files: Mapping[str, Path], now: datetime) -> dict[str, int]:
    """Puts each file into its table; how many items each has got."""
    restored: Item = {"restored_at": {"S": f"{now:%Y-%m-%dT%H:%M:%SZ}"}}
    marks = {"BookingsTable": restored}  # the functions know by it whom not to notify
    return {
        table: copy_in(dynamodb, names[table], files[table], marks.get(table, {})) for table in TABLES if table in files
    }


def copy_in(dynamodb: Any, table: str, file: Path, mark: Item) -> int:
    """Puts the file's items into the table, each with `mark`."""
    items = 0
    for batch in batched(read_items(file), MOST_PER_WRITE, strict=False):
        write(dynamodb, table, [{"PutRequest": {"Item": {**item, **mark}}} for item in batch])
        items += len(batch)
    return items


def delete_others(dynamodb: Any, table: str, file: Path) -> None:
    """Deletes what the table holds and the file does not."""
    names = [part["AttributeName"] for part in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
    copied = {_key(item, names) for item in read_items(file)}
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        others = [item for item in page["Items"] if _key(item, names) not in copied]
        for batch in batched(others, MOST_PER_WRITE, strict=False):
            keys = [{name: item[name] for name in names} for item in batch]
            write(dynamodb, table, [{"DeleteRequest": {"Key": key}} for key in keys])


def _key(item: Item, names: Sequence[str]) -> tuple[str, ...]:
    """The item's key; every key of the stack's is text."""
    return tuple(item[name]["S"] for name in names)


def read_items(file: Path) -> Iterator[Item]:
    """The items of a file without its sessions: whoever has signed out since, or elsewhere, stays signed out."""
    with file.open("rb") as lines:
        for line in lines:
            item = json.loads(line)
            if not item.get("pk", {}).get("S", "").startswith(CREDENTIALS):
                yield item


def write(dynamodb: Any, table: str, requests: Sequence[Any]) -> None:
    """Writes a batch; what a busy table leaves over is tried again, more and more slowly."""
    left = {table: list(requests)}
    for attempt in range(WRITE_ATTEMPTS):
        left = dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems", {})
        if not left:
            return
        time.sleep(min(0.1 * 2**attempt, LONGEST_PAUSE_SECONDS))
    raise CommandError(
        f"{table} does not take more writes now. Run it again with OVERWRITE=1: it starts from the beginning."
    )
