"""Find an area by what people type: its name, its pinyin, its initials, or its English name; the likeliest first."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from opencc import OpenCC
from sqlalchemy import ColumnElement, case, func, or_, select

from marketplace.areas.codes import CITY, Level, within
from marketplace.areas.models import Area
from marketplace.areas.pinyin import OTHER_READINGS
from marketplace.db.session import Session

MAX_FOUND = 50
_LONGEST = 60
_GENERIC_PINYIN = re.compile(r"(?<=..)(?:juweihui|cunweihui|jiedao|zhen|xiang|qu|shi)$")
_GENERIC_ENGLISH = re.compile(r"\s+(?:district|subdistrict|town|township|community|village)$")
_HAN = re.compile(r"[㐀-鿿]")
_simplify = OpenCC("t2s").convert


@dataclass(frozen=True, slots=True)
class Wanted:
    """A folded query: simplified, half width, lower case; ``latin`` without spaces and marks, ü as v."""

    text: str
    latin: str

    @property
    def is_chinese(self) -> bool:
        return bool(_HAN.search(self.text))


def fold(text: str) -> Wanted:
    """What was typed, as the columns hold it. 長寧 becomes 长宁; Chang Ning Qu becomes changning."""
    printable = "".join(char for char in unicodedata.normalize("NFKC", text[:_LONGEST]) if char.isprintable())
    plain = _simplify(printable).strip().lower()
    latin = re.sub(r"[^0-9a-z]", "", _unmarked(_GENERIC_ENGLISH.sub("", plain).replace("ü", "v")))
    return Wanted(plain, _GENERIC_PINYIN.sub("", latin))


async def find(
    session: Session, text: str, *, under: str = CITY, first: int = 20, level: Level | None = None
) -> Sequence[Area]:
    """At most ``first`` current areas under ``under`` that ``text`` may mean; none for an empty text."""
    wanted = fold(text)
    matches = _matches(wanted)
    if not matches:
        return []
    floor = case(
        {kind.value: rank for rank, kind in enumerate(Level)},
        value=Area.level,
    )
    best = case(*((clause, rank) for rank, clause in enumerate(matches)))
    conditions = [Area.retired_in.is_(None), or_(*matches), within(Area.code, under)]
    if level is not None:
        conditions.append(Area.level == level.value)
    found = await session.scalars(
        select(Area)
        .where(*conditions)
        .order_by(best, floor, func.length(Area.name), Area.code)
        .limit(min(first, MAX_FOUND))
    )
    return found.all()


def _matches(wanted: Wanted) -> list[ColumnElement[bool]]:
    """The ways in which an area can be meant, the surest first."""
    if wanted.is_chinese:
        return [
            Area.name == wanted.text,
            Area.name.startswith(wanted.text, autoescape=True),
            Area.name.contains(wanted.text, autoescape=True),
        ]
    if not wanted.latin:
        return []
    ways: list[ColumnElement[bool]] = [
        Area.pinyin == wanted.latin,
        Area.initials == wanted.latin,
        func.lower(Area.name_en) == wanted.text,
    ]
    if len(wanted.latin) > 1:
        ways += [
            Area.name.in_(_read_otherwise(wanted.latin)),
            Area.pinyin.startswith(wanted.latin, autoescape=True),
            func.lower(Area.name_en).startswith(wanted.text, autoescape=True),
            Area.initials.startswith(wanted.latin, autoescape=True),
        ]
    if len(wanted.latin) > 3:
        ways.append(Area.pinyin.contains(wanted.latin, autoescape=True))
    return ways


def _read_otherwise(latin: str) -> list[str]:
    return [name for name, reading in OTHER_READINGS.items() if reading.startswith(latin)]


def _unmarked(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
