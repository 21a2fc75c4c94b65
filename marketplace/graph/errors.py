"""What can be wrong with a request or a document before any resolver runs, as sentences with codes."""

from marketplace.kernel.errors import Invalid, NotAllowed, TooMany, Unavailable


class MethodIsNotPost(Invalid):
    """GraphQL is asked by POST only."""


class ContentTypeIsNotJson(Invalid):
    """The body must be ``application/json`` in UTF-8, uncompressed."""


class BodyIsTooLarge(Invalid):
    """The body is larger than ``most`` bytes."""


class BodyIsNotJson(Invalid):
    """The body is not one strict JSON object in UTF-8."""


class BodyRepeatsAKey(Invalid):
    """An object in the body names ``key`` twice, so nobody can tell which value was meant."""


class NumberIsTooLong(Invalid):
    """A number has more than ``most`` characters, or is not a finite number."""


class BodyNestsTooDeep(Invalid):
    """The body's values are nested more than ``most`` levels deep."""


class TextIsNotUnicode(Invalid):
    """A text holds a NUL or half of a surrogate pair, which no database can keep."""


class RequestIsMalformed(Invalid):
    """``member`` of the request object is missing, unknown or of the wrong type."""


class OperationNameIsNeeded(Invalid):
    """The document holds several operations (or none), and ``operationName`` chooses none of them."""


class OriginIsForeign(NotAllowed):
    """A page of another site sent the visitor's cookie; only a same-origin page or a bearer token may act."""


class TooManyRequests(TooMany):
    """More than ``most`` requests in a minute; ``retry_after`` seconds from now there may be more."""


class TokenIsInvalid(NotAllowed):
    """The bearer token is unknown, expired or revoked."""


class TokenMayNotRead(NotAllowed):
    """The bearer token was made without the scope ``read``."""


class TokenMayNotWrite(NotAllowed):
    """The bearer token was made without the scope ``write``."""


class DocumentHasTooManyFragments(Invalid):
    """The document defines more than ``most`` fragments."""


class DocumentHasTooManySelections(Invalid):
    """The document writes down more than ``most`` selections."""


class DocumentHasTooManyAliases(Invalid):
    """With its fragments written out, the document has more than ``most`` aliases."""


class DocumentIsTooDeep(Invalid):
    """With its fragments written out, the document nests fields more than ``most`` levels deep."""


class FragmentsFormACycle(Invalid):
    """A fragment spreads itself, directly or through others."""


class FragmentIsDefinedTwice(Invalid):
    """Two fragments are called ``name``."""


class DocumentCostsTooMuch(Invalid):
    """The document may produce ``cost`` values, more than ``most``: ask for shorter pages or fewer fields."""


class MutationIsNotAlone(Invalid):
    """One mutation operation is one command: it selects exactly one field of ``Mutation``."""


class AnswerTookTooLong(Unavailable):
    """The answer was not ready within ``seconds``."""


class TooManyIds(Invalid):
    """``nodes(ids:)`` was given more than ``most`` ids."""
