"""A bid in its envelope: canonical, padded so that its length tells nothing, sealed so that only the tender key opens it.

    "WUSHEBID" · length of the document (4 bytes) · the document as canonical JSON · the papers, one after the other · zeros up to a bucket

The sealed text adds 48 bytes (libsodium's sealed box: X25519, XSalsa20, Poly1305). Whoever sees it learns its bucket and nothing else.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nacl.public import PublicKey, SealedBox

from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.procurement.bids.bid_file import BidDocument, BidFile

MOST_BYTES: Final = 20 * 1024 * 1024
"""A bid with all its papers, before it is sealed."""

BUCKETS: Final = (32 * 1024, 128 * 1024, 512 * 1024, 2 * 1024 * 1024, 8 * 1024 * 1024, MOST_BYTES)

_MAGIC: Final = b"WUSHEBID"
_HEAD: Final = len(_MAGIC) + 4
_OVERHEAD: Final = 48


class BidIsTooLarge(ValueError):
    """With its papers the bid is larger than any bucket."""


class UnreadableBid(ValueError):
    """What was in the envelope is no bid."""


def document_of(name: str, media_type: str, content: bytes) -> BidDocument:
    """The line that stands for a paper in the bid."""
    return BidDocument(
        name=name, media_type=media_type, size=len(content), sha256=hashlib.sha256(content).hexdigest()
    )


def canonical(bid: BidFile) -> bytes:
    """The document's one way to be written (RFC 8785)."""
    return canonical_json(bid.model_dump(mode="json"))


def canonical_json(content: Mapping[str, Any]) -> bytes:
    """RFC 8785 for content whose names are ASCII and whose numbers are whole: then the standard library writes it, ten times quicker."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def pack(bid: BidFile, papers: Sequence[bytes]) -> bytes:
    """The padded content of an envelope. ``papers`` are those of ``bid.documents``, in their order. Raises BidIsTooLarge."""
    document = canonical(bid)
    content = b"".join([_MAGIC, len(document).to_bytes(4), document, *papers])
    for bucket in BUCKETS:
        if len(content) <= bucket:
            return content.ljust(bucket, b"\0")
    raise BidIsTooLarge


def seal(content: bytes, tender_key: bytes) -> bytes:
    """The envelope, closed: only the private half of ``tender_key`` opens it."""
    return SealedBox(PublicKey(tender_key)).encrypt(content)


def is_sealed_length(length: int) -> bool:
    """Whether an envelope can be this long. Anything else is another file, or one whose length tells something."""
    return length - _OVERHEAD in BUCKETS


def document_in(content: bytes) -> bytes:
    """The canonical document of a content that ``unpack`` could read: what the bid's hash is over."""
    return content[_HEAD : _HEAD + int.from_bytes(content[len(_MAGIC) : _HEAD])]


def unpack(content: bytes) -> tuple[BidFile, list[bytes]]:
    """The bid and its papers. Raises UnreadableBid for whatever ``pack`` never made, however well it was sealed."""
    end = _HEAD + int.from_bytes(content[len(_MAGIC) : _HEAD])
    if not content.startswith(_MAGIC) or end > len(content):
        raise UnreadableBid
    document = content[_HEAD:end]
    try:
        bid = read(BidFile, json.loads(document))
        if canonical(bid) != document:
            raise UnreadableBid
    except (ValueError, TypeError, RecursionError, InputIsInvalid):
        raise UnreadableBid from None
    papers = []
    for line in bid.documents:
        paper = content[end : end + line.size]
        if len(paper) != line.size or hashlib.sha256(paper).hexdigest() != line.sha256:
            raise UnreadableBid
        papers.append(paper)
        end += line.size
    if content.count(0, end) != len(content) - end:
        raise UnreadableBid
    return bid, papers
