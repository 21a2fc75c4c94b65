"""What people hand in about ratings that are given: replies, reports, hiding, appeals, and decisions about what is held."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from marketplace.kernel.input import Draft, Printable, ShortText

MOST_REPLY = 1000
MOST_AT_ONCE = 200

Answer = Annotated[str, StringConstraints(min_length=1, max_length=MOST_REPLY), Printable]


class Part(StrEnum):
    """What of a rating can be reported and hidden. Words are keyed ``rating_part.<value>``."""

    WORDS = "words"
    PHOTOS = "photos"
    REPLY = "reply"


class HidingReason(StrEnum):
    """Why something is hidden; public. Words are keyed ``hiding_reason.<value>``."""

    PERSONAL_DATA = "personal_data"
    INSULT = "insult"
    UNLAWFUL = "unlawful"
    OFF_TOPIC = "off_topic"
    ADVERTISING = "advertising"


class ReplyDraft(Draft):
    """The provider's public word beside a rating, or the one update of it."""

    text: Answer


class ReportDraft(Draft):
    """A reader tells the moderators what is wrong with a part of a rating."""

    what: Part
    text: ShortText


class DismissalDraft(Draft):
    """A moderator finds nothing wrong with a part."""

    what: Part


class HidingDraft(Draft):
    """A moderator hides a part. The reason is public, the explanation for whose words they are."""

    what: Part
    reason: HidingReason
    explanation: ShortText


class AppealDraft(Draft):
    """Why it should not have been hidden."""

    text: Answer


class AppealDecisionDraft(Draft):
    """Another moderator restores it, or leaves it hidden."""

    is_restored: bool
    reason: ShortText


class HoldDecisionDraft(Draft):
    """An auditor lets held ratings count, or keeps them out; for several at once with one reason."""

    rating_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]
    is_upheld: bool
    reason: ShortText
