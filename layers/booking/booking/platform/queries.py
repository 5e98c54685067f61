"""Reading many items of DynamoDB: pages of lists, whole partitions, items as they are stored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pynamodb.constants import STRING
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import Index

from booking.platform.store import Item, RawItem, translated


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is wanted: after `start` (the key of the last item seen), or from `offset` on."""

    limit: int
    offset: int = 0
    start: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Part of a list; `next_start` is set when more follows."""

    items: Sequence[T]
    next_start: Mapping[str, str] | None

    def map[U](self, convert: Callable[[T], U]) -> "Page[U]":
        """The same page of converted items."""
        return Page([convert(item) for item in self.items], self.next_start)


def query_page[I: Item](
    source: type[I] | Index[I],
    hash_key: str,
    within: Condition | None,
    request: PageRequest,
    *,
    key_of: Callable[[I], Mapping[str, str]],
    only: Condition | None = None,
) -> Page[I]:
    """One page of a query, in the order of the sort key.

    One item more than asked for is read, so that a next page is promised only when there is one. It is
    one query, but with a filter (`only`), where a sparse result can take more.
    """
    wanted = request.offset + request.limit + 1
    start = {name: {STRING: value} for name, value in request.start.items()} if request.start else None
    with translated():
        found: list[I] = list(
            source.query(
                hash_key,
                within,
                filter_condition=only,
                limit=wanted,
                page_size=wanted,
                last_evaluated_key=start,
            )
        )
    items = found[request.offset : request.offset + request.limit]
    return Page(items, key_of(items[-1]) if len(found) == wanted else None)


def query_first[I: Item](source: type[I] | Index[I], hash_key: str, *, consistent: bool) -> I | None:
    """The first item of a partition, or None."""
    with translated():
        found: I | None = next(iter(source.query(hash_key, limit=1, page_size=1, consistent_read=consistent)), None)
    return found


def query_all[I: Item](
    source: type[I] | Index[I], hash_key: str, within: Condition, *, consistent: bool = False
) -> list[I]:
    """Every item in a range that is known to be short."""
    with translated():
        return list(source.query(hash_key, within, consistent_read=consistent))


def query_every[I: Item](source: Index[I], hash_key: str, *, only: Condition) -> Iterator[I]:
    """Every item of a partition that `only` lets pass, page by page."""
    with translated():
        yield from source.query(hash_key, filter_condition=only)


def query_raw(
    item: type[Item], index_name: str, hash_key: str, within: Condition, limit: int, start: RawItem | None
) -> tuple[Sequence[RawItem], RawItem | None]:
    """Items of an index as they are stored, and the key to go on after if there are more.

    For readers that must survive an item that cannot be understood.
    """
    connection = item._get_connection().connection  # noqa: SLF001  # our own base class
    with translated():
        answer = connection.query(
            item.Meta.table_name,
            hash_key,
            range_key_condition=within,
            index_name=index_name,
            limit=limit,
            exclusive_start_key=start,
        )
    return answer["Items"], answer.get("LastEvaluatedKey")
