"""What people know who read their mail: the links in it. Made here, with the stack's key, since nobody is mailed."""

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

import jwt

from tests.e2e.deployed import DeployedStack


@dataclass(frozen=True)
class Mail:
    """The mail of everybody."""

    keys: dict[str, str]
    dynamodb: Any
    users_table: str

    @classmethod
    def of(cls, stack: DeployedStack) -> Self:
        """The mail that the stack would send."""
        outputs = stack.outputs()
        secret = stack.client("secretsmanager").get_secret_value(SecretId=outputs["SigningKeySecretArn"])
        return cls(json.loads(secret["SecretString"]), stack.client("dynamodb"), outputs["UsersTableName"])

    def guest_of(self, email: str) -> str:
        """The id of the guest who has that address."""
        key = self.keys.get("guests") or self.keys["current"]
        digest = hmac.digest(key.encode(), f"guest-id:{email}".encode(), sha256)[:16]
        return f"gst_{urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def link(self, guest: str, booking: str) -> str:
        """The token in the link that opens the booking."""
        key = self.keys.get("links") or self.keys["current"]
        claims = {"iss": "booking-api", "aud": "booking-guest", "sub": guest, "bid": booking, "jti": "0"}
        kid = sha256(b"kid:" + key.encode()).hexdigest()[:12]
        return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid})

    def verify(self, user: str) -> None:
        """Clicks the link that shows whose the address is, before anything is booked with it."""
        self.dynamodb.update_item(
            TableName=self.users_table,
            Key={"user_id": {"S": user}},
            UpdateExpression="SET email_verified = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
