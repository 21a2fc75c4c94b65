"""Language: two locales, one catalogue each, assembled from the .po files of ``web/translations``.

Sentences written in templates are looked up by their English text (domain ``messages``). Errors, notices and the names of
states are looked up by key (``error.shift_is_full``), because code must never depend on wording.
"""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

ZH = "zh_Hans"
EN = "en"
LOCALES = (ZH, EN)
LANGUAGE_TAGS = {ZH: "zh-Hans", EN: "en"}
_TRANSLATIONS = Path(__file__).parents[2] / "web" / "translations"


def locale_of(tag: str | None) -> str | None:
    """Our locale for one language tag. babel.negotiate_locale would give English for zh-CN, so the map is explicit."""
    primary = (tag or "").replace("_", "-").lower().split("-", 1)[0]
    return {"zh": ZH, "en": EN}.get(primary)


def negotiate(accept_language: str) -> str:
    """The reader's locale from an Accept-Language header, by quality; Chinese when nothing fits."""
    ranked: list[tuple[float, str]] = []
    for part in accept_language[:500].split(","):
        tag, _, parameter = part.strip().partition(";q=")
        locale = locale_of(tag)
        if locale:
            ranked.append((_quality(parameter), locale))
    ranked.sort(key=lambda pair: -pair[0])
    return ranked[0][1] if ranked and ranked[0][0] > 0 else ZH


def _quality(parameter: str) -> float:
    try:
        return float(parameter) if parameter else 1.0
    except ValueError:
        return 0.0


@lru_cache(maxsize=len(LOCALES))
def catalogue(locale: str) -> Translations:
    """All .po files of one locale as one catalogue. Read at first use, so a checkout needs no compile step."""
    merged: Translations | None = None
    for path in sorted((_TRANSLATIONS / locale / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            parsed = read_po(file, locale=locale, abort_invalid=True)
        compiled = BytesIO()
        write_mo(compiled, parsed)
        compiled.seek(0)
        part = Translations(compiled)
        merged = part if merged is None else merged.merge(part)
    return merged if merged is not None else Translations()


def word(locale: str, key: str, facts: Mapping[str, Any] | None = None) -> str:
    """The sentence for ``key`` with its facts filled in; the key itself when nobody wrote it (a test forbids that)."""
    sentence = str(catalogue(locale).gettext(key))
    return sentence % facts if facts and "%(" in sentence else sentence
