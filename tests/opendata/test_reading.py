"""Faults of a file are told by place and line, in codes that have words in both languages."""

import json

import pytest

from marketplace.kernel.locale import LOCALES, word
from marketplace.opendata import reading
from marketplace.opendata.lines import lines_of
from marketplace.opendata.reading import Fault, NotOcds, parse, validate
from tests.opendata import standard

RELEASE = {
    "ocid": "ocds-x-1",
    "id": "1",
    "date": "2026-11-22T02:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
    "parties": [{"id": "B", "name": "街道", "roles": ["buyer"]}],
    "buyer": {"id": "B", "name": "街道"},
}


def test_references_that_lead_nowhere_are_faults() -> None:
    broken = RELEASE | {
        "buyer": {"id": "nobody"},
        "tender": {
            "id": "1",
            "lots": [{"id": "L"}],
            "items": [{"id": "1", "relatedLot": "M"}],
            "tenderers": [{"id": "T"}],
        },
        "awards": [{"id": "1", "relatedLots": ["L", "N"], "suppliers": [{"id": "S"}]}],
        "contracts": [{"id": "1", "awardID": "2"}],
    }
    assert {(fault.where, fault.code) for fault in validate(broken)} == {
        ("buyer", "ocds_unknown_party"),
        ("tender/tenderers/0", "ocds_unknown_party"),
        ("awards/0/suppliers/0", "ocds_unknown_party"),
        ("contracts/0/awardID", "ocds_unknown_award"),
        ("tender/items/0/relatedLot", "ocds_unknown_lot"),
        ("awards/0/relatedLots/1", "ocds_unknown_lot"),
    }
    assert validate(RELEASE) == ()


def test_a_fault_names_the_place_and_each_place_once() -> None:
    broken = RELEASE | {
        "tag": ["tender", "prize"],
        "tender": {"id": True, "value": {"currency": "RMB"}},
        "parties": None,
    }
    assert {(fault.where, fault.code) for fault in validate(broken)} == {
        ("tag/1", "ocds_not_in_list"),
        ("tender/id", "ocds_kind"),
        ("tender/value/currency", "ocds_unknown_currency"),
        ("parties", "ocds_kind"),
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{", "ocds_not_json"),
        (b"\xff\xfe", "ocds_not_json"),
        (b"[" * 100_000, "ocds_not_json"),
        (b"[]", "ocds_not_a_package"),
        (b"null", "ocds_not_a_package"),
        (b'{"hello": 1}', "ocds_not_a_package"),
    ],
)
def test_what_is_no_package_is_refused_with_a_reason(text: bytes, code: str) -> None:
    with pytest.raises(NotOcds) as caught:
        validate(parse(text))
    assert caught.value.fault.code == code


@pytest.mark.parametrize(
    "given", [{"releases": None}, {"releases": 5}, {"records": [None]}, {"releases": [[]]}, {"ocid": []}]
)
def test_packages_of_nonsense_are_faults_and_never_errors(given: object) -> None:
    assert validate(given)


def test_every_fault_has_words_in_both_languages() -> None:
    codes = set(reading._CODES.values()) | {"ocds_kind", "ocds_wrong", "ocds_official"}
    for code in codes:
        for locale in LOCALES:
            said = word(locale, f"field.{code}", {"kind": "list", "choices": "a", "why": "b"})
            assert said != f"field.{code}" and "%(" not in said


def test_lines_are_those_of_the_file() -> None:
    text = '{\n "a": [1,\n 2, {"b\\u0041":\n {"c": "}\\"{,"}, "d": []}\n],\n"e": "x"}'
    wanted = [(), ("a", 1), ("a", 2, "bA", "c"), ("a", 2, "d"), ("a", 2, "gone"), ("e",)]
    assert lines_of(text, wanted) == dict(zip(wanted, [1, 3, 4, 4, 3, 6], strict=True))


def test_every_place_of_an_example_has_its_line() -> None:
    package = standard.example(standard.PACKAGES[0])
    text = json.dumps(package, indent=1)
    places = list(standard.paths(package))
    found = lines_of(text, places)
    rows = text.split("\n")
    for path in places:
        if isinstance(path[-1], str):
            assert rows[found[path] - 1].lstrip().startswith(json.dumps(path[-1])), path


def test_the_place_is_written_as_people_write_it() -> None:
    assert Fault(("releases", 0, "tender"), "ocds_kind").where == "releases/0/tender"
    assert Fault((), "ocds_kind").where == "/"
