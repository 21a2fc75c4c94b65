"""Lists of divisions as files: the shipped one is whole, and a broken one is refused with the line that is wrong."""

from collections import Counter

import pytest

from marketplace.areas import divisions
from marketplace.areas.codes import Level
from marketplace.areas.errors import (
    DivisionCodeIsWrong,
    DivisionColumnsAreWrong,
    DivisionIsRepeated,
    DivisionIsWrong,
    DivisionLevelIsWrong,
    DivisionNameIsWrong,
    DivisionParentIsWrong,
    DivisionsAreEmpty,
    DivisionsAreUnreadable,
)

HEADING = "code,name,level,parent\n"
CITY = "310000000000,上海市,municipality,\n"
DISTRICT = "310105000000,长宁区,district,310000000000\n"


def test_the_shipped_list_has_the_whole_city() -> None:
    counted = Counter(item.level for item in divisions.shipped())
    assert counted == {
        Level.MUNICIPALITY: 1,
        Level.DISTRICT: 16,
        Level.SUBDISTRICT: 234,
        Level.COMMUNITY: 6509,
    }


def test_every_district_has_a_point() -> None:
    districts = {item.code for item in divisions.shipped() if item.level == Level.DISTRICT}
    assert districts <= divisions.shipped_points().keys()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_are_read_in_the_encodings_that_offices_use(encoding: str) -> None:
    read = divisions.read((HEADING + CITY + DISTRICT).encode(encoding))
    assert [item.name for item in read] == ["上海市", "长宁区"]


def test_parents_come_first_whatever_the_order_of_lines() -> None:
    read = divisions.read((HEADING + DISTRICT + CITY).encode())
    assert [item.code for item in read] == ["310000000000", "310105000000"]


@pytest.mark.parametrize(
    ("lines", "refusal", "line"),
    [
        (CITY + "310105000000,长宁区,district\n", DivisionColumnsAreWrong, 3),
        (CITY + "310105000000,长宁区,district,310000000000,more\n", DivisionColumnsAreWrong, 3),
        (CITY + "31010500000,长宁区,district,310000000000\n", DivisionCodeIsWrong, 3),
        (CITY + "３１０１０５００００００,长宁区,district,310000000000\n", DivisionCodeIsWrong, 3),
        (CITY + CITY, DivisionIsRepeated, 3),
        (CITY + "310105000000,,district,310000000000\n", DivisionNameIsWrong, 3),
        (CITY + f"310105000000,{'长' * 65},district,310000000000\n", DivisionNameIsWrong, 3),
        (CITY + "310105000000,长宁区,subdistrict,310000000000\n", DivisionLevelIsWrong, 3),
        (CITY + "310105000000,长宁区,galaxy,310000000000\n", DivisionLevelIsWrong, 3),
        (CITY + "310105000000,长宁区,district,320000000000\n", DivisionParentIsWrong, 3),
        (DISTRICT, DivisionParentIsWrong, 2),
    ],
)
def test_a_wrong_line_is_named(lines: str, refusal: type[DivisionIsWrong], line: int) -> None:
    with pytest.raises(refusal) as caught:
        divisions.read((HEADING + lines).encode())
    assert caught.value.facts["line"] == line


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00\x01", b"name,code\n", b"PK\x03\x04\x00\x00", b'code,name,level,parent\n"unclosed'],
)
def test_what_is_no_such_table_is_refused(content: bytes) -> None:
    with pytest.raises(DivisionsAreUnreadable):
        divisions.read(content)


def test_a_heading_alone_is_refused() -> None:
    with pytest.raises(DivisionsAreEmpty):
        divisions.read(HEADING.encode())
