"""Changes single points of the code and looks whether a test notices: `python -m tests.mutants --count 150 --seed 1`.

Ends with status 1 when a change survives that `equivalent.toml` does not explain.
"""

import argparse
import hashlib
import json
import secrets
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from infra.settings import ROOT
from tests.mutants.mutations import Mutant, mutants
from tests.mutants.tests_of_lines import PACKAGE, STATE, TestsFail, TestsOfLines

RUNNERS = 2
SECONDS_EACH = 120.0
EXPLAINED = Path(__file__).with_name("equivalent.toml")
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__")
TOOLS = (".venv", ".venv-tools", ".env.example", ".github", ".ci", ".checkov.yaml")


class RunnerEnded(Exception):
    """It has said why."""


@dataclass
class Runner:
    """A process with a tree of its own, in which a mutant meets no other."""

    process: subprocess.Popen[str]

    def verdict(self, mutant: Mutant, tests: list[str]) -> str:
        """Raises RunnerEnded when there is none."""
        wanted = {"module": mutant.module, "text": mutant.text, "tests": tests, "seconds": SECONDS_EACH}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RunnerEnded
        verdict: str = json.loads(answer)
        return verdict


@contextmanager
def runner(tree: Path) -> Iterator[Runner]:
    """Starts one in a fresh copy of the tree."""
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    for name in TOOLS:
        if (ROOT / name).exists():
            (tree / name).symlink_to(ROOT / name)
    command = [sys.executable, "tests/mutants/runner.py"]
    with subprocess.Popen(command, cwd=tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Runner(process)
        assert process.stdin
        process.stdin.close()


def main() -> int:
    """Prints what survives."""
    options = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    options.add_argument("--count", type=int, default=150)
    options.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options.add_argument("--only", default="", metavar="PART", help="of the modules' paths")
    chosen = options.parse_args()
    found = [
        mutant
        for file in sorted((ROOT / PACKAGE).rglob("*.py"))
        if chosen.only in (module := str(file.relative_to(ROOT)))
        for mutant in mutants(module, file.read_text())
    ]
    explained = {
        (entry["function"], entry["was"], entry["becomes"]) for entry in tomllib.loads(EXPLAINED.read_text())["mutant"]
    }
    sample = sampled(found, chosen.count, chosen.seed)
    unexplained = [mutant for mutant in sample if mutant.key not in explained]
    print(
        f"seed {chosen.seed}: {len(sample)} of {len(found)} mutants, {len(sample) - len(unexplained)} explained",
        flush=True,
    )
    try:
        verdicts = judge(unexplained, TestsOfLines())
    except TestsFail:
        print("error: the tests fail, or take too long, without any change", file=sys.stderr)
        return 2
    except RunnerEnded:
        print("error: tests ended in a way that says nothing of a mutant; the reason stands above", file=sys.stderr)
        return 2
    print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()))
    return 1 if verdicts.keys() - {"killed"} else 0


def sampled(found: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many of them; the same after a change elsewhere, so that a sample can be judged again once tests are added."""
    return sorted(found, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.key}".encode()).digest())[:count]


def judge(sample: list[Mutant], tests: TestsOfLines) -> Counter[str]:
    """How many were killed; what no test notices is printed at once."""
    free: SimpleQueue[Runner] = SimpleQueue()

    def verdict(mutant: Mutant) -> str:
        reaching = tests.reaching(mutant.module, mutant.first_line, mutant.last_line)
        mine = free.get()
        try:
            return mine.verdict(mutant, reaching) if reaching else "reached by no test"
        finally:
            free.put(mine)

    def told(mutant: Mutant) -> str:
        found = verdict(mutant)
        print("." if found == "killed" else f"\n{found}: {mutant}\n", end="", flush=True)
        return found

    with ExitStack() as running:
        for number in range(RUNNERS):
            free.put(running.enter_context(runner(STATE / f"tree-{number}")))
        if sample and verdict(replace(sample[0], text=(ROOT / sample[0].module).read_text())) != "survived":
            raise TestsFail
        with ThreadPoolExecutor(RUNNERS) as pool:
            return Counter(pool.map(told, sample))


if __name__ == "__main__":
    sys.exit(main())
