"""Release packages and record packages: envelopes that say who publishes, when, under which licence and with which extensions."""

from typing import Annotated, Any, Final

from pydantic import Discriminator, Field, Tag

from marketplace.opendata.codelists import ReleaseTag
from marketplace.opendata.kinds import Maybe, Moment, Part, Plain, Uri
from marketplace.opendata.release import Release

VERSION: Final = "1.1"
_EXTENSIONS = "https://raw.githubusercontent.com/open-contracting-extensions"
OFFICIAL_EXTENSIONS: Final = (
    f"{_EXTENSIONS}/ocds_lots_extension/v1.1.5/extension.json",
    f"{_EXTENSIONS}/ocds_enquiry_extension/v1.1.5/extension.json",
    f"{_EXTENSIONS}/ocds_bid_extension/v1.1.5/extension.json",
)
"""Lots, questions and opened bids have no place in the core of 1.1; these are the standard's own extensions for them."""


class Publisher(Part):
    """Who publishes."""

    name: str
    scheme: str | None = None
    uid: str | None = None
    uri: Uri | None = None


class Package(Part):
    """What both kinds of package say about themselves."""

    uri: Uri
    version: Annotated[str, Field(pattern=r"^(\d+\.)(\d+)$")]
    extensions: list[Uri] = Field(default_factory=list)
    published_date: Moment
    publisher: Publisher
    license: Uri | None = None
    publication_policy: Uri | None = None


class ReleasePackage(Package):
    """Some releases, of one process or of many."""

    releases: Annotated[Plain[Release], Field(min_length=1)]


class LinkedRelease(Part):
    """A release that stands elsewhere."""

    url: str | None
    date: Moment
    tag: Annotated[list[ReleaseTag], Field(min_length=1)] | None = None


def _where(releases: Any) -> str:
    """Whether a record's releases stand in it or elsewhere: links have an address and no process."""
    first = releases[0] if isinstance(releases, list) and releases else None
    is_link = isinstance(first, LinkedRelease) or (
        isinstance(first, dict) and "url" in first and "ocid" not in first
    )
    return "elsewhere" if is_link else "here"


class Record(Part):
    """All that is known about one process: its releases, here or by link, and what they come to together."""

    ocid: str
    releases: Annotated[
        Annotated[list[Release], Field(min_length=1), Tag("here")]
        | Annotated[list[LinkedRelease], Field(min_length=1), Tag("elsewhere")],
        Discriminator(_where),
    ]
    compiled_release: Maybe[Release] = None
    versioned_release: Maybe[dict[str, Any]] = None


class RecordPackage(Package):
    """Some records."""

    packages: Annotated[Plain[Uri], Field(min_length=1)] = Field(default_factory=list)
    records: Annotated[Plain[Record], Field(min_length=1)]
