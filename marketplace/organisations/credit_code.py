"""The unified social credit code of GB 32100-2015: seventeen characters and one that checks them."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from marketplace.kernel.input import FullWidthFolded

# I, O, S, V and Z are left out: they look like digits or like each other.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def check_character(body: str) -> str:
    """The eighteenth character for the first seventeen. Raises ValueError for a character that codes do not use."""
    total = sum(weight * _ALPHABET.index(char) for weight, char in zip(_WEIGHTS, body, strict=True))
    return _ALPHABET[-total % 31]


def _checked(code: str) -> str:
    code = "".join(code.split()).upper()
    if len(code) != 18 or any(char not in _ALPHABET for char in code):
        raise ValueError("credit_code_wrong")
    if check_character(code[:17]) != code[17]:
        raise ValueError("credit_code_check_wrong")
    return code


CreditCode = Annotated[str, FullWidthFolded, StringConstraints(max_length=40), AfterValidator(_checked)]
"""A field of a draft: spaces, small letters and full-width characters are forgiven, a wrong check character is not."""
