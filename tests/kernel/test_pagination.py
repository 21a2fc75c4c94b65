"""Cursors come back from clients: whatever is in them, it is the sort key that we wrote or a refusal."""

import base64
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import CursorIsInvalid, decode_cursor, encode_cursor

KINDS = (datetime, UUID, str, int, date)


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def test_a_cursor_gives_back_its_key() -> None:
    key = (datetime(2026, 11, 22, 2, 0, tzinfo=UTC), new_id(), "助老", 3, date(2026, 11, 22))
    assert decode_cursor(encode_cursor(*key), *KINDS) == key


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (UUID, 5),
        (UUID, None),
        (UUID, "x"),
        (datetime, 5),
        (datetime, "2026-11-22"),
        (datetime, "0001-01-01T00:00:00+14:00"),
        (datetime, "9999-12-31T23:59:59-14:00"),
        (date, 5),
        (date, "2026-02-30"),
        (date, "2026-11-22T02:00:00+00:00"),
        (str, "a\0b"),
        (str, 1),
        (int, 2**63),
        (int, True),
        (int, 1.5),
        (int, "1"),
    ],
)
def test_a_forged_key_is_refused(kind: type, part: Any) -> None:
    with pytest.raises(CursorIsInvalid):
        decode_cursor(forged(part), kind)


@given(
    st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()), st.sampled_from(KINDS)
)
def test_any_text_is_a_key_or_refused(text: str, kind: type) -> None:
    try:
        (key,) = decode_cursor(text, kind)
    except CursorIsInvalid:
        return
    assert isinstance(key, kind)
