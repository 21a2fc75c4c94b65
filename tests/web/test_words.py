"""The catalogues: complete, fresh, saying the same facts in both languages, and with words for every error there is."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

import marketplace
from marketplace.kernel import errors
from marketplace.kernel.locale import EN, LOCALES, ZH
from web import words
from web.templating import TEMPLATES

# Kinds and bases are never raised themselves.
ABSTRACT = {
    "missing",
    "not_allowed",
    "conflict",
    "too_many",
    "unavailable",
    "invalid",
    "marketplace_error",
    "reason",
}


def _keys(domain: str) -> set[str]:
    return {str(message.id) for message in words.entries(words.load(ZH, domain))}


def _error_classes(kind: type[errors.MarketplaceError]) -> Iterator[type[errors.MarketplaceError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _error_classes(child)


def test_every_sentence_is_listed_and_translated() -> None:
    assert [str(fault) for fault in words.faults()] == []


def test_every_error_has_words() -> None:
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = {
        child.code
        for child in _error_classes(errors.MarketplaceError)
        if child.__module__.startswith(("marketplace.", "web."))
    }
    missing = {f"error.{code}" for code in ours - ABSTRACT} - _keys("errors")
    assert missing == set()


def _field_codes(tree: ast.AST) -> Iterator[str]:
    """Literal codes in InputIsInvalid.of(field, code), FieldProblem(field, code, …) and raise ValueError(code)."""
    places = {"InputIsInvalid.of": 1, "FieldProblem": 1, "ValueError": 0}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (place := places.get(ast.unparse(node.func))) is not None:
            code = node.args[place] if len(node.args) > place else None
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and code.value.isidentifier():
                yield code.value


def test_every_field_problem_that_is_named_has_words() -> None:
    named = {
        f"field.{code}"
        for path in [*(words.WEB.parent / "marketplace").rglob("*.py"), *words.WEB.rglob("*.py")]
        for code in _field_codes(ast.parse(path.read_text("utf-8")))
    }
    assert named - _keys("errors") == set()


def test_every_key_that_a_template_spells_out_has_words() -> None:
    named: set[str] = set()
    environment = Environment(extensions=["jinja2.ext.i18n"])  # only parses, never renders
    for path in TEMPLATES.rglob("*.html"):
        tree = environment.parse(path.read_text("utf-8"))
        for call in tree.find_all(nodes.Call):
            is_word = isinstance(call.node, nodes.Name) and call.node.name == "word"
            if is_word and call.args and isinstance(call.args[0], nodes.Const):
                named.add(str(call.args[0].value))
    assert named - set().union(*(_keys(domain) for domain in words.KEYED)) == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_shouts(locale: str) -> None:
    shouted = [
        message.id
        for domain in words.DOMAINS
        for message in words.entries(words.load(locale, domain))
        if {"!", "！"} & set(str(message.string))
    ]
    assert shouted == []


@pytest.mark.parametrize("locale", LOCALES)
def test_facts_stand_in_their_places(locale: str) -> None:
    unfilled = [
        message.id
        for domain in words.DOMAINS
        for message in words.entries(words.load(locale, domain))
        if re.search(r"\{\w+\}", str(message.string))
    ]
    assert unfilled == []


def test_chinese_says_nin() -> None:
    familiar = [
        message.id
        for domain in words.DOMAINS
        for message in words.entries(words.load(ZH, domain))
        if "你" in str(message.string)
    ]
    assert familiar == []


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(words, "TRANSLATIONS", tmp_path)
    return tmp_path


def test_a_new_sentence_is_listed_and_waits_for_its_translation(in_folder: Path) -> None:
    words.add_sentences({"Sign up", ("%(count)s place", "%(count)s places")})
    assert "Sign up" in str(words.path_of(EN, "messages").read_text("utf-8"))
    waiting = [fault.entry for fault in words.faults() if fault.what == "not translated"]
    assert waiting == ["%(count)s place", "Sign up"]


def test_a_sentence_that_nothing_says_is_dropped(in_folder: Path) -> None:
    words.add_sentences({"Old", "Kept"})
    words.drop_unsaid({"Kept"})
    assert [message.id for message in words.entries(words.load(EN, "messages"))] == ["Kept"]


def test_writing_twice_changes_nothing(in_folder: Path) -> None:
    words.add_sentences({"b", "a"})
    first = words.path_of(ZH, "messages").read_bytes()
    words.add_sentences({"a", "b"})
    assert words.path_of(ZH, "messages").read_bytes() == first


def test_different_facts_in_the_two_languages_are_a_fault(in_folder: Path) -> None:
    for locale, text in ((EN, "%(count)s left"), (ZH, "还剩 %(places)s 个")):
        catalogue = words.load(locale, "errors")
        catalogue.add("error.few_left", text)
        words.save(locale, "errors", catalogue)
    assert "differ" in str(next(fault for fault in words.faults() if fault.entry == "error.few_left"))
