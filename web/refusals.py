"""What the pages themselves refuse, and the HTTP status that each kind of refusal answers."""

from marketplace.kernel.errors import (
    Conflict,
    Invalid,
    MarketplaceError,
    Missing,
    NotAllowed,
    TooMany,
    Unavailable,
)


class FormIsForeign(NotAllowed):
    """The request began on another site."""


class FormIsStale(NotAllowed):
    """The form's token belongs to another visit: signed in or out in between, or cookies were refused."""


class FormIsTooLarge(Invalid):
    """More was sent than this form takes."""


class FormIsBroken(Invalid):
    """What was sent cannot be read as a form."""


class MethodIsUnknown(Invalid):
    """The address is right, but this cannot be done with it."""


class RequestIsBad(Invalid):
    """The request cannot be understood."""


_OWN_STATUSES: dict[type[MarketplaceError], int] = {
    FormIsTooLarge: 413,
    MethodIsUnknown: 405,
    FormIsBroken: 400,
    RequestIsBad: 400,
}
_STATUSES: dict[type[MarketplaceError], int] = {
    Missing: 404,
    NotAllowed: 403,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
    Invalid: 422,
}


def status_of(error: MarketplaceError) -> int:
    """The HTTP status for an expected error, by its kind."""
    for kind, status in (*_OWN_STATUSES.items(), *_STATUSES.items()):
        if isinstance(error, kind):
            return status
    return 500
