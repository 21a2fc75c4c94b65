"""The guided form of a tender: one part of the file a page, read back into the whole. Names of inputs are paths in the file."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.kernel.errors import FieldProblem, InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.money import yuan
from marketplace.procurement.tenders.file import TenderFile
from marketplace.procurement.tenders.findings import Finding
from web.forms import Form, with_zone

_MOST_ROWS = 60
_SCALE_ROWS = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the form and the parts of the file that it asks for. Words: ``tender_step.<name>``."""

    name: str
    parts: tuple[str, ...]


STEPS = (
    Step(
        "need", ("title", "problem", "users", "people_served", "category_code", "audience_code", "area_code")
    ),
    Step("service", ("description", "standards", "acceptance")),
    Step("lots", ("lots",)),
    Step("conditions", ("conditions", "allows_consortia")),
    Step("criteria", ("criteria", "tie_break", "panel_size")),
    Step("milestones", ("milestones", "framework")),
    Step("dates", ("enquiries_end_at", "submissions_end_at", "official_notice_url")),
    Step("documents", ("documents",)),
)
BY_NAME: Mapping[str, Step] = {step.name: step for step in STEPS}


def following(step: Step) -> Step | None:
    """The next page; None after the last."""
    at = STEPS.index(step)
    return STEPS[at + 1] if at + 1 < len(STEPS) else None


def of_step(step: Step, found: Sequence[Finding]) -> list[Finding]:
    """The findings that this page can mend."""
    return [one for one in found if one.field.partition(".")[0] in step.parts]


def initial(file: TenderFile) -> dict[str, Any]:
    """The file as inputs, with an empty row at the end of every list."""
    plain = {name: value for name, value in file.model_dump().items() if not isinstance(value, tuple | dict)}
    for at, lot in enumerate(file.lots):
        plain |= _named(f"lots.{at}", lot.model_dump(exclude={"items", "ceiling_fen"}))
        plain[f"lots.{at}.ceiling_fen"] = yuan(lot.ceiling_fen)
        for number, item in enumerate(lot.items):
            plain |= _named(f"lots.{at}.items.{number}", item.model_dump())
    for name in ("conditions", "milestones"):
        for at, row in enumerate(getattr(file, name)):
            plain |= _named(f"{name}.{at}", row.model_dump())
    for at, one in enumerate(file.criteria):
        plain |= _named(f"criteria.{at}", one.model_dump(exclude={"scale"}))
        for number, scale_step in enumerate(one.scale):
            plain |= _named(f"criteria.{at}.scale.{number}", scale_step.model_dump())
    if file.framework is not None:
        plain |= {"framework.most_suppliers": file.framework.most_suppliers}
        plain |= {"framework.ways": list(file.framework.ways)}
    return plain


def counts(file: TenderFile, form: Form) -> dict[str, Any]:
    """How many rows the page draws: those of the file or of what was posted, and one more."""

    def rows(prefix: str, there: int) -> int:
        return min(max(there, _highest(form, prefix)) + 1, _MOST_ROWS)

    lots = rows("lots", len(file.lots))
    criteria = rows("criteria", len(file.criteria))
    return {
        "lots": lots,
        "items": [rows(f"lots.{at}.items", len(file.lots[at].items) if at < len(file.lots) else 0) for at in range(lots)],
        "conditions": rows("conditions", len(file.conditions)),
        "milestones": rows("milestones", len(file.milestones)),
        "criteria": criteria,
        "scale": [
            max(_SCALE_ROWS, rows(f"criteria.{at}.scale", len(file.criteria[at].scale) if at < len(file.criteria) else 0))
            for at in range(criteria)
        ],
    }  # fmt: skip


def with_step(file: TenderFile, step: Step, form: Form) -> TenderFile:
    """The file with the parts of the page as they were posted. Raises InputIsInvalid, its fields named as the inputs are."""
    places: dict[str, str] = {}
    given = _READERS[step.name](form, places)
    try:
        return read(TenderFile, {**file.plain(), **given})
    except InputIsInvalid as error:
        raise InputIsInvalid(
            [FieldProblem(_place(one.field, places), one.code, one.facts) for one in error.problems]
        ) from None


def _need(form: Form, _places: dict[str, str]) -> dict[str, Any]:
    return {name: form.value(name) or None for name in BY_NAME["need"].parts if name != "area_code"} | {
        "area_code": form.value("area_code")
    }


def _service(form: Form, _places: dict[str, str]) -> dict[str, Any]:
    return {name: form.value(name) or None for name in BY_NAME["service"].parts}


def _lots(form: Form, places: dict[str, str]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    names = ("number", "title", "description", "area_code", "ceiling_fen", "starts_on", "ends_on")
    for at, row in _rows(form, "lots", names, ("title", "ceiling_fen"), places):
        items = _rows(
            form,
            f"lots.{at}.items",
            ("description", "quantity", "unit"),
            ("description",),
            places,
            f"lots.{len(rows)}.items",
        )
        lot_id = form.value(f"lots.{at}.id")
        rows.append(row | {"items": [item for _, item in items]} | ({"id": lot_id} if lot_id else {}))
    return {"lots": rows}


def _conditions(form: Form, places: dict[str, str]) -> dict[str, Any]:
    rows = [row for _, row in _rows(form, "conditions", ("key", "kind", "text", "proof"), ("text",), places)]
    return {"conditions": _keyed(rows, "condition"), "allows_consortia": form.has("allows_consortia")}


def _criteria(form: Form, places: dict[str, str]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    names = ("key", "kind", "name", "description", "weight")
    for at, row in _rows(form, "criteria", names, ("name",), places):
        scale = _rows(
            form,
            f"criteria.{at}.scale",
            ("points", "description"),
            ("description",),
            places,
            f"criteria.{len(rows)}.scale",
        )
        rows.append(row | {"scale": [] if row.get("kind") == "price" else [one for _, one in scale]})
    return {
        "criteria": _keyed(rows, "criterion"),
        "tie_break": form.value("tie_break") or "draw",
        "panel_size": form.value("panel_size") or None,
    }


def _milestones(form: Form, places: dict[str, str]) -> dict[str, Any]:
    rows = _rows(
        form, "milestones", ("title", "deliverable", "due_on", "share"), ("title", "deliverable"), places
    )
    most, ways = form.value("framework.most_suppliers"), form.given(many=["framework.ways"])["framework.ways"]
    framework = {"most_suppliers": most, "ways": ways} if most or ways else None
    return {"milestones": [row for _, row in rows], "framework": framework}


def _dates(form: Form, _places: dict[str, str]) -> dict[str, Any]:
    moments = {
        name: with_zone(form.value(name)) if form.value(name).strip() else None
        for name in ("enquiries_end_at", "submissions_end_at")
    }
    return moments | {"official_notice_url": form.value("official_notice_url") or None}


def _documents(_form: Form, _places: dict[str, str]) -> dict[str, Any]:
    return {}


_READERS: Mapping[str, Callable[[Form, dict[str, str]], dict[str, Any]]] = {
    "need": _need,
    "service": _service,
    "lots": _lots,
    "conditions": _conditions,
    "criteria": _criteria,
    "milestones": _milestones,
    "dates": _dates,
    "documents": _documents,
}


def _rows(
    form: Form,
    prefix: str,
    names: Sequence[str],
    telling: Sequence[str],
    places: dict[str, str],
    becomes: str | None = None,
) -> list[tuple[int, dict[str, Any]]]:
    """The rows that were filled in and not struck out, with the number each has on the page. ``telling`` fields say that a row is meant."""
    found: list[tuple[int, dict[str, Any]]] = []
    for at in range(min(_highest(form, prefix), _MOST_ROWS)):
        here = f"{prefix}.{at}"
        if form.has(f"{here}.remove") or not any(form.value(f"{here}.{name}").strip() for name in telling):
            continue
        places[f"{becomes or prefix}.{len(found)}"] = here
        row = {name: form.value(f"{here}.{name}") for name in names}
        found.append((at, {name: text for name, text in row.items() if text.strip()}))
    return found


def _keyed(rows: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    """Rows that are new get a key of their own."""
    used = {row["key"] for row in rows if row.get("key")}
    free = (f"{word}_{number}" for number in range(1, 200))
    for row in rows:
        if not row.get("key"):
            row["key"] = next(one for one in free if one not in used)
            used.add(row["key"])
    return rows


def _highest(form: Form, prefix: str) -> int:
    """One more than the highest row that was posted under ``prefix``."""
    pattern = re.compile(re.escape(prefix) + r"\.(\d{1,2})\.")
    return max((int(found[1]) + 1 for name in form.values if (found := pattern.match(name))), default=0)


def _place(field: str, places: Mapping[str, str]) -> str:
    """The input that a path in the file was read from: rows left blank shift the numbers."""
    for path in sorted(places, key=len, reverse=True):
        if field == path or field.startswith(path + "."):
            return places[path] + field[len(path) :]
    return field


def _named(prefix: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{prefix}.{name}": value for name, value in row.items()}
