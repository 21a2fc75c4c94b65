"""The city's districts as outlines for a server-drawn map: simplified, for orientation only."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from math import cos, radians

import orjson

# At the city's latitude a degree east is shorter than a degree north.
_SQUEEZE = cos(radians(31.2))
_SCALE = 500


@dataclass(frozen=True, slots=True)
class Outline:
    """One district: ``path`` is the ``d`` of an SVG path, ``x`` and ``y`` a place inside it for its name."""

    code: str
    path: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class DistrictMap:
    """All outlines and the box they are drawn in."""

    outlines: tuple[Outline, ...]
    width: int
    height: int


@cache
def district_map() -> DistrictMap:
    """The map, made once from the shipped outlines."""
    text = (files("marketplace.areas") / "data" / "shanghai_districts.geojson").read_bytes()
    rings = {item["properties"]["code"]: _rings(item["geometry"]) for item in orjson.loads(text)["features"]}
    everywhere = list(chain.from_iterable(chain.from_iterable(rings.values())))
    west, north = min(point[0] for point in everywhere), max(point[1] for point in everywhere)
    width = max(_x(point[0], west) for point in everywhere)
    height = max(_y(point[1], north) for point in everywhere)
    outlines = (_outline(code, districts, west, north) for code, districts in sorted(rings.items()))
    return DistrictMap(tuple(outlines), width, height)


def _rings(geometry: dict[str, object]) -> list[list[list[float]]]:
    coordinates = geometry["coordinates"]
    assert isinstance(coordinates, list)
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    return [polygon[0] for polygon in polygons]


def _outline(code: str, rings: list[list[list[float]]], west: float, north: float) -> Outline:
    drawn = [[(_x(point[0], west), _y(point[1], north)) for point in ring] for ring in rings]
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in drawn)
    largest = max(drawn, key=len)
    columns, rows = [x for x, _y in largest], [y for _x, y in largest]
    return Outline(code, path, (min(columns) + max(columns)) // 2, (min(rows) + max(rows)) // 2)


def _x(longitude: float, west: float) -> int:
    return round((longitude - west) * _SQUEEZE * _SCALE)


def _y(latitude: float, north: float) -> int:
    return round((north - latitude) * _SCALE)
