"""The house keeps its shape: no folder hides a library, every tests folder is a package, every module says what it does."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("marketplace", "matching", "web")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
LONGEST = 420


def test_graphql_holds_the_contract_and_no_python() -> None:
    assert not list((ROOT / "graphql").rglob("*.py"))
    assert not (ROOT / "tests" / "graphql").exists()


def test_graphql_core_is_found_from_the_root() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import graphql; print(graphql.__file__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "site-packages" in found.stdout


def test_every_tests_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_in_its_first_line_what_it_does_and_fits_in_one_reading(path: Path) -> None:
    source = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(source)), "begins with a docstring"
    if "migrations/versions" not in path.as_posix():
        assert len(source.splitlines()) <= LONGEST, "wants a split by noun"


def test_no_room_is_missing_from_the_floors() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    floors = {room.strip() for layer in contracts[0]["layers"] for room in layer.split("|")}
    rooms = {f"marketplace.{path.parent.name}" for path in (ROOT / "marketplace").glob("*/__init__.py")}
    assert rooms - {"marketplace.migrations"} <= floors


def test_the_locks_name_no_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "://" not in (ROOT / name).read_text("utf-8")


def test_settings_and_environment_are_read_in_one_place() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if "os.environ" in (source := path.read_text("utf-8")) or "os.getenv" in source
    ]
    assert set(readers) <= {"marketplace/cli/running.py", "marketplace/cli/serving.py"}
