"""The consistency checker's command, behind `make consistency`: `--seconds 60 --clients 16 --faults`.

Without `--url` it brings up a stack of its own; with it, the AWS SDK's usual variables lead to that stack's tables.
Each run is kept in a file; `--check FILE` makes the checks on it again, without a stack.
Ends with status 1 when a guarantee was broken.
"""

import argparse
import asyncio
import os
import random
import secrets
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from infra.cli import CommandError
from infra.local.stack import Stack, free_port
from infra.sam import stack_name
from infra.settings import ROOT
from tests.consistency import report, workload
from tests.consistency.erasure import spell_out
from tests.consistency.evidence import Evidence
from tests.consistency.faults import FaultProxy, FunctionKiller
from tests.consistency.invariants import violations
from tests.consistency.mail import Mail
from tests.consistency.run import Run, how_to_judge_again, keep, read_again
from tests.consistency.tables import read_at_rest
from tests.e2e.deployed import DeployedStack, StackElsewhere

STATE = ROOT / ".local" / "consistency"
RUNS = ROOT / ".local" / "consistency-runs"
EMULATOR_PORT, FRONT_DOOR_PORT = 4820, 8820


@dataclass
class Target:
    """What is tested, and what makes it suffer."""

    stack: DeployedStack
    proxy: FaultProxy | None = None
    killer: FunctionKiller | None = None
    _suffering: ExitStack = field(default_factory=ExitStack)

    def suffer(self) -> None:
        if self.proxy:
            self.proxy.inject()
        if self.killer:
            self._suffering.enter_context(self.killer.at_work())

    def recover(self) -> None:
        self._suffering.close()
        if self.proxy:
            self.proxy.relent()

    def faults(self) -> Counter[str]:
        found = self.proxy.fired() if self.proxy else Counter[str]()
        if self.killer:
            found["function killed"] = self.killer.killed.total()
        return found


def main() -> int:
    """Runs clients against the stack, then checks."""
    options = argparse.ArgumentParser(prog="python -m tests.consistency", description=__doc__)
    options.add_argument("--url", help="a stack that runs already")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--faults", action="store_true", help="DynamoDB fails and functions are killed meanwhile")
    options.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options.add_argument("--check", type=Path, metavar="FILE", help="a run that was kept: check it again")
    chosen = options.parse_args()
    if chosen.url and chosen.faults:
        options.error("--faults needs a stack of the checker's own: leave --url out")
    try:
        if chosen.check:
            return judge(read_again(chosen.check))
        print(f"seed {chosen.seed}", flush=True)
        with elsewhere(chosen.url) if chosen.url else own_stack(chosen.seed, faults=chosen.faults) as target:
            return check(target, chosen.seconds, chosen.clients, chosen.seed)
    except CommandError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 2


def check(target: Target, seconds: float, clients: int, seed: int) -> int:
    """Runs the clients, keeps what came of it, and judges."""
    print(f"{clients} clients for {seconds:.0f} s …", flush=True)
    began: list[float] = []

    def begin() -> None:
        began.append(time.monotonic())
        target.suffer()

    try:
        world = asyncio.run(
            workload.run(
                target.stack.url,
                seconds=seconds,
                clients=clients,
                seed=seed,
                mail=Mail.of(target.stack),
                when_warm=begin,
            )
        )
        took = time.monotonic() - began[0]
    finally:
        target.recover()
    print("Reading the tables …", flush=True)
    tables = read_at_rest(target.stack.client("dynamodb"), target.stack.outputs())
    spell_out(world.history, tables)
    evidence = Evidence(world.history, tables, datetime.now(UTC), functions_were_killed=target.killer is not None)
    run = Run(evidence, took, target.faults())
    file = RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-seed-{seed}.json"
    keep(run, file)
    print(f"Kept; to judge it again: {how_to_judge_again(file.relative_to(ROOT))}", flush=True)
    return judge(run)


def judge(run: Run) -> int:
    """1 when a guarantee was broken, else 0."""
    found = violations(run.evidence)
    print(report.summary(run, found))
    return 1 if found else 0


@contextmanager
def own_stack(seed: int, *, faults: bool) -> Iterator[Target]:
    """A fresh stack whose functions reach DynamoDB through the fault proxy, if there are to be faults."""
    proxy = FaultProxy(free_port(), STATE / "logs" / "proxy.log", seed)
    stack = Stack(
        state=STATE,
        emulator_port=EMULATOR_PORT,
        front_door_port=FRONT_DOOR_PORT,
        parameters={"EndpointUrl": proxy.url} if faults else {},
    )
    stack.down()
    shutil.rmtree(STATE, ignore_errors=True)
    with ExitStack() as running:
        running.callback(stack.down)
        stack.up()
        if not faults:
            yield Target(stack)
            return
        about = stack.emulator.running()
        if about is None:
            raise CommandError("The embedded AWS has ended.")
        running.enter_context(proxy.running(stack.endpoint))
        yield Target(stack, proxy, FunctionKiller(about["pid"], random.Random(seed)))


@contextmanager
def elsewhere(url: str) -> Iterator[Target]:
    yield Target(StackElsewhere(url.rstrip("/"), os.environ.get("BOOKING_E2E_STACK") or stack_name()))


if __name__ == "__main__":
    sys.exit(main())
