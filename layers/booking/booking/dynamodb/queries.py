"""Reading many items of DynamoDB: pages of lists, whole partitions, items as they are stored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pynamodb.constants import STRING
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import Index

from booking.dynamodb.attributes import RawItem
from booking.dynamodb.errors import sdk_errors_mapped
from booking.dynamodb.items import Item

MOST_QUERIES_WITH_FILTER = 4
ITEMS_PER_QUERY_WITH_FILTER = 1000
_TO_SKIP = "skip"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is wanted: from where the page before it ended (its `next_start`), or from `offset` on."""

    limit: int
    offset: int = 0
    start: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Part of a list; `next_start` is set when more follows, or may follow behind what was read."""

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

    One item more than asked for is read, so that a next page is promised only when there is one. It is one query,
    unless a filter (`only`) drops items: then larger ones follow, and after `MOST_QUERIES_WITH_FILTER` the page ends
    where they have come to, with what was found until then, which may be nothing.
    """
    start = dict(request.start or {})
    skipped = request.offset + int(start.pop(_TO_SKIP, 0))
    wanted = skipped + request.limit + 1
    pages = source.query(
        hash_key,
        within,
        filter_condition=only,
        page_size=wanted,
        last_evaluated_key=_stored_key(start),
    ).page_iter
    found: list[RawItem] = []
    queries = 0
    with sdk_errors_mapped():
        for page in pages:
            found += page["Items"]
            queries += 1
            if len(found) >= wanted or (only is not None and queries == MOST_QUERIES_WITH_FILTER):
                break
            pages.page_size = wanted - len(found) if only is None else ITEMS_PER_QUERY_WITH_FILTER
    items = [_model_of(source).from_old(raw) for raw in found[skipped : skipped + request.limit]]
    if len(found) >= wanted:
        return Page(items, key_of(items[-1]))
    return Page(items, _start_after(pages.last_evaluated_key, skipped - len(found)))


def _start_after(key: RawItem | None, still_to_skip: int) -> Mapping[str, str] | None:
    """Where the next page starts if this one ends after the item of that key, whether it was shown or not."""
    if not key:
        return None
    start = {name: str(value[STRING]) for name, value in key.items()}
    return start | {_TO_SKIP: str(still_to_skip)} if still_to_skip > 0 else start


def query_first[I: Item](source: type[I] | Index[I], hash_key: str, *, consistent: bool) -> I | None:
    """The first item of a partition, or None."""
    return next(iter(query_all(source, hash_key, None, consistent=consistent, most=1)), None)


def query_all[I: Item](
    source: type[I] | Index[I],
    hash_key: str,
    within: Condition | None,
    *,
    consistent: bool = False,
    most: int | None = None,
) -> list[I]:
    """Every item of a partition, or of a range in it, that is known to be short; or the first `most` of them."""
    with sdk_errors_mapped():
        return list(source.query(hash_key, within, consistent_read=consistent, limit=most))


def query_items(item: type[Item], hash_key: str, within: Condition | None, *, consistent: bool) -> list[RawItem]:
    """The same for what holds several kinds of items: as they are stored."""
    return list(query_raw(item, hash_key, within, consistent=consistent))


def query_every[I: Item](
    source: Index[I], hash_key: str, within: Condition | None = None, *, only: Condition | None = None
) -> Iterator[I]:
    """Every item of a partition, or of a range of it, that `only` lets pass; page by page, as they are asked for."""
    with sdk_errors_mapped():
        yield from source.query(hash_key, within, filter_condition=only)


def query_raw[I: Item](
    source: type[I] | Index[I],
    hash_key: str,
    within: Condition | None,
    *,
    consistent: bool = False,
    page_size: int | None = None,
    start: Mapping[str, str] | None = None,
) -> Iterator[RawItem]:
    """Every item of a range as it is stored, or those after `start` (a `position_of` one); page by page.

    For readers that must survive an item that cannot be understood.
    """
    pages = source.query(
        hash_key, within, consistent_read=consistent, page_size=page_size, last_evaluated_key=_stored_key(start)
    ).page_iter
    with sdk_errors_mapped():
        for page in pages:
            yield from page["Items"]


def position_of(item: RawItem, index: Index[Any]) -> Mapping[str, str]:
    """The item's key in the index."""
    table = _model_of(index)._get_connection().get_meta_table()  # noqa: SLF001  # our own base class
    return {name: item[name][STRING] for name in table.get_key_names(index.Meta.index_name)}


def _stored_key(key: Mapping[str, str] | None) -> dict[str, dict[str, str]] | None:
    return {name: {STRING: value} for name, value in key.items()} if key else None


def _model_of[I: Item](source: type[I] | Index[I]) -> type[I]:
    return cast("type[I]", source._model) if isinstance(source, Index) else source  # noqa: SLF001  # told nowhere else
