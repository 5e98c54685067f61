"""E-mail addresses: which ones accounts may have, and the one form that they are compared and stored in.

A domain outside of ASCII is kept in letters that people read, `münchen.de`, however it was spelt.
"""

from email_validator import EmailNotValidError, validate_email


class AddressRejected(ValueError):
    """No account can have this address; says why."""


def new_address(text: str) -> str:
    """The address of a new account, as it is compared and stored.

    SES cannot send to a local part outside of ASCII or of more than 64 octets (RFC 5321, 4.5.3.1.1), nor to a domain
    that is reserved or has no dot. Raises `AddressRejected`.
    """
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise AddressRejected(str(error)) from None
    return found.normalized.lower()


def known_address(text: str) -> str:
    """The address as it is compared and stored, also one that was accepted before `new_address` refused it.

    Raises `AddressRejected`.
    """
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressRejected(str(error)) from None
    return found.normalized.lower()
