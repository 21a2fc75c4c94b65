"""Receipts: the house signs that it took in a sealed text, when, and for which version of the tender. Anybody checks it offline."""

import json
from collections.abc import Mapping
from typing import Any, Final

import rfc8785
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from marketplace.kernel.vault import Vault

FORMAT: Final = "wushe-receipt/1"
LARGEST: Final = 16 * 1024

_PURPOSE: Final = "receipt_signing_key"


class UnfitReceipt(ValueError):
    """The text is not a receipt."""


def signing_key(vault: Vault) -> SigningKey:
    """The house's key for receipts; it follows from the house's secret, so it is the same on every machine of the house."""
    return SigningKey(vault.fingerprint("ed25519", _PURPOSE))


def public_key(vault: Vault) -> str:
    """With which anybody checks the house's receipts, as 64 hexadecimal digits."""
    return bytes(signing_key(vault).verify_key).hex()


def sign(vault: Vault, facts: Mapping[str, Any]) -> dict[str, Any]:
    """``facts`` as a receipt, with the signature of their canonical form."""
    key = signing_key(vault)
    stated = {**facts, "format": FORMAT, "public_key": bytes(key.verify_key).hex()}
    return {**stated, "signature": key.sign(rfc8785.dumps(stated)).signature.hex()}


def is_genuine(receipt: Mapping[str, Any], house_key: str) -> bool:
    """Whether the house whose public key this is signed exactly this. A receipt's own key proves nothing: anybody has a key."""
    stated = {name: value for name, value in receipt.items() if name != "signature"}
    if stated.get("format") != FORMAT or stated.get("public_key") != house_key.strip().lower():
        return False
    try:
        signature = bytes.fromhex(str(receipt["signature"]))
        VerifyKey(bytes.fromhex(house_key.strip())).verify(rfc8785.dumps(stated), signature)
    except (BadSignatureError, KeyError, ValueError, TypeError):
        return False
    return True


def read(text: str | bytes) -> dict[str, Any]:
    """A receipt from its file. Raises UnfitReceipt."""
    if len(text) > LARGEST:
        raise UnfitReceipt
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise UnfitReceipt from None
    if not isinstance(given, dict) or "signature" not in given:
        raise UnfitReceipt
    return given
