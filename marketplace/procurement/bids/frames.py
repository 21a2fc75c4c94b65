"""How a way in and the strongroom talk: pieces of bytes, each after its length. Standard library only, for the strongroom's sake."""

from typing import BinaryIO, Final

LARGEST: Final = 24 * 1024 * 1024
"""No sealed bid is larger; a length beyond it is a fault, not a request for memory."""


class BrokenFrame(ValueError):
    """The other side went away in the middle, or does not speak as agreed."""


def packed(content: bytes) -> bytes:
    """``content`` with its length before it."""
    return len(content).to_bytes(4) + content


def read(stream: BinaryIO) -> bytes | None:
    """The next piece; None at the end. Raises BrokenFrame."""
    head = stream.read(4)
    if not head:
        return None
    length = length_of(head)
    content = stream.read(length)
    if len(content) != length:
        raise BrokenFrame
    return content


def length_of(head: bytes) -> int:
    """How long the piece after these four bytes is. Raises BrokenFrame."""
    length = int.from_bytes(head)
    if len(head) != 4 or length > LARGEST:
        raise BrokenFrame
    return length
