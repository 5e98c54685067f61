"""Passwords: argon2id with the parameters that OWASP's Password Storage Cheat Sheet names first."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from booking.accounts.errors import CurrentPasswordWrong

_hasher = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)

# The hash of a random password that was thrown away, made with the parameters above.
_NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$jomtIFhp3G3xX3d/gbWT6A$7FB4hQhX4qfS4JCLeLyf8vmfmxsgx65xqC+Hy99+coQ"


def hash_password(password: str) -> str:
    """The hash to store, with its parameters and salt."""
    return _hasher.hash(password)


def matches(password: str, stored_hash: str | None) -> bool:
    """Whether the password is the one behind the hash.

    Without a hash (no such account) the same work is done against another one, so that the time that
    it takes does not tell whether the account exists.
    """
    try:
        _hasher.verify(stored_hash or _NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored_hash is not None


def check_current_password(password: str, stored_hash: str) -> None:
    """Raises `CurrentPasswordWrong`."""
    if not matches(password, stored_hash):
        raise CurrentPasswordWrong


def needs_rehash(stored_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored_hash)
