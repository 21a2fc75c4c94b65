"""What a page of needs has to name beside the needs: categories, areas, languages, chosen tags, and what each need asks.

One statement for all of it: the words come from three tables, but the page should not pay for as many journeys.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, Uuid, cast, literal, null, or_, select, union_all

from marketplace.areas.codes import Level, ancestors_of
from marketplace.areas.models import Area
from marketplace.catalogue.models import QualificationType, Tag, TagKind
from marketplace.catalogue.queries import in_use
from marketplace.db.session import Session
from marketplace.kernel.errors import FieldProblem, InputIsInvalid
from marketplace.kernel.local_forms import Named
from marketplace.volunteering.models import NeedQualification

_AREA, _ASKED = "area", "asked"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing with a name; ``above`` is the code of the broader one."""

    code: str
    name: Named
    above: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """Names by code. ``areas`` holds the districts, the chosen area, all above it and all directly under it.

    ``asked`` are the qualifications that each of the page's needs asks for.
    """

    categories: dict[str, Entry] = field(default_factory=dict)
    languages: dict[str, Entry] = field(default_factory=dict)
    tags: dict[str, Entry] = field(default_factory=dict)
    areas: dict[str, Entry] = field(default_factory=dict)
    asked: dict[UUID, list[Entry]] = field(default_factory=dict)

    def rolled_up(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Counts by category, those of the narrower ones added to the broader."""
        sums: dict[str, int] = {}
        for code, count in counts.items():
            for one in (code, self.categories[code].above if code in self.categories else None):
                if one in self.categories:
                    sums[one] = sums.get(one, 0) + count
        return sums


async def look_up(
    session: Session, area: str | None, tags: Collection[str], need_ids: Collection[UUID]
) -> Names:
    """The names for a search in ``area`` with ``tags`` that found ``need_ids``."""
    names = Names()
    rows = await session.execute(union_all(_tags(tags), _areas(area), _asked(need_ids)))
    for kind, code, name_zh, name_en, above, need_id in rows:
        entry = Entry(code, Named(name_zh, name_en), above)
        if kind == _ASKED:
            names.asked.setdefault(need_id, []).append(entry)
        elif kind == _AREA:
            names.areas[code] = entry
        elif kind == TagKind.CATEGORY:
            names.categories[code] = entry
        else:
            (names.languages if kind == TagKind.LANGUAGE else names.tags)[code] = entry
    return names


def must_be_known(*chosen: tuple[str, str | None, Collection[str]]) -> None:
    """Of each wish its field, the code that was chosen, and those that exist. Raises InputIsInvalid, one problem a wish that names none."""
    problems = [
        FieldProblem(field, "unknown_choice", {"choice": code})
        for field, code, known in chosen
        if code is not None and code not in known
    ]
    if problems:
        raise InputIsInvalid(problems)


def _tags(chosen: Collection[str]) -> Select[str, str, str, str, str | None, UUID]:
    return select(
        Tag.kind.label("kind"), Tag.code, Tag.name_zh, Tag.name_en, Tag.parent_code, cast(null(), Uuid)
    ).where(
        in_use(), or_(Tag.kind.in_([TagKind.CATEGORY.value, TagKind.LANGUAGE.value]), Tag.code.in_(chosen))
    )


def _areas(area: str | None) -> Select[str, str, str, str, str | None, UUID]:
    wanted = Area.level == Level.DISTRICT
    if area is not None:
        wanted = or_(wanted, Area.parent_code == area, Area.code.in_(ancestors_of(area)))
    return select(
        literal(_AREA), Area.code, Area.name, Area.name_en, Area.parent_code, cast(null(), Uuid)
    ).where(wanted, Area.retired_in.is_(None))


def _asked(need_ids: Collection[UUID]) -> Select[str, str, str, str, str | None, UUID]:
    return (
        select(
            literal(_ASKED),
            QualificationType.code,
            QualificationType.name_zh,
            QualificationType.name_en,
            null(),
            NeedQualification.need_id,
        )
        .join(NeedQualification, NeedQualification.qualification_code == QualificationType.code)
        .where(NeedQualification.need_id.in_(need_ids))
    )
