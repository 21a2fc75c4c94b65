"""Reads what claims to be OCDS: a package, one release, or a line of either; and says where it is wrong, in codes that have words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from marketplace.opendata.kinds import Part, ids
from marketplace.opendata.packages import RecordPackage, ReleasePackage
from marketplace.opendata.parts import OrganizationReference
from marketplace.opendata.release import Release

Path = tuple[str | int, ...]
PartType = TypeVar("PartType", bound=Part)
_KINDS = re.compile(r"^(string|int|float|bool|list|dict|model|model_attributes|tuple)_(type|parsing)$")
_CODES = {
    "missing": "ocds_missing",
    "literal_error": "ocds_not_in_list",
    "too_short": "ocds_empty",
    "string_too_short": "ocds_empty",
    "string_pattern_mismatch": "ocds_version",
    "finite_number": "ocds_number",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place. Its words are keyed ``field.<code>``."""

    path: Path
    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The place as people write it: ``releases/0/tender/id``."""
        return "/".join(str(step) for step in self.path) or "/"


class NotOcds(Exception):
    """The text is not JSON, or nothing that OCDS knows."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.fault = Fault((), code, facts)


def parse(text: bytes) -> Any:
    """The JSON of a text. Raises NotOcds."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotOcds("ocds_not_json", line=error.lineno, why=error.msg) from None


def kind_of(given: Any) -> type[Part]:
    """What the JSON claims to be. Raises NotOcds."""
    if isinstance(given, dict):
        for name, kind in (("records", RecordPackage), ("releases", ReleasePackage), ("ocid", Release)):
            if name in given:
                return kind
    raise NotOcds("ocds_not_a_package")


def read_part(kind: type[PartType], given: object) -> tuple[PartType | None, tuple[Fault, ...]]:
    """The part, or None and what is wrong with it."""
    try:
        return kind.read(given), ()
    except ValidationError as error:
        return None, tuple(_faults(error, given))


def validate(given: object) -> tuple[Fault, ...]:
    """All that is wrong with a package or a release: what the standard forbids, and what points nowhere. Raises NotOcds."""
    part, faults = read_part(kind_of(given), given)
    return faults if part is None else tuple(_dangling(part))


def releases_of(part: Part) -> Iterator[tuple[Path, Release]]:
    """The releases that stand in a package, with their places; compiled ones too."""
    if isinstance(part, Release):
        yield (), part
    elif isinstance(part, ReleasePackage):
        yield from ((("releases", place), release) for place, release in enumerate(part.releases))
    elif isinstance(part, RecordPackage):
        for place, record in enumerate(part.records):
            here: Path = ("records", place)
            for number, release in enumerate(record.releases):
                if isinstance(release, Release):
                    yield (*here, "releases", number), release
            if record.compiled_release is not None:
                yield (*here, "compiledRelease"), record.compiled_release


def dangling(release: Release) -> Iterator[Fault]:
    """References of a release to parties, awards and lots that it does not tell of."""
    # A release may tell of one stage alone; only who tells of parties at all must tell of those it names.
    if release.parties:
        known = ids(release.parties)
        for path, reference in _references(release):
            if reference not in known:
                yield Fault(path, "ocds_unknown_party", {"id": reference})
    awards = ids(release.awards)
    for place, contract in enumerate(release.contracts):
        if awards and contract.award_id not in awards:
            yield Fault(("contracts", place, "awardID"), "ocds_unknown_award", {"id": contract.award_id})
    yield from _lots(release)


def _dangling(part: Part) -> Iterator[Fault]:
    for path, release in releases_of(part):
        for fault in dangling(release):
            yield Fault((*path, *fault.path), fault.code, fault.facts)


def _lots(release: Release) -> Iterator[Fault]:
    lots = ids(release.tender.lots) if release.tender else set()
    if not lots or release.tender is None:
        return
    for place, item in enumerate(release.tender.items):
        if item.related_lot is not None and item.related_lot not in lots:
            yield Fault(
                ("tender", "items", place, "relatedLot"), "ocds_unknown_lot", {"id": item.related_lot}
            )
    for place, award in enumerate(release.awards):
        for number, lot in enumerate(award.related_lots or ()):
            if lot not in lots:
                yield Fault(("awards", place, "relatedLots", number), "ocds_unknown_lot", {"id": lot})


def _references(release: Release) -> Iterator[tuple[Path, str | int]]:
    told: list[tuple[Path, OrganizationReference | None]] = [(("buyer",), release.buyer)]
    if release.tender:
        told.append((("tender", "procuringEntity"), release.tender.procuring_entity))
        told += [(("tender", "tenderers", n), one) for n, one in enumerate(release.tender.tenderers)]
    for place, award in enumerate(release.awards):
        told += [(("awards", place, "suppliers", n), one) for n, one in enumerate(award.suppliers)]
    for path, reference in told:
        if reference is not None and reference.id is not None:
            yield path, reference.id


def _faults(error: ValidationError, given: object) -> Iterator[Fault]:
    """One fault a place: where a value may be of several kinds, pydantic complains once for each."""
    seen = set()
    for told in error.errors(include_url=False, include_input=False):
        path = _path(told["loc"], given, told["type"] == "missing")
        if path not in seen:
            seen.add(path)
            yield Fault(path, *_code(told))


def _code(told: Any) -> tuple[str, dict[str, Any]]:
    if told["type"] == "value_error":
        return str(told["ctx"]["error"]), {}
    kind = _KINDS.match(told["type"])
    if kind:
        return "ocds_kind", {"kind": kind[1].removesuffix("_attributes")}
    facts = {"choices": told["ctx"]["expected"]} if told["type"] == "literal_error" else {}
    return _CODES.get(told["type"], "ocds_wrong"), facts


def _path(told: Sequence[str | int], given: Any, ends_missing: bool) -> Path:
    """The steps of pydantic's place that lead through the JSON: it puts the names of alternatives in between."""
    path: list[str | int] = []
    for place, step in enumerate(told):
        is_last = place == len(told) - 1
        if isinstance(given, dict) and (step in given or (is_last and ends_missing)):
            path.append(step)
            given = given.get(step)
        elif isinstance(given, list) and isinstance(step, int) and step < len(given):
            path.append(step)
            given = given[step]
    return tuple(path)
