"""From a GraphQL input to the mapping that ``kernel.input.read`` makes a draft of."""

from dataclasses import fields, is_dataclass
from typing import Any

import strawberry


def given(input: Any) -> dict[str, Any]:
    """The fields of ``input`` that the client named, nested inputs likewise. Defaults are left to the draft."""
    named = {item.name: getattr(input, item.name) for item in fields(input)}
    return {name: _plain(value) for name, value in named.items() if value is not strawberry.UNSET}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return given(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
