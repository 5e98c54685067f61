"""The operator's commands (docs/deploy.md): deploy, admin, erase, redrive, claim-slots, backup, restore, rotate-key."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from infra import cli
from infra.operate.admin import add_admin
from infra.operate.backup import back_up, replace, restore
from infra.operate.deploy import deploy
from infra.operate.erase import erase
from infra.operate.rotate_key import rotated
from infra.operate.target import target


def main() -> int:
    """Runs one command; its status."""
    options = argparse.ArgumentParser(prog="python -m infra.operate", description=__doc__)
    commands = options.add_subparsers(dest="command", required=True)
    of_deploy = commands.add_parser("deploy")
    of_deploy.add_argument("environment", help="staging or prod: a section of samconfig.toml")
    of_deploy.add_argument("parameters", nargs="*", metavar="Name=value", help="parameters of template.yaml")
    of_admin = commands.add_parser("admin")
    of_admin.add_argument("email")
    of_admin.add_argument("password", nargs="?", default="")
    of_erasure = commands.add_parser("erase")
    of_erasure.add_argument("email")
    commands.add_parser("redrive")
    commands.add_parser("claim-slots")
    of_backup = commands.add_parser("backup")
    of_backup.add_argument("folder", type=Path)
    of_backup.add_argument("--suffix", default="", help="of the tables' names: copies what was restored in time")
    of_restore = commands.add_parser("restore")
    of_restore.add_argument("folder", type=Path)
    of_restore.add_argument("--overwrite", action="store_true", help="delete what the copy does not hold")
    of_restore.add_argument("--from", dest="copy_of", default="", help="the stack that was copied, if it is another")
    of_rotation = commands.add_parser("rotate-key")
    of_rotation.add_argument("--now", action="store_true", help="a key has leaked")
    given, sam_options = options.parse_known_args()
    if sam_options and given.command != "deploy":
        options.error(f"unknown: {' '.join(sam_options)}")
    now = datetime.now(UTC)
    match given.command:
        case "deploy":
            return deploy(given.environment, given.parameters, sam_options)
        case "admin":
            add_admin(target(), given.email, given.password)
        case "erase":
            print(erase(target(), given.email, now))
        case "redrive":
            return redrive()
        case "claim-slots":
            return claim_slots_opened_before(now)
        case "backup":
            stack = target()
            print_counts(back_up(stack, given.folder, now, given.suffix))
            print(f"{stack} is copied to {given.folder}.")
        case "restore":
            stack = target()
            overwrite = given.overwrite
            print_counts(
                replace(stack, given.folder, now, given.copy_of) if overwrite else restore(stack, given.folder, now)
            )
            print(f"{stack} is restored from {given.folder}.")
        case "rotate-key":
            print(rotated(target(), now=now, has_leaked=given.now))
    return 0


def redrive() -> int:
    """Tries every dead letter again; 1 when some are left."""
    stack = target()
    stack.lend_to_booking()
    from infra.operate.redrive import Redrive  # noqa: PLC0415 - `booking` looks for its tables when it is imported

    counts = Redrive(stack.client, stack.outputs()).run()
    print(f"{counts['done']} tried again, {counts['stay']} left.")
    return 1 if counts["stay"] else 0


def claim_slots_opened_before(now: datetime) -> int:
    """Lets slots of an earlier release take their time; 1 when something else has the time of some."""
    stack = target()
    stack.lend_to_booking()
    from booking.slots.claim_opened import Outcome  # noqa: PLC0415 - as above
    from infra.operate.claim_slots import claim_slots  # noqa: PLC0415

    counts = claim_slots(stack, now)
    print(", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome) + ".")
    return 1 if counts[Outcome.CONFLICT] else 0


def print_counts(counts: dict[str, int]) -> None:
    """How many items each table has."""
    for table, items in counts.items():
        print(f"  {table:<16} {items:>9}")


if __name__ == "__main__":
    cli.run(main)
