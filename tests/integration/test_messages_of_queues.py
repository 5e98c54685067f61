"""The messages of the queues: what the release before has put there, this one reads, and the other way round.

While a release moves gradually, both work on one queue; these texts are what both write.
"""

from datetime import UTC, datetime

import pytest

from booking.accounts.mailed_links import AccountMail, Purpose
from booking.background.shards import ShardMessage
from booking.notifications.mail_requests import DigestRequest, MailRequest, parse
from booking.notifications.messages import Audience, Occasion
from booking.privacy.erase import Erasure

NINE, TEN = datetime(2030, 3, 1, 9, tzinfo=UTC), datetime(2030, 3, 1, 10, tzinfo=UTC)
BOOKING = {"booking_id": {"S": "bkg_1"}}
AFTER = {"timer": "expire#1", "starts": "2030", "booking_id": "bkg_1"}

MAILS = [
    (
        AccountMail("account#1", Purpose.VERIFICATION, "ann@example.com"),
        '{"kind": "account_mail", "key": "account#1", "purpose": "verification", "address": "ann@example.com"}',
    ),
    (
        MailRequest("mail#1", Occasion.RESCHEDULED, Audience.SPECIALIST, BOOKING, BOOKING),
        (
            '{"mail": "mail#1", "occasion": "rescheduled", "audience": "specialist", '
            '"booking": {"booking_id": {"S": "bkg_1"}}, "before": {"booking_id": {"S": "bkg_1"}}}'
        ),
    ),
    (
        MailRequest("mail#1", Occasion.CONFIRMED, Audience.CLIENT, BOOKING),
        (
            '{"mail": "mail#1", "occasion": "confirmed", "audience": "client", '
            '"booking": {"booking_id": {"S": "bkg_1"}}, "before": null}'
        ),
    ),
    (
        DigestRequest("spc_1", NINE, TEN),
        (
            '{"mail": "digest#spc_1#2030-03-01T10:00:00.000000Z", "occasion": "digest", "specialist": "spc_1", '
            '"since": "2030-03-01T09:00:00.000000Z", "morning": "2030-03-01T10:00:00.000000Z"}'
        ),
    ),
]
SHARDS = [
    (
        ShardMessage("expire", 1, NINE),
        '{"sweep": "expire", "shard": 1, "until": "2030-03-01T09:00:00.000000Z", "after": null}',
    ),
    (
        ShardMessage("expire", 1, NINE, AFTER),
        (
            '{"sweep": "expire", "shard": 1, "until": "2030-03-01T09:00:00.000000Z", '
            '"after": {"timer": "expire#1", "starts": "2030", "booking_id": "bkg_1"}}'
        ),
    ),
]
ERASURES = [
    (
        Erasure("usr_1", "gst_1", NINE, TEN),
        (
            '{"erase": "usr_1", "guest": "gst_1", '
            '"began": "2030-03-01T09:00:00.000000Z", "until": "2030-03-01T10:00:00.000000Z"}'
        ),
    )
]


@pytest.mark.parametrize(("mail", "text"), MAILS)
def test_mail_of_another_release_is_understood(mail: AccountMail | MailRequest | DigestRequest, text: str) -> None:
    assert (mail.text, parse(text)) == (text, mail)


@pytest.mark.parametrize(("message", "text"), SHARDS)
def test_a_shard_of_another_release_is_understood(message: ShardMessage, text: str) -> None:
    assert (message.text, ShardMessage.parse(text)) == (text, message)


@pytest.mark.parametrize(("erasure", "text"), ERASURES)
def test_an_erasure_of_another_release_is_understood(erasure: Erasure, text: str) -> None:
    assert (erasure.text, Erasure.parse(text)) == (text, erasure)
