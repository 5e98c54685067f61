"""What a reader can count on: modules of a readable length, and decisions that say what would change them."""

import re

import pytest

from infra.settings import ROOT

LONGEST_MODULE = 300
MODULES = sorted(path for folder in ("functions", "layers/booking", "infra") for path in (ROOT / folder).rglob("*.py"))
DECISIONS = re.split(r"^### ", (ROOT / "docs" / "decisions.md").read_text(), flags=re.MULTILINE)[1:]


def test_no_module_is_longer_than_can_be_read_at_once() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}

    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


@pytest.mark.parametrize("entry", DECISIONS, ids=lambda entry: entry.split("\n")[0])
def test_a_decision_has_a_date_and_says_what_would_change_it(entry: str) -> None:
    title, text = entry.split("\n", 1)

    assert re.search(r"\(\d{4}-\d{2}-\d{2}(, \d{4}-\d{2}-\d{2})*\)$", title)
    assert "*Would change it:*" in text.split("\n## ")[0]
