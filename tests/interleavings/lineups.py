"""Which operations meet: every two, and the threes that tell more than every two of them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from tests.interleavings.scheduler import calling
from tests.interleavings.store import Store
from tests.interleavings.worlds import (
    ACCOUNT,
    ACROSS,
    BESIDE,
    BOTH,
    CLOSED,
    GUESTS,
    HELD,
    HOURS,
    HOURS_CLOSED,
    HOURS_GUEST,
    HOURS_HELD,
    HOURS_INACTIVE,
    HOURS_TAKEN_OVER,
    INACTIVE,
    OPENED,
    TAKEN_OVER,
    a_world,
)

EVERYTHING = os.environ.get("INTERLEAVINGS") == "all"
ERASING = ("erase Ann", "erase Cid", "erase Dan", "erase Eve", "erase Wanda", "erase the specialist")
IN_MANY_WRITES = frozenset({"deactivate Wanda", "deactivate the specialist", "activate the specialist", *ERASING})
WITH_ERASURE = (
    "register with Ann's address",
    "Ann is called like her address",
    "reset the password",
    "change the password",
    "verify",
    "log in",
    "refresh",
    "deactivate Ann",
    "make Ann a specialist",
)
PAIR = 2
type Names = tuple[str, ...]

IN_PAIRS: Mapping[str, Sequence[str]] = {
    OPENED: (
        "book 11:00 with a key",
        "book 10:00",
        "cancel 9:00",
        "cancel 10:00",
        "move 9:00 to 11:00",
        "Eve waits for 10:00",
        "Wanda leaves 9:00",
        "expire",
        "open 11:30",
        "open 12:00",
        "delete 11:00",
    ),
    HOURS: (
        "book a trim at 10:00",
        "book a cut at 10:00",
        "cancel Ann's 9:00",
        "cancel Ben's cut",
        "move Ann's 9:00 by 15 minutes",
        "Eve waits for a cut at 10:00",
        "Wanda leaves 9:00",
        "expire",
        "time off at 10:00",
        "time off ends",
        "open until 10:00 only",
        "open 10:15",
        "delete 14:00",
    ),
}
"""At least one of each kind: of these every two meet, and each itself. With `INTERLEAVINGS=all`, every two of all."""

TOLD: Mapping[str, Sequence[Names]] = {
    OPENED: (
        # what only two of the others meet on
        ("cancel 9:00 once begun", "Wanda leaves 9:00"),
        ("cancel 9:00 once begun", "expire"),
        ("Ann has not come", "expire"),
        ("Ann has not come", "Ann has not come"),
        ("Ann has not come", "cancel 9:00 once begun"),
        ("Ann has not come", "move 9:00 to 11:00"),
        ("move 9:00 to 10:00", "cancel 10:00"),
        ("open 11:00", "delete 11:00"),
        ("open 12:00", "open 12:30"),
        ("open 23:30", "open 23:30"),
        ("open half a minute past 15:00", "delete 14:00"),
        ("open tomorrow 9:00", "open tomorrow 9:30"),
        ("book 11:00 with a key", "book 14:00 with the same key"),
        ("book 9:00 once begun", "cancel 9:00 once begun"),
        ("move 10:00 to 9:00 once begun", "cancel 9:00 once begun"),
        ("Eve waits for 9:00 once begun", "open 12:00"),
        ("Ben waits for 10:00", "cancel 10:00"),
        # a slot is deleted and opened anew at the same time while somebody means what was there before
        ("delete 11:00", "open 11:00", "book 11:00"),
        ("delete 11:00", "open 11:00", "move 10:00 to 11:00"),
        ("delete 11:00", "open 11:00", "delete 11:00"),
        ("delete 11:00", "open 11:00 and book it", "Eve waits for 11:00"),
        # somebody joins, and leaves, while the slot becomes free and is booked anew
        ("cancel 10:00", "Eve waits for 10:00", "Dan waits for 10:00"),
        ("cancel 10:00", "Eve waits for 10:00", "Eve leaves 10:00"),
        ("cancel 10:00", "Eve waits for 10:00", "book 10:00"),
        ("cancel 10:00", "delete 10:00", "Eve waits for 10:00"),
        ("cancel 10:00", "cancel 10:00", "book 10:00"),
        ("cancel 9:00", "Wanda leaves 9:00", "Walt leaves 9:00"),
        ("cancel 9:00", "Wanda leaves 9:00", "Eve waits for 9:00"),
        # one slot frees another one
        ("move 9:00 to 10:00", "move 10:00 to 9:00", "cancel 10:00"),
        ("move 9:00 to 11:00", "move 10:00 to 11:00", "book 11:00"),
        ("move 9:00 to 11:00", "cancel 9:00", "book 11:00"),
        ("move 10:00 to 11:00", "cancel 10:00", "Eve waits for 11:00"),
        ("move 10:00 to 11:00", "delete 11:00", "Eve waits for 10:00"),
        # the calendar changes, and the slot starts, under everybody's hands
        ("open 12:00", "open 12:30", "open 11:30"),
        ("open 12:00", "delete 11:00", "open 11:30"),
        ("expire", "cancel 9:00 once begun", "move 9:00 to 11:00"),
        ("expire", "cancel 9:00", "Wanda leaves 9:00"),
        # what is made of many writes meets only what touches the same items
        ("cancel 9:00", "deactivate Wanda"),
        ("Wanda leaves 9:00", "deactivate Wanda"),
        ("book 11:00", "deactivate the specialist"),
        ("cancel 10:00", "deactivate the specialist"),
        ("open 12:00", "deactivate the specialist"),
        # somebody is erased meanwhile
        ("erase Ann", "cancel 9:00"),
        ("erase Ann", "move 9:00 to 11:00"),
        ("erase Ann", "Wanda leaves 9:00"),
        ("erase Ann", "expire"),
        ("erase Ann", "Ann has not come"),
        ("erase Dan", "erase Dan"),
        ("erase Dan", "book 11:00"),
        ("erase Eve", "Eve waits for 10:00"),
        ("erase Wanda", "cancel 9:00"),
        ("erase Wanda", "deactivate Wanda"),
        ("erase the specialist", "book 11:00"),
        ("erase the specialist", "open 12:00"),
        ("erase the specialist", "cancel 9:00"),
    ),
    HELD: (
        ("confirm 11:00", "lapse"),
        ("confirm 11:00", "confirm 11:00"),
        ("confirm 11:00", "cancel 11:00"),
        ("confirm 11:00 too late", "lapse"),
        ("lapse", "lapse"),
        ("lapse", "cancel 11:00"),
        ("lapse", "book 11:00"),
        ("lapse", "Eve waits for 11:00"),
        ("lapse", "delete 11:00"),
        ("erase Dan", "confirm 11:00"),
        ("erase Dan", "lapse"),
        ("Dan holds 14:00", "Dan holds 14:00"),
        ("Dan holds 14:00", "Dan holds 17:00"),
        ("confirm 11:00", "lapse", "book 11:00"),
        ("confirm 11:00", "lapse", "Eve waits for 11:00"),
        ("confirm 11:00", "Dan holds 14:00", "Dan holds 17:00"),
    ),
    GUESTS: (
        ("Gus holds 14:00", "Gus holds 18:00"),
        ("Gus confirms 11:00", "lapse"),
        ("Gus confirms 11:00", "Gus cancels 11:00"),
        ("Gus confirms 11:00", "Cid takes 11:00 over"),
        ("Cid takes 17:00 over", "Cid takes 17:00 over"),
        ("Cid takes 17:00 over", "Gus cancels 17:00"),
        ("Cid takes 17:00 over", "Gus moves 17:00"),
        ("Gus confirms 11:00", "Cid takes 11:00 over", "Gus cancels 11:00"),
        ("Gus confirms 11:00", "Cid takes 11:00 over", "lapse"),
        ("Cid takes 17:00 over", "Gus moves 17:00", "Gus cancels 17:00"),
        # an account waits for what the guest has that it is
        ("Cid takes 17:00 over", "Cid waits for 17:00"),
        ("Cid takes 17:00 over", "Cid waits for 17:00", "Gus cancels 17:00"),
        ("Cid takes 17:00 over", "Cid waits for 17:00", "Gus moves 17:00"),
        ("erase Cid", "Gus confirms 11:00"),
        ("erase Cid", "Gus moves 17:00"),
        ("erase Cid", "Cid takes 17:00 over"),
        ("erase Cid", "lapse"),
    ),
    TAKEN_OVER: (
        ("Gus cancels 17:00", "Cid leaves 17:00"),
        ("Gus cancels 17:00", "Wanda leaves 17:00"),
        ("Gus cancels 17:00", "Gus moves 17:00"),
        ("Gus moves 17:00", "Cid leaves 17:00"),
        ("Gus cancels 17:00", "Cid leaves 17:00", "Wanda leaves 17:00"),
        ("Gus cancels 17:00", "Cid leaves 17:00", "Cid waits for 17:00"),
    ),
    CLOSED: (
        ("cancel 10:00", "book 10:00"),
        ("cancel 10:00", "move 9:00 to 10:00"),
        ("cancel 9:00", "move 10:00 to 9:00"),
        ("cancel 9:00", "open 12:00"),
        ("cancel 10:00", "activate the specialist", "book 10:00"),
    ),
    INACTIVE: (
        ("cancel 9:00", "book 11:00"),
        ("cancel 9:00", "Walt leaves 9:00"),
        ("move 9:00 to 11:00", "Walt leaves 9:00"),
    ),
    HOURS: (
        ("book 14:00 for a cut", "delete 15:00"),
        ("book 14:00 for a cut", "book 14:00"),
        ("move Ben's cut to 14:00", "delete 15:00"),
        ("move Ben's cut to 14:00", "Eve waits for 14:00 for a cut"),
        ("move Ben's cut to 10:15", "book a trim at 10:00"),
        ("move Ben's cut to 10:15", "Eve waits for 10:45"),
        ("move Ben's cut to 10:15", "cancel Ben's cut"),
        ("move Ben's cut to 10:15", "move Ben's cut to 14:00"),
        ("move Ben's cut to 14:00", "cancel Ben's cut"),
        ("open 17:00", "time off at 17:30"),
        ("cancel Ben's cut", "cancel Ben's cut", "book a trim at 10:45"),
        ("move Ann's 9:00 to 14:00", "book 14:00 for a cut"),
        ("move Ann's 9:00 to 14:00", "Wanda leaves 9:00"),
        ("cancel Ann's 9:00", "book a trim at 9:45"),
        ("move Ann's 9:00 to 14:00", "expire"),
        ("cancel Ann's 9:00", "no trims"),
        ("time off ends", "no trims"),
        ("time off ends", "closed that day"),
        ("time off ends", "Will leaves 12:00"),
        ("time off at 11:30", "cancel Ben's cut"),
        ("open 10:00", "time off at 10:00"),
        ("Eve waits for 14:00 for a cut", "delete 15:00"),
        ("cancel Ben's cut", "Eve waits for a cut at 10:00", "book a trim at 10:00"),
        ("cancel Ann's 9:00", "Wanda leaves 9:00", "book a trim at 9:45"),
    ),
    HOURS_HELD: (
        ("lapse", "confirm 10:00"),
        ("lapse", "cancel Ben's cut"),
        ("lapse", "book a trim at 9:45"),
    ),
    HOURS_GUEST: (
        ("Cid takes 10:00 over", "Gus cancels 10:00"),
        ("Cid takes 10:00 over", "Gus moves 10:00 to 14:00"),
        ("Cid takes 10:00 over", "Cid leaves 10:00"),
    ),
    HOURS_TAKEN_OVER: (
        ("Gus cancels 10:00", "Cid leaves 10:00"),
        ("Gus cancels 10:00", "Eve leaves 10:00"),
        ("Gus cancels 10:00", "cancel Ben's cut"),
        ("Gus moves 10:00 to 14:00", "Cid leaves 10:00"),
        ("Gus moves 10:00 to 14:00", "cancel Ann's 9:00"),
    ),
    HOURS_CLOSED: (
        ("time off at 10:00", "open until 10:00 only"),
        ("closed that day", "no trims"),
    ),
    HOURS_INACTIVE: (("cancel Ann's 9:00", "book a trim at 10:00"),),
    ACROSS: (("cancel Ann's 9:00", "cancel Ben's cut"),),
    BESIDE: (
        ("delete 15:00", "book 14:00"),
        ("delete 15:00", "delete 14:00"),
        ("delete 15:00", "deactivate the specialist"),
        ("delete 15:00", "Dan waits for 14:00 for a cut"),
        ("delete 15:00", "Eve leaves 14:00", "Dan waits for 14:00 for a cut"),
    ),
    BOTH: (
        ("delete 15:00", "cancel Cid's 14:00"),
        ("cancel Cid's 14:00", "Dan waits for 14:00"),
        ("cancel Cid's 14:00", "Eve leaves 14:00", "Dan waits for 14:00"),
    ),
    ACCOUNT: (
        # a link is good for one use, and the last one mailed is the good one
        ("reset the password", "reset it otherwise"),
        ("reset the password", "mail a link to reset"),
        ("verify", "verify"),
        ("verify", "mail a link to verify"),
        ("verify", "deactivate Ann"),
        ("verify", "reset the password"),
        # a new password ends every session, also one that is just being opened or refreshed
        ("reset the password", "change the password"),
        ("reset the password", "log in"),
        ("reset the password", "refresh"),
        ("reset the password", "deactivate Ann"),
        ("change the password", "change the password"),
        ("change the password", "log in"),
        ("change the password", "refresh"),
        ("change the password", "deactivate Ann"),
        ("change the password", "make Ann a specialist"),
        ("change the password", "log out"),
        ("refresh", "refresh elsewhere"),
        ("refresh", "deactivate Ann"),
        ("reset the password", "change the password", "refresh"),
        ("reset the password", "reset it otherwise", "log in"),
        ("change the password", "log out", "reset the password"),
        ("change the password", "log out", "deactivate Ann"),
        ("change the password", "log out", "make Ann a specialist"),
        # who is erased has no account any more, and somebody may have one with that address
        *(("erase Ann", name) for name in WITH_ERASURE),
    ),
}


@dataclass(frozen=True)
class Lineup:
    """Names of operations that begin together on the morning of a world."""

    world: str
    names: Names

    def __str__(self) -> str:
        return f"{self.world}: {' | '.join(self.names)}"

    @property
    def with_faults(self) -> bool:
        """Of three, or of what makes many calls, there are too many orders with faults, unless all is asked for."""
        is_short = len(self.names) == PAIR and IN_MANY_WRITES.isdisjoint(self.names)
        return is_short or EVERYTHING


def lineups() -> Iterator[Lineup]:
    """All that are looked at."""
    for world, names in IN_PAIRS.items():
        of_pairs = _every_one_of(world) if EVERYTHING else names
        yield from (Lineup(world, pair) for pair in combinations_with_replacement(of_pairs, 2))
    for world, told in TOLD.items():
        yield from (Lineup(world, names) for names in told)


def _every_one_of(world: str) -> Sequence[str]:
    """But what is made of many writes: there are thousands of orders of each two."""
    store = Store()
    with calling(store):
        operations = a_world(store, world).operations
    return [name for name, operation in operations.items() if operation.is_one_write]
