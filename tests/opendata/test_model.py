"""Our model of OCDS 1.1: it says yes and no where the official schema does, loses nothing, and makes only what is valid."""

from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from marketplace.opendata import codelists
from marketplace.opendata.kinds import Part, moment, read_moment, yuan
from marketplace.opendata.packages import RecordPackage, ReleasePackage
from marketplace.opendata.parts import Document, Organization, Value
from marketplace.opendata.reading import kind_of, read_part, validate
from marketplace.opendata.release import Release, Tender
from tests.opendata import standard

# Where we ask for more than the schema can say: moments, addresses, and no two entries that merging would take for one.
STRICTER = {"ocds_moment", "ocds_uri", "ocds_repeated", "ocds_repeated_id"}
WRONG: tuple[tuple[Any, ...], ...] = (
    (),
    (None,),
    (5,),
    ("zzz",),
    ("",),
    ([],),
    ({},),
    (True,),
    (1.5,),
    ([{}],),
)

REQUIRED = {"ocid", "id", "date", "tag", "initiationType"}


def _shape(path: tuple[str | int, ...]) -> tuple[str, ...]:
    return tuple("*" if isinstance(step, int) else step for step in path)


def test_the_model_says_no_exactly_where_the_official_schema_does() -> None:
    """Every field of the example, broken in ten ways."""
    schema = standard.need_schema()
    releases = standard.example(standard.PACKAGES[0])["releases"]
    seen: set[tuple[str, ...]] = set()
    tried = refused = 0
    for release in releases:
        for path in standard.paths(release):
            if _shape(path) in seen:
                continue
            seen.add(_shape(path))
            # The rest of the release says nothing about this field, and judging it takes time.
            small = {name: value for name, value in release.items() if name in REQUIRED | {path[0]}}
            for value in WRONG:
                broken = standard.changed(small, path, *value)
                official = [why for _, why in schema.faults("release", broken)]
                _, ours = read_part(Release, broken)
                tried, refused = tried + 1, refused + bool(official)
                if bool(official) != bool(ours):
                    assert not official, (path, value, official)
                    assert {fault.code for fault in ours} <= STRICTER, (path, value, ours)
    assert tried > 1000 and refused > 500


def test_envelopes_are_judged_like_the_official_schema_judges_them() -> None:
    schema = standard.need_schema()
    for name, kind in ((standard.PACKAGES[1], "releases"), (standard.PACKAGES[2], "records")):
        package = standard.example(name)
        for path in [path for path in standard.paths(package) if len(path) <= 3]:
            for value in WRONG:
                broken = standard.changed(package, path, *value)
                if kind not in broken:
                    continue
                official = list(schema.faults(kind, broken))
                _, ours = read_part(kind_of(broken), broken)
                if bool(official) != bool(ours):
                    assert not official, (path, value, official)
                    assert {fault.code for fault in ours} <= STRICTER, (path, value, ours)


@pytest.mark.parametrize("name", standard.PACKAGES)
def test_an_official_package_is_read_and_written_without_loss(name: str) -> None:
    package = standard.example(name)
    kind = kind_of(package)
    assert kind is (RecordPackage if "records" in package else ReleasePackage)
    assert kind.read(package).plain() == package
    assert validate(package) == ()


@pytest.mark.parametrize("name", standard.FRAGMENTS)
def test_an_example_without_envelope_lacks_that_and_nothing_else(name: str) -> None:
    package = standard.example(name)
    lacking = {"uri", "publisher", "publishedDate", "releases/0/initiationType"}
    assert {fault.where for fault in validate(package)} == lacking


def test_closed_code_lists_are_the_official_ones() -> None:
    import csv

    standard.need_schema()
    ours = {
        "releaseTag": codelists.ReleaseTag,
        "tenderStatus": codelists.TenderStatus,
        "method": codelists.Method,
        "procurementCategory": codelists.ProcurementCategory,
        "awardStatus": codelists.AwardStatus,
        "contractStatus": codelists.ContractStatus,
        "milestoneStatus": codelists.MilestoneStatus,
        "initiationType": codelists.InitiationType,
    }
    for name, known in ours.items():
        with (standard.SCHEMA / "codelists" / f"{name}.csv").open(encoding="utf-8-sig") as file:
            codes = {row["Code"] for row in csv.DictReader(file)}
        assert codes == set(get_args(known)), name
    with (standard.SCHEMA / "codelists" / "currency.csv").open(encoding="utf-8-sig") as file:
        assert {row["Code"] for row in csv.DictReader(file)} == codelists.CURRENCIES


def test_fields_that_nobody_knows_are_kept() -> None:
    given = {
        "id": "1",
        "title": "扶梯",
        "title_en": "Lift",
        "x_colour": {"deep": [1, None, "红"]},
        "award_criteria": 7,
    }
    assert Tender.read(given).plain() == given
    # A name of ours in Python is not one of the standard's.
    assert Tender.read(given).award_criteria is None


def test_a_translation_is_text() -> None:
    with pytest.raises(ValidationError):
        Tender.read({"id": "1", "title_en": 5})
    with pytest.raises(ValidationError):
        Document.read({"id": "1", "description_zh-Hans": ["a"]})


@pytest.mark.parametrize(
    "text", ["2026-11-22", "2026-11-22T10:00:00", "2026-11-22 10:00:00Z", "2026-13-01T00:00:00Z", "yesterday"]
)
def test_a_moment_without_zone_or_out_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_moment(text)
    _, faults = read_part(Document, {"id": "1", "datePublished": text})
    assert [(fault.where, fault.code) for fault in faults] == [("datePublished", "ocds_moment")]


def test_our_moments_are_utc_and_sort_as_text() -> None:
    at = datetime(2026, 11, 22, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    assert moment(at) == "2026-11-22T02:00:00Z" and read_moment(moment(at)) == at


@pytest.mark.parametrize(
    ("fen", "written"),
    [(0, 0), (10_000_001, 100000.01), (10_000_000, 100000), (10**15 - 1, 9999999999999.99), (7, 0.07)],
)
def test_money_keeps_its_last_fen(fen: int, written: float) -> None:
    assert yuan(fen) == written and round(yuan(fen) * 100) == fen


def test_what_we_make_leaves_out_what_it_does_not_know() -> None:
    made = Organization(id="CN-1", name="街道", roles=None, details={}, additional_identifiers=[])
    assert made.pruned() == {"id": "CN-1", "name": "街道"}
    assert Value(amount=0, currency="CNY").pruned() == {"amount": 0, "currency": "CNY"}


@pytest.mark.parametrize(
    "given",
    [
        {"tag": ["tender", "prizegiving"]},
        {"tag": []},
        {"date": "2026-11-22"},
        {"ocid": ""},
        {"tender": {"id": "1", "status": "open"}},
        {"tender": {"id": "1", "value": {"amount": "1", "currency": "CNY"}}},
        {"tender": {"id": "1", "value": {"amount": float("nan"), "currency": "CNY"}}},
        {"tender": {"id": "1", "value": {"amount": 1, "currency": "RMB"}}},
        {"awards": [{"id": "1"}, {"id": "1", "title": "again"}]},
    ],
)
def test_an_invalid_release_cannot_be_made(given: dict[str, Any]) -> None:
    good = {
        "ocid": "ocds-wushe0-1",
        "id": "1",
        "date": "2026-11-22T02:00:00Z",
        "tag": ["tender"],
        "initiationType": "tender",
    }
    Release.read(good)
    with pytest.raises(ValidationError):
        Release.read(good | given)


def test_every_part_is_frozen() -> None:
    part: Part = Value(amount=1, currency="CNY")
    with pytest.raises(ValidationError):
        part.amount = 2  # type: ignore[attr-defined]
