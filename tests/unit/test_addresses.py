"""E-mail addresses: the form that they are compared in, and which there are none of."""

import pytest

from booking.accounts.addresses import AddressRejected, known_address, new_address


@pytest.mark.parametrize("text", ["Ann@Example.COM", "ann@example.com", "ANN@EXAMPLE.com"])
def test_case_does_not_count(text: str) -> None:
    assert new_address(text) == known_address(text) == "ann@example.com"


@pytest.mark.parametrize("text", ["Ann@Bücher.example", "ann@xn--bcher-kva.example", "ann@BÜCHER.example"])
def test_both_spellings_of_a_domain_are_one_address(text: str) -> None:
    assert new_address(text) == known_address(text) == "ann@bücher.example"


@pytest.mark.parametrize("text", ["", "ann", "ann@example", "ann@", " ann@example.com", "ann@printer.local"])
def test_what_is_no_address_is_rejected(text: str) -> None:
    for normal_form in (new_address, known_address):
        with pytest.raises(AddressRejected):
            normal_form(text)
