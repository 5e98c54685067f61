"""Copies all tables of a stack to a folder of JSON lines, and back (`make backup`, `make restore`).

A file holds one table, an item per line, in DynamoDB's own JSON; `manifest.json` says what is there and is written
last, so that a copy which was interrupted is never restored. The files hold e-mail addresses and password hashes: they
are readable by their owner only. The signing key is not among them, and sessions are not put back: after a restoration
everybody signs in again.

Tables are copied one after the other: let nobody write meanwhile, or copy tables that were restored to one moment
(`--suffix`, see docs/deploy.md). Bookings are marked as restored when they are put back, so that nobody is told about
them again.
"""

import argparse
import hashlib
import json
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.settings import Mistake
from infra.target import Target, target

FORMAT = 1
# The ledger of deliveries comes first: what it knows to be sent is not sent again.
TABLES = ("EphemeralTable", "UsersTable", "CalendarTable", "WaitlistTable", "BookingsTable", "MetricsTable")
HOLDS_WHAT_HAPPENS_BY_ITSELF = {"EphemeralTable", "MetricsTable"}
SESSION = "refresh#"
RESTORED_MARK = {"BookingsTable": "restored_at"}
MOST_PER_WRITE = 25
WRITE_ATTEMPTS = 10
LONGEST_PAUSE_SECONDS = 10.0
OWNER_ONLY_FOLDER, OWNER_ONLY_FILE = 0o700, 0o600

type Item = Mapping[str, Any]


def back_up(stack: Target, folder: Path, now: datetime, suffix: str = "") -> dict[str, int]:
    """Copies every table to `folder`, which must not exist yet; how many items each has."""
    if folder.exists():
        raise Mistake(f"{folder} exists: choose another folder with DIR=…, so that no copy is mixed with another.")
    names = table_names(stack, suffix)
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True)
    dynamodb = stack.client("dynamodb")
    copied = {table: copy_out(dynamodb, name, folder / f"{table}.jsonl") for table, name in names.items()}
    manifest = {"format": FORMAT, "stack": stack.name, "made_at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "tables": copied}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return {table: about["items"] for table, about in copied.items()}


def restore(stack: Target, folder: Path, now: datetime) -> dict[str, int]:
    """Puts a copy into a stack whose tables are empty; how many items each has got."""
    files, names, dynamodb = read_manifest(folder), table_names(stack), stack.client("dynamodb")
    refuse_full_tables(dynamodb, names)
    return copy_all_in(dynamodb, names, files, now)


def replace(stack: Target, folder: Path, now: datetime) -> dict[str, int]:
    """Makes the tables hold what the copy holds, and nothing that came after it; how many items each has got.

    What has come since would contradict the copy: a booking, say, of a slot that the copy gives to somebody else.
    Interrupted, it may be run again.
    """
    files, names, dynamodb = read_manifest(folder), table_names(stack), stack.client("dynamodb")
    for table, file in files.items():
        delete_others(dynamodb, names[table], file)
    return copy_all_in(dynamodb, names, files, now)


def table_names(stack: Target, suffix: str = "") -> dict[str, str]:
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
                line = (json.dumps(item, default=_from_bytes, sort_keys=True, ensure_ascii=False) + "\n").encode()
                lines.write(line)
                digest.update(line)
                items += 1
    return {"items": items, "sha256": digest.hexdigest()}


def read_manifest(folder: Path) -> dict[str, Path]:
    """The files of a copy; raises Mistake unless they are whole."""
    if not (folder / "manifest.json").is_file():
        raise Mistake(f"{folder} holds no finished copy: its manifest.json is missing.")
    manifest = json.loads((folder / "manifest.json").read_text())
    if manifest["format"] != FORMAT:
        raise Mistake(f"{folder} has format {manifest['format']}; this program reads format {FORMAT}.")
    files = {table: folder / f"{table}.jsonl" for table in manifest["tables"]}
    for table, about in manifest["tables"].items():
        with files[table].open("rb") as lines:
            if hashlib.file_digest(lines, "sha256").hexdigest() != about["sha256"]:
                raise Mistake(f"{files[table]} is not what was written: the copy is damaged.")
    return files


def refuse_full_tables(dynamodb: Any, names: Mapping[str, str]) -> None:
    """Raises Mistake when a table holds what would be mixed with the copy."""
    for table in names.keys() - HOLDS_WHAT_HAPPENS_BY_ITSELF:
        if dynamodb.scan(TableName=names[table], Limit=1)["Items"]:
            raise Mistake(f"{table} is not empty: restore into a new stack, or give up what it holds with OVERWRITE=1.")


def copy_all_in(dynamodb: Any, names: Mapping[str, str], files: Mapping[str, Path], now: datetime) -> dict[str, int]:
    """Puts each file into its table; how many items each has got."""
    marks = {table: mark_of(table, now) for table in files}
    return {table: copy_in(dynamodb, names[table], files[table], marks[table]) for table in TABLES if table in files}


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
            if not item.get("pk", {}).get("S", "").startswith(SESSION):
                yield {name: _to_bytes(value) for name, value in item.items()}


def write(dynamodb: Any, table: str, requests: Sequence[Any]) -> None:
    """Writes a batch; what a busy table leaves over is tried again, more and more slowly."""
    left = {table: list(requests)}
    for attempt in range(WRITE_ATTEMPTS):
        left = dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems", {})
        if not left:
            return
        time.sleep(min(0.1 * 2**attempt, LONGEST_PAUSE_SECONDS))
    raise Mistake(
        f"{table} does not take more writes now. Run it again with OVERWRITE=1: it starts from the beginning."
    )


def mark_of(table: str, now: datetime) -> Item:
    """What the functions know a restored item by."""
    return {RESTORED_MARK[table]: {"S": f"{now:%Y-%m-%dT%H:%M:%SZ}"}} if table in RESTORED_MARK else {}


def _from_bytes(value: Any) -> Any:
    """Binary values travel as DynamoDB's JSON has them: in base 64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _to_bytes(value: Any) -> Any:
    """The inverse, at any depth."""
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {kind: b64decode(content)}
        case "BS":
            return {kind: [b64decode(one) for one in content]}
        case "L":
            return {kind: [_to_bytes(one) for one in content]}
        case "M":
            return {kind: {name: _to_bytes(one) for name, one in content.items()}}
        case _:
            return {kind: content}


def main() -> int:
    """The command line; 1 and a sentence when it cannot."""
    options = argparse.ArgumentParser(prog="python -m infra.backup", description=__doc__)
    options.add_argument("command", choices=["backup", "restore"])
    options.add_argument("folder", type=Path)
    options.add_argument("--suffix", default="", help="copy the tables of these names' ending: of a restore in time")
    options.add_argument("--overwrite", action="store_true", help="give up what the tables hold and the copy does not")
    given, now = options.parse_args(), datetime.now(UTC)
    try:
        stack = target()
        if given.command == "backup":
            counts = back_up(stack, given.folder, now, given.suffix)
        else:
            counts = (replace if given.overwrite else restore)(stack, given.folder, now)
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"error: AWS did not do as asked: {error}", file=sys.stderr)
        return 1
    for table, items in counts.items():
        print(f"  {table:<16} {items:>9}")
    said = f"{stack} is copied to" if given.command == "backup" else f"{stack} is restored from"
    print(f"{said} {given.folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
