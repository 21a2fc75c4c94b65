"""Telephone numbers as people write them: any spacing, full-width digits, with or without +86."""

import unicodedata
from typing import Annotated

import phonenumbers
from pydantic import BeforeValidator

DEFAULT_REGION = "CN"
PURPOSE = "phone"
_LONGEST = 40


def parse(text: str) -> str | None:
    """The number as +8613800138000 (E.164), or None when it is not one that can receive a message."""
    plain = unicodedata.normalize("NFKC", text[: _LONGEST + 1]).strip()
    if not plain or len(plain) > _LONGEST:
        return None
    try:
        number = phonenumbers.parse(plain, DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return None
    kinds = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in kinds:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask(number: str) -> str:
    """What may be shown of a number: 138****8000, abroad +1******1234."""
    shown = number.removeprefix("+86")
    kept = 3 if shown != number else 2
    return f"{shown[:kept]}{'*' * (len(shown) - kept - 4)}{shown[-4:]}"


def _read(given: object) -> object:
    if not isinstance(given, str):
        return given
    number = parse(given)
    if number is None:
        raise ValueError("phone_invalid")
    return number


Phone = Annotated[str, BeforeValidator(_read)]
"""A field of a draft that holds a mobile number; it arrives as E.164."""
