"""E-mail addresses: the form that they are compared in, and the one that SES takes."""

import pytest
from email_validator import validate_email

from booking.accounts.addresses import AddressRejected, known_address, mailbox, new_address


@pytest.mark.parametrize("text", ["Ann@Example.COM", "ann@example.com", "ANN@EXAMPLE.com"])
def test_case_does_not_count(text: str) -> None:
    assert new_address(text) == known_address(text) == "ann@example.com"


@pytest.mark.parametrize("text", ["Ann@Bücher.example", "ann@xn--bcher-kva.example", "ann@BÜCHER.example"])
def test_both_spellings_of_a_domain_are_one_address_and_one_mailbox(text: str) -> None:
    assert new_address(text) == known_address(text) == "ann@bücher.example"
    assert mailbox(new_address(text)) == "ann@xn--bcher-kva.example"


@pytest.mark.parametrize("address", ["ann@example.com", "ann+tag@mail.example.co.uk", "ann@straße.example"])
def test_a_mailbox_is_what_a_mail_server_takes(address: str) -> None:
    found = mailbox(new_address(address))

    assert found.isascii()
    assert found == validate_email(address, check_deliverability=False).ascii_email


@pytest.mark.parametrize("text", ["", "ann", "ann@example", "ann@", " ann@example.com", "ann@printer.local"])
def test_what_is_no_address_is_rejected(text: str) -> None:
    for normal_form in (new_address, known_address):
        with pytest.raises(AddressRejected):
            normal_form(text)
