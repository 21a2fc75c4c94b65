"""From releases to the record: by the standard's own routine, offline, with rules that are the schema's."""

import itertools
from typing import Any

import pytest

from marketplace.opendata.merging import ReleasesDoNotFit, compiled, merge_rules, with_release
from tests.opendata import standard

# The fields that the lots, enquiries and bids extensions add, which the schema of the core does not know.
EXTENDED = {"relatedLots", "relatedBids", "enquiries", "bids"}


def _release(day: int, zone: str = "Z", **given: Any) -> dict[str, Any]:
    date = f"2026-11-{day:02}T00:00:00{zone}"
    return {
        "ocid": "o-1",
        "id": f"r{day}{zone}",
        "date": date,
        "tag": ["tender"],
        "initiationType": "tender",
    } | given


def test_the_merge_rules_are_those_of_the_official_schema() -> None:
    import ocdsmerge

    official = ocdsmerge.Merger(standard.need_schema().files["release"]).merge_rules
    ours = merge_rules()
    assert {path: ours.get(path) for path in official} == official
    assert all(EXTENDED & set(path) for path in ours.keys() - official.keys())


def test_the_official_releases_merge_to_the_official_record() -> None:
    releases = standard.example(standard.PACKAGES[0])["releases"]
    record = standard.example(standard.PACKAGES[2])["records"][0]["compiledRelease"]
    assert compiled(releases) == record
    assert compiled(reversed(releases)) == record
    step: dict[str, Any] | None = None
    for release in releases:
        step = with_release(step, release)
    assert step == record


def test_the_documentations_examples_merge_as_its_own_merger_says() -> None:
    import ocdsmerge

    official = ocdsmerge.Merger(standard.need_schema().files["release"])
    names = ("tender.json", "tender_update.json", "award.json", "contract.json")
    releases = [standard.example(name)["releases"][0] for name in names]
    record = compiled(releases)
    assert record == official.create_compiled_release(releases)
    assert [award["id"] for award in record["awards"]] == ["371630", "371630/100"]


def test_releases_are_merged_by_moment_whatever_their_zone() -> None:
    late = _release(2, "-08:00", tender={"id": "1", "title": "late"})
    early = _release(2, "+08:00", tender={"id": "1", "title": "early", "description": "kept"})
    for order in itertools.permutations([late, early]):
        record = compiled(order)
        assert record["tender"] == {"id": "1", "title": "late", "description": "kept"}
        assert record["tag"] == ["compiled"] and record["id"] == "o-1-2026-11-02T00:00:00-08:00"


def test_null_takes_a_field_away_and_lots_are_merged_by_id() -> None:
    first = _release(1, tender={"id": "1", "title": "a", "lots": [{"id": "x", "title": "X"}, {"id": "y"}]})
    second = _release(2, tender={"id": "1", "title": None, "lots": [{"id": "x", "status": "active"}]})
    tender = compiled([first, second])["tender"]
    assert tender == {"id": "1", "lots": [{"id": "x", "title": "X", "status": "active"}, {"id": "y"}]}


def test_releases_that_do_not_fit_together_are_refused_with_a_sentence() -> None:
    with pytest.raises(ReleasesDoNotFit):
        compiled([_release(1, odd="text"), _release(2, odd={"a": 1})])
