"""Telephone numbers are read as people write them, and shown only in part."""

import pytest

from marketplace.identity import phones
from marketplace.identity.drafts import PhoneDraft
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+86 138 0013 8000",
        "0086 13800138000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
        "  13800138000  ",
    ],
)
def test_one_number_however_it_is_typed(typed: str) -> None:
    assert read(PhoneDraft, {"phone": typed}).phone == "+8613800138000"


def test_numbers_from_abroad_are_taken_with_their_country() -> None:
    assert phones.parse("+44 7400 123456") == "+447400123456"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "138",
        "021-62345678",
        "23800138000",
        "phone",
        "1380013800a",
        "1" * 5000,
        "\0" * 11,
        "+86",
        None,
        13800138000,
        ["1"],
    ],
)
def test_what_cannot_receive_a_message_is_refused(typed: object) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        read(PhoneDraft, {"phone": typed})
    assert caught.value.problems[0].field == "phone"


def test_a_number_is_shown_masked() -> None:
    assert phones.mask("+8613800138000") == "138****8000"
    assert phones.mask("+447400123456") == "+4*******3456"
