"""Which operations meet: every two, and the threes that tell more than every two of them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement

from tests.interleavings.operations import Operation

WITH_ACCOUNTS = (
    ("cancel 9:00", "deactivate Wanda"),
    ("move 9:00 to 11:00", "deactivate Wanda"),
    ("Wanda leaves 9:00", "deactivate Wanda"),
    ("book 11:00", "deactivate the specialist"),
    ("cancel 10:00", "deactivate the specialist"),
    ("move 10:00 to 11:00", "deactivate the specialist"),
    ("open 12:00", "deactivate the specialist"),
    ("delete 11:00", "deactivate the specialist"),
    ("cancel 10:00", "activate the specialist"),
)
TRIPLES = (
    # a slot is deleted and opened anew at the same time while somebody books, or moves to, what was there before
    ("delete 11:00", "open 11:00", "book 11:00"),
    ("delete 11:00", "open 11:00", "move 10:00 to 11:00"),
    # somebody joins, and leaves, while the slot becomes free and is booked anew
    ("cancel 10:00", "Eve waits for 10:00", "Dan waits for 10:00"),
    ("cancel 10:00", "Eve waits for 10:00", "Eve leaves 10:00"),
    ("cancel 10:00", "Eve waits for 10:00", "book 10:00"),
    ("cancel 9:00", "Wanda leaves 9:00", "Walt leaves 9:00"),
    ("cancel 9:00", "Wanda leaves 9:00", "Eve waits for 9:00"),
    ("cancel 9:00", "cancel 9:00", "Wanda leaves 9:00"),
    # one slot frees another one
    ("move 9:00 to 10:00", "move 10:00 to 9:00", "cancel 10:00"),
    ("move 9:00 to 11:00", "move 10:00 to 11:00", "book 11:00"),
    ("move 9:00 to 11:00", "cancel 9:00", "book 11:00"),
    ("move 10:00 to 11:00", "cancel 10:00", "Eve waits for 11:00"),
    ("move 10:00 to 11:00", "delete 11:00", "Eve waits for 10:00"),
    # the calendar changes under everybody's hands
    ("open 12:00", "open 12:30", "open 11:30"),
    ("open 12:00", "delete 11:00", "open 11:30"),
    ("cancel 10:00", "delete 10:00", "Eve waits for 10:00"),
    # the slot starts
    ("expire", "cancel 9:00 once begun", "move 9:00 to 11:00"),
    ("expire", "cancel 9:00", "Wanda leaves 9:00"),
)


def pairs(operations: Mapping[str, Operation]) -> Iterator[Sequence[Operation]]:
    """Every two, and each with itself, too: somebody asks the same twice.

    What is made of many writes meets only what touches the same items: there are thousands of orders of each two.
    """
    yield from combinations_with_replacement([found for found in operations.values() if found.is_one_write], 2)
    for names in WITH_ACCOUNTS:
        yield [operations[name] for name in names]


def triples(operations: Mapping[str, Operation]) -> Iterator[Sequence[Operation]]:
    """Those of `TRIPLES`."""
    for names in TRIPLES:
        yield [operations[name] for name in names]
