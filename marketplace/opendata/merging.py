"""From the releases of a process to its record: OCDS's own merge routine, by rules that follow from our model.

ocdsmerge reads its rules from the official schema, which it fetches from the network and which we do not ship. The same rules follow
from which of our fields are lists of members with ids; a test holds them against the schema's.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, get_args, get_origin

from ocdsmerge import CompiledRelease
from ocdsmerge.exceptions import OCDSMergeError, OCDSMergeWarning

from marketplace.kernel.errors import Conflict
from marketplace.opendata.kinds import LeftOut, Part, WholeList, read_moment
from marketplace.opendata.release import Release

Rules = dict[tuple[str, ...], str]


class ReleasesDoNotFit(Conflict):
    """Two releases of one process give one field different shapes, so they cannot be one record."""


def compiled(releases: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The record that the releases come to, the oldest first whatever their order and zones. Raises ReleasesDoNotFit."""
    return _merged(None, sorted(releases, key=lambda release: read_moment(release["date"])))


def with_release(record: dict[str, Any] | None, release: Mapping[str, Any]) -> dict[str, Any]:
    """The record after one more release, which is the newest. Raises ReleasesDoNotFit."""
    return _merged(record, [release])


def _merged(record: dict[str, Any] | None, releases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            # Our own fields have no repeated ids; in a field that nobody knows the last one wins.
            warnings.simplefilter("ignore", OCDSMergeWarning)
            merged = CompiledRelease(data=record, merge_rules=merge_rules())
            for release in releases:
                merged.append(dict(release))
            return dict(merged.asdict())
    except OCDSMergeError:
        raise ReleasesDoNotFit(ocid=releases[0].get("ocid", "")) from None


@cache
def merge_rules() -> Rules:
    """Which fields belong to a release alone and which lists are replaced as a whole, by their paths."""
    return dict(_rules(Release, ()))


def _rules(part: type[Part], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for field in part.model_fields.values():
        here = (*path, str(field.alias))
        if LeftOut in field.metadata:
            yield here, "omitWhenMerged"
            continue
        is_list, member = _shape(field.annotation)
        is_known = member is not None and (not is_list or "id" in member.model_fields)
        if is_list and (WholeList in field.metadata or not is_known):
            yield here, "wholeListMerge"
        elif member is not None:
            yield from _rules(member, here)


def _shape(annotation: Any) -> tuple[bool, type[Part] | None]:
    """Whether a field is a list, and which part it or its members are, if any."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and origin is None:
        return False, annotation if issubclass(annotation, Part) else None
    if origin is list:
        return True, _shape(inside[0])[1]
    found = [_shape(one) for one in inside if hasattr(one, "__mro__") or get_args(one)] if origin else []
    return any(is_list for is_list, _ in found), next((part for _, part in found if part), None)
