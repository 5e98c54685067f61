"""Pages of lists."""

from booking.dynamodb.queries import Page


def test_a_page_is_converted_item_by_item() -> None:
    page = Page([1, 2], {"key": "2"}).map(str)

    assert (page.items, page.next_start) == (["1", "2"], {"key": "2"})
