"""The columns of a city: in step row by row, one writer, and nobody mistaken for another, whatever dies when."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import pytest

from matching.arrays import VolunteerArrays
from matching.columns import (
    ArraysAreBroken,
    ArraysAreBusy,
    ArraysAreFromAnotherFormat,
    ArraysAreMissing,
)
from matching.features import Volunteer
from matching.index import Point
from matching.ranking import rank
from matching.vocabulary import Vocabulary, VocabularyIsFull, words_for
from matching.weights import VOLUNTEER_WEIGHTS
from tests.matching import people
from tests.matching.people import MONDAY

OPEN = replace(
    people.opportunity(Random(1)),
    minimum_age=0,
    is_uninsured=False,
    qualifications=frozenset(),
    skills=frozenset({"cooking"}),
    place=None,
)


def adults(count: int, first: int = 1) -> list[Volunteer]:
    return [Volunteer(id=UUID(int=number), age=30) for number in range(first, first + count)]


def put(arrays: VolunteerArrays, volunteers: list[Volunteer]) -> None:
    with arrays.writing() as writer:
        writer.upsert((volunteer.id, volunteer) for volunteer in volunteers)


def ranked(arrays: VolunteerArrays) -> dict[UUID, int]:
    return {one.id: one.score for one in rank(arrays, OPEN, VOLUNTEER_WEIGHTS, 100_000)}


@pytest.fixture
def arrays(tmp_path: Path) -> VolunteerArrays:
    arrays = VolunteerArrays(tmp_path / "volunteers")
    with arrays.rebuilding():
        pass
    return arrays


def test_who_is_written_is_found_and_who_is_removed_is_blank(arrays: VolunteerArrays) -> None:
    put(arrays, adults(3))
    assert ranked(arrays).keys() == {UUID(int=1), UUID(int=2), UUID(int=3)}
    with arrays.writing() as writer:
        writer.remove([UUID(int=2), UUID(int=77)])
    assert ranked(arrays).keys() == {UUID(int=1), UUID(int=3)}
    assert UUID(int=2) not in arrays.reading() and len(arrays.reading()) == 2
    generation = arrays.reading().snapshot().generation
    assert not any(column[..., 1].any() for column in generation.columns.values())


def test_written_again_is_the_same_row_with_new_contents(arrays: VolunteerArrays) -> None:
    (person,) = adults(1)
    put(arrays, [person])
    before = ranked(arrays)[person.id]
    put(arrays, [replace(person, skills=frozenset({"cooking"}))])
    assert ranked(arrays)[person.id] > before
    assert len(arrays.reading()) == 1


def test_a_reader_follows_when_the_arrays_grow_and_when_they_are_rebuilt(arrays: VolunteerArrays) -> None:
    put(arrays, adults(10))
    assert len(arrays.reading()) == 10
    put(arrays, adults(5000))
    assert len(arrays.reading()) == 5000
    arrays.reading().check()
    assert len(list((arrays.root / "generations").iterdir())) == 1
    with arrays.rebuilding() as writer:
        writer.upsert((volunteer.id, volunteer) for volunteer in adults(7))
        assert len(arrays.reading()) == 5000
    assert len(arrays.reading()) == 7


def test_who_changes_while_the_arrays_grow_is_neither_lost_nor_mistaken(arrays: VolunteerArrays) -> None:
    put(arrays, adults(1000))
    with arrays.writing() as writer:
        writer.remove([UUID(int=1)])
    cooks = [replace(one, skills=frozenset({"cooking"})) for one in adults(100, first=901)]
    put(arrays, cooks + adults(100, first=1001))
    scores = ranked(arrays)
    best = max(scores.values())
    assert scores.keys() == {UUID(int=number) for number in range(2, 1101)}
    assert {identity for identity, score in scores.items() if score == best} == {one.id for one in cooks}
    arrays.reading().check()


def test_a_rebuild_that_fails_leaves_what_serves(arrays: VolunteerArrays) -> None:
    put(arrays, adults(4))
    with pytest.raises(RuntimeError), arrays.rebuilding() as writer:
        writer.upsert((volunteer.id, volunteer) for volunteer in adults(1))
        raise RuntimeError
    assert len(arrays.reading()) == 4


def test_a_removed_persons_row_is_never_given_to_somebody_else_in_place(arrays: VolunteerArrays) -> None:
    put(arrays, adults(3))
    with arrays.writing() as writer:
        writer.remove([UUID(int=2)])
    put(arrays, adults(1, first=50))
    generation = arrays.reading().snapshot().generation
    assert generation.find([UUID(int=50)])[0] == 3


def test_one_writes_at_a_time(arrays: VolunteerArrays) -> None:
    with arrays.writing(), pytest.raises(ArraysAreBusy), VolunteerArrays(arrays.root).writing(patience=0):
        pass


@pytest.mark.parametrize("column", ["age", "skill", "id_low", "week", "seal"])
def test_a_torn_row_answers_for_nobody(arrays: VolunteerArrays, column: str) -> None:
    put(arrays, adults(3))
    with arrays.writing() as writer:
        torn = writer.snapshot.generation.columns[column]
        torn[..., 1] ^= 1
    assert ranked(arrays).keys() == {UUID(int=1), UUID(int=3)}
    with pytest.raises(ArraysAreBroken):
        arrays.reading().check()


@pytest.mark.parametrize("step", range(25))
def test_a_writer_that_dies_at_any_step_leaves_nobody_half_there(
    arrays: VolunteerArrays, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [replace(volunteer, skills=frozenset({"driving"})) for volunteer in adults(3)]
    put(arrays, before)
    scores = ranked(arrays)
    with arrays.writing() as writer:
        columns = writer.snapshot.generation.columns
        writer.snapshot.generation.columns.update(
            {name: _Fragile(column) for name, column in columns.items()}
        )
        _Fragile.left = step
        changed = [replace(volunteer, age=60, skills=frozenset({"cooking"})) for volunteer in adults(4)]
        with suppress(_Killed):
            writer.upsert((volunteer.id, volunteer) for volunteer in changed)
    seen = ranked(arrays)
    put(arrays, changed)
    cooks = ranked(arrays)
    assert cooks.keys() == {volunteer.id for volunteer in changed}
    assert all(score in (scores.get(identity), cooks[identity]) for identity, score in seen.items())
    arrays.reading().check()


class _Killed(BaseException):
    pass


class _Fragile(np.ndarray):  # type: ignore[type-arg]
    """A column whose writer dies after so many writes."""

    left = 0

    def __new__(cls, column: np.ndarray) -> "_Fragile":  # type: ignore[type-arg]
        return column.view(cls)

    def __setitem__(self, key: object, value: object) -> None:
        if _Fragile.left == 0:
            raise _Killed
        _Fragile.left -= 1
        super().__setitem__(key, value)  # type: ignore[index]


def test_no_arrays_and_arrays_of_another_format_are_told_apart(
    arrays: VolunteerArrays, tmp_path: Path
) -> None:
    with pytest.raises(ArraysAreMissing):
        VolunteerArrays(tmp_path / "nowhere").reading()
    pointer = arrays.root / "current.json"
    said = json.loads(pointer.read_text())
    pointer.write_text(json.dumps({**said, "format": 0}))
    with pytest.raises(ArraysAreFromAnotherFormat):
        VolunteerArrays(arrays.root).reading()
    pointer.write_text("{")
    with pytest.raises(ArraysAreBroken):
        VolunteerArrays(arrays.root).reading()


@pytest.mark.parametrize("damage", ["cut", "gone", "of another length"])
def test_damaged_files_are_broken_and_a_rebuild_heals_them(arrays: VolunteerArrays, damage: str) -> None:
    put(arrays, adults(3))
    (file,) = arrays.root.glob("generations/*/age.npy")
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:200])
    else:
        np.save(file, np.zeros(5, dtype=np.uint8))
    damaged = VolunteerArrays(arrays.root)
    with pytest.raises(ArraysAreBroken):
        damaged.reading()
    with damaged.rebuilding() as writer:
        writer.upsert((volunteer.id, volunteer) for volunteer in adults(2))
    assert len(damaged.reading()) == 2


def test_other_words_are_another_format_and_a_full_field_says_so(tmp_path: Path) -> None:
    arrays = VolunteerArrays(tmp_path)
    codes = frozenset(f"skill_{number}" for number in range(200))
    (person,) = adults(1)
    with pytest.raises(VocabularyIsFull) as full, arrays.rebuilding() as writer:
        writer.upsert([(person.id, replace(person, skills=codes))])
    assert full.value.field == "skill"
    wider = VolunteerArrays(tmp_path, words=words_for({"skill": 200}))
    with wider.rebuilding() as writer:
        writer.upsert([(person.id, replace(person, skills=codes))])
    assert person.id in wider.reading()
    with pytest.raises(ArraysAreFromAnotherFormat):
        VolunteerArrays(tmp_path).reading()


def test_a_code_keeps_its_bit() -> None:
    vocabulary = Vocabulary()
    first = vocabulary.learned("skill", ["music"])
    vocabulary.learned("skill", ["cooking", "driving"])
    again = Vocabulary(**vocabulary.as_plain())  # type: ignore[arg-type]
    assert again.known("skill", ["music"]) == first
    assert again.known("skill", ["unheard"]) == (0, 0)


def test_the_files_hold_no_exact_home(arrays: VolunteerArrays) -> None:
    near = Volunteer(id=UUID(int=1), age=30, home=Point(31.22041, 121.42452))
    nearer = replace(near, id=UUID(int=2), home=Point(31.22139, 121.42547))
    put(arrays, [near, nearer])
    columns = arrays.reading().snapshot().generation.columns
    assert columns["row"][0] == columns["row"][1] and columns["column"][0] == columns["column"][1]


def test_random_changes_leave_the_arrays_as_if_built_at_once(tmp_path: Path) -> None:
    random, arrays, alive = Random(5), VolunteerArrays(tmp_path / "one"), dict[UUID, Volunteer]()
    with arrays.rebuilding():
        pass
    known = [people.volunteer(random) for _ in range(400)]
    for _ in range(60):
        some = [replace(people.volunteer(random), id=one.id) for one in random.sample(known, 30)]
        gone = [one.id for one in random.sample(known, 10)]
        with arrays.writing() as writer:
            writer.upsert((one.id, one) for one in some)
            writer.remove(gone)
        alive.update((one.id, one) for one in some)
        for identity in gone:
            alive.pop(identity, None)
    at_once = VolunteerArrays(tmp_path / "other")
    with at_once.rebuilding() as writer:
        writer.upsert(alive.items())
    assert ranked(arrays) == ranked(at_once)
    assert len(arrays.reading()) == len(alive)
    arrays.reading().check()


def test_the_days_of_tests_are_mondays() -> None:
    assert MONDAY.weekday() == 0
