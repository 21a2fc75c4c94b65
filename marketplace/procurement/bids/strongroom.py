"""The strongroom: a process of its own in which a tender's private key exists, for a second or two, and nowhere else.

``python -m marketplace.procurement.bids.strongroom`` reads its job from standard input and answers on standard output, in ``frames``.
Python cannot wipe memory, so the process that held the key ends; it leaves no core file and other programs of the same user may not
look into it. It imports no more than it needs: it knows no database, no settings and no network.

make: openers' public keys in; tender's public key, sealed shares, commitments and canary out, after every combination opened the canary.
open: shares and canary in; then sealed bids one by one, and for each what was in it, or that it does not open.
"""

import ctypes
import json
import sys
from contextlib import suppress
from typing import Any, BinaryIO
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from marketplace.procurement.bids import frames, shares

OPENED = b"\x01"
CLOSED = b"\x00"
NOTHING = b"\x00"
"""Stands for what is too large or too small to be a sealed bid; it does not open."""

_PR_SET_DUMPABLE = 4
_F_SETPIPE_SZ = 1031
_PIPE = 1024 * 1024


def work(asked: BinaryIO, answers: BinaryIO) -> None:
    """Do the one job that ``asked`` brings."""
    first = frames.read(asked)
    if first is None:
        return
    job: dict[str, Any] = json.loads(first)
    if job["job"] == "make":
        _answer(answers, json.dumps(_make(job)).encode())
    else:
        _open(job, asked, answers)


def _make(job: dict[str, Any]) -> dict[str, Any]:
    tender_id, openers = UUID(job["tender"]), [bytes.fromhex(one) for one in job["openers"]]
    key = PrivateKey.generate()
    parts = shares.split(bytes(key), len(openers), job["threshold"])
    canary = shares.canary(tender_id, key.public_key)
    tried = shares.all_open(canary, tender_id, parts, job["threshold"])
    made = []
    for part, opener in zip(parts, openers, strict=True):
        salt = shares.new_salt()
        made.append(
            {
                "index": part.index,
                "sealed": shares.seal_share(part, opener).hex(),
                "salt": salt.hex(),
                "commitment": shares.commitment(part, salt, tender_id).hex(),
            }
        )
    return {"public_key": bytes(key.public_key).hex(), "canary": canary.hex(), "shares": made, "tried": tried}


def _open(job: dict[str, Any], asked: BinaryIO, answers: BinaryIO) -> None:
    given = [shares.Share.read(bytes.fromhex(one)) for one in job["shares"]]
    key = shares.opens(bytes.fromhex(job["canary"]), UUID(job["tender"]), given)
    _answer(answers, CLOSED if key is None else OPENED)
    if key is None:
        return
    box = SealedBox(key)
    while (sealed := frames.read(asked)) is not None:
        if not sealed:  # nothing follows for a while: whoever asked waits for what is written so far
            answers.flush()
            continue
        try:
            answers.write(frames.packed(OPENED + box.decrypt(sealed)))
        except (CryptoError, ValueError):
            answers.write(frames.packed(CLOSED))


def _answer(answers: BinaryIO, content: bytes) -> None:
    answers.write(frames.packed(content))
    answers.flush()


def keep_to_itself() -> None:
    """No core file, and no look into this process from another one, where the system knows how."""
    try:
        import resource
    except ImportError:
        return  # not a Unix
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def widen_pipes() -> None:
    """Fewer passages between the two processes, where the system has pipes that can be made wider."""
    if sys.platform != "linux":
        return
    import fcntl

    for descriptor in (0, 1):
        with suppress(OSError):
            fcntl.fcntl(descriptor, _F_SETPIPE_SZ, _PIPE)


if __name__ == "__main__":
    keep_to_itself()
    widen_pipes()
    try:
        work(sys.stdin.buffer, sys.stdout.buffer)
    except Exception as error:
        # The kind of the fault only: its words might hold a share.
        sys.exit(f"strongroom: {type(error).__name__}")
