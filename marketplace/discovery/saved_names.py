"""Wishes in words: the names of all that some searches ask for, and what each of them says, in either language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag, TagKind
from marketplace.catalogue.queries import in_use
from marketplace.db.session import Session
from marketplace.discovery.names import must_be_known
from marketplace.discovery.wishes import NeedWishes
from marketplace.kernel.local_forms import Named, distance, full_day
from marketplace.kernel.locale import EN, word

LONGEST_TITLE = 120
_GAPS = {EN: ", "}
_GAP = "、"


@dataclass(frozen=True, slots=True)
class WishNames:
    """Names by code; of each tag its kind too."""

    areas: dict[str, Named]
    tags: dict[str, tuple[str, Named]]


async def names_for(session: Session, wishes: Iterable[NeedWishes]) -> WishNames:
    """The names of everything that these wishes name and that is still in use. Two statements."""
    some = list(wishes)
    codes = {code for one in some for code in (one.category, one.language, *one.tags) if code is not None}
    tags = await session.execute(
        select(Tag.code, Tag.kind, Tag.name_zh, Tag.name_en).where(in_use(), Tag.code.in_(codes))
    )
    areas = await session.execute(
        select(Area.code, Area.name, Area.name_en).where(
            Area.code.in_({one.area for one in some if one.area}), Area.retired_in.is_(None)
        )
    )
    return WishNames(
        areas={row.code: Named(row.name, row.name_en) for row in areas},
        tags={row.code: (row.kind, Named(row.name_zh, row.name_en)) for row in tags},
    )


def must_be_in_use(wishes: NeedWishes, names: WishNames) -> None:
    """Raises InputIsInvalid, one problem a wish that names nothing in use."""

    def of(wanted: TagKind) -> set[str]:
        return {code for code, (kind, _) in names.tags.items() if kind == wanted}

    must_be_known(
        ("category", wishes.category, of(TagKind.CATEGORY)),
        ("language", wishes.language, of(TagKind.LANGUAGE)),
        *(("tags", code, names.tags) for code in wishes.tags),
        ("area", wishes.area, names.areas),
    )


def said(locale: str, wishes: NeedWishes, names: WishNames) -> list[str]:
    """Every wish in a few words; a code that nobody uses any more is told as it is."""
    english = locale == EN
    parts = [wishes.text]
    for code in dict.fromkeys((wishes.category, *wishes.tags, wishes.language)):
        parts.append(code and _named(names.tags[code][1] if code in names.tags else None, code, english))
    parts.append(wishes.area and _named(names.areas.get(wishes.area), wishes.area, english))
    if wishes.within_km is not None:
        key = "wish.within_km" if wishes.area else "wish.within_km_of_home"
        parts.append(word(locale, key, {"distance": distance(locale, 1000 * wishes.within_km)}))
    if wishes.day_from is not None:
        parts.append(word(locale, "wish.day_from", {"day": full_day(locale, wishes.day_from)}))
    if wishes.day_to is not None:
        parts.append(word(locale, "wish.day_to", {"day": full_day(locale, wishes.day_to)}))
    parts += [word(locale, "wish.only_with_places")] if wishes.only_with_places else []
    parts += [word(locale, "wish.only_suitable")] if wishes.only_suitable else []
    return [part for part in parts if part]


def sentence_of(locale: str, parts: Sequence[str]) -> str:
    """Wishes, each in words, as one line."""
    return _GAPS.get(locale, _GAP).join(parts)


def title_of(locale: str, wishes: NeedWishes, names: WishNames) -> str:
    """What a search is called when its owner gives no name: its wishes, cut to what a line holds."""
    whole = sentence_of(locale, said(locale, wishes, names))
    return whole if len(whole) <= LONGEST_TITLE else f"{whole[: LONGEST_TITLE - 1]}…"


def _named(name: Named | None, code: str, english: bool) -> str:
    if name is None:
        return code
    return name.en if english else name.zh
