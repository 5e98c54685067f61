"""What can be wrong with an account request."""

from booking.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class EmailTaken(Conflict):
    """Addresses are compared without regard to case."""

    sentence = "User with this email already exists"
    reason = "email_taken"


class WrongEmailOrPassword(Unauthenticated):
    """Says the same for an unknown address and a wrong password."""

    sentence = "Invalid email or password"
    reason = "invalid_login"


class RefreshTokenRejected(Unauthenticated):
    """The refresh token is unknown, expired, spent, or of an account that may no longer sign in."""

    sentence = "Could not validate credentials"
    reason = "invalid_refresh_token"


class UserNotFound(NotFound):
    """No such account."""

    sentence = "User not found"
    reason = "user_not_found"


class OwnAdminRights(Conflict):
    """An admin would lock itself out."""

    sentence = "Admins cannot deactivate or demote themselves"
    reason = "own_admin_rights"


class SpecialistRegistrationClosed(Forbidden):
    """The operator lets nobody register as a specialist."""

    sentence = "Specialists are made by an admin"
    reason = "specialist_registration_closed"


class CurrentPasswordWrong(Forbidden):
    """Who would change a password, or erase the account, shows the present one."""

    sentence = "Current password is wrong"
    reason = "current_password_wrong"


class LastAdmin(Conflict):
    """Somebody has to be left who may do what only admins may."""

    sentence = "The last admin cannot be erased"
    reason = "last_admin"


class TokenNotValid(Invalid):
    """The mailed token is unknown, over, spent, or another one was mailed since."""

    sentence = "Token is not valid"
    reason = "token_not_valid"
