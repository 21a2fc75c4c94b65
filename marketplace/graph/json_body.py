"""Strict JSON: one object, UTF-8, no repeated keys, finite short numbers, shallow, and only text that a database can keep."""

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any, NoReturn

from marketplace.graph.errors import (
    BodyIsNotJson,
    BodyNestsTooDeep,
    BodyRepeatsAKey,
    NumberIsTooLong,
    TextIsNotUnicode,
)

MAX_NESTING = 12
MAX_NUMBER_LENGTH = 20


def read_object(body: bytes) -> dict[str, Any]:
    """The object that ``body`` spells. Raises BodyIsNotJson, BodyRepeatsAKey, NumberIsTooLong, BodyNestsTooDeep, TextIsNotUnicode."""
    try:
        value = _decoder.decode(body.decode("utf-8"))
    except RecursionError:
        raise BodyNestsTooDeep(most=MAX_NESTING) from None
    except ValueError:
        raise BodyIsNotJson() from None
    if not isinstance(value, dict):
        raise BodyIsNotJson()
    _check(value)
    return value


def _check(value: Any) -> None:
    waiting = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_NESTING:
            raise BodyNestsTooDeep(most=MAX_NESTING)
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, dict):
            waiting.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list):
            waiting.extend((part, depth + 1) for part in item)


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise TextIsNotUnicode()


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise BodyRepeatsAKey(key=next(key for key in keys if keys.count(key) > 1))
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise NumberIsTooLong(most=MAX_NUMBER_LENGTH)
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if len(text) > MAX_NUMBER_LENGTH or not isfinite(value):
        raise NumberIsTooLong(most=MAX_NUMBER_LENGTH)
    return value


def _constant(_text: str) -> NoReturn:
    raise BodyIsNotJson()


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
