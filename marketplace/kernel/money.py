"""Money: whole fen in storage, yuan with two places in what people write and read."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

CNY: Final = "CNY"
MOST_FEN: Final = 10**15
"""Ten thousand million yuan: no purchase of a district comes near, and a 64-bit column holds it."""

_WRITTEN = re.compile(r"(?P<yuan>\d{1,3}(?:,\d{3})+|\d{1,13})(?:\.(?P<fen>\d{1,2}))?(?P<wan>万)?")
_MARKS = re.compile(r"^(?:CNY|RMB|¥)|(?:元|CNY|RMB)$")


def read_amount(text: str) -> int:
    """``text`` in yuan as fen: "100,000.00", "１００，０００", "¥ 12.5", "10万元". Raises ValueError("amount") for all else.

    Separators count only where they part groups of three, because "1,00" may be one yuan or a hundred; more than two places
    are refused, never rounded.
    """
    folded = unicodedata.normalize("NFKC", text).replace(" ", "").upper().replace("\u00a5", "¥")
    bare = _MARKS.sub("", _MARKS.sub("", folded))
    found = _WRITTEN.fullmatch(bare)
    if found is None:
        raise ValueError("amount")
    yuan = Decimal(found["yuan"].replace(",", "") + "." + (found["fen"] or "0"))
    fen = int(yuan * 100 * (10_000 if found["wan"] else 1))
    if fen > MOST_FEN:
        raise ValueError("amount_too_large")
    return fen


def yuan(fen: int) -> str:
    """``fen`` as programs read it: "100000.00"."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole}.{rest:02d}"


def _amount(value: Any) -> int:
    if isinstance(value, str):
        return read_amount(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_FEN:
        return value
    raise ValueError("amount")


Amount = Annotated[int, BeforeValidator(_amount)]
"""A field of a draft: text is yuan as people write it, a whole number is fen as we store it. Never negative."""
