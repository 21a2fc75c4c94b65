"""What a release no longer says must be said to be gone: merging keeps whatever a later release does not mention."""

from typing import Any

_IDENTITY = frozenset({"id", "ocid", "awardID", "tag", "date", "initiationType"})


def forgetting(record: dict[str, Any] | None, release: dict[str, Any]) -> dict[str, Any]:
    """``release`` with a null wherever the record has a value and the release, which tells the whole, has none.

    Members of lists stay: OCDS has no way to take one out, so whoever makes releases keeps telling of them, with their end.
    """
    return _told(record, release) if record else release


def _told(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    told = dict(now)
    for name, value in before.items():
        if name in _IDENTITY:
            continue
        if isinstance(value, dict):
            inside = _told(value, now.get(name, {}))
            if inside:
                told[name] = inside
        elif isinstance(value, list):
            told |= _told_list(name, value, now.get(name))
        elif name not in now:
            told[name] = None
    return told


def _told_list(name: str, before: list[Any], now: Any) -> dict[str, Any]:
    """Members by id are compared one by one; a plain list of words is forgotten as a whole."""
    if not now:
        return {} if any(isinstance(one, dict) for one in before) else {name: None}
    known = {one["id"]: one for one in before if isinstance(one, dict) and "id" in one}
    return {
        name: [
            _told(known[one["id"]], one) if isinstance(one, dict) and one.get("id") in known else one
            for one in now
        ]
    }
