"""The catalogues: ``python -m web.words extract`` refreshes messages.po from the code, ``check`` fails on a stale or missing word.

Four domains in each language. ``messages`` holds the sentences written in templates and pages, keyed by their English text;
``errors``, ``words`` and ``notices`` are keyed by code and written by hand. Files are sorted and carry no dates and no line
numbers, so that a change to one sentence is a change to one entry.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from marketplace.kernel.locale import EN, LANGUAGE_TAGS, LOCALES, ZH

WEB = Path(__file__).parent
TRANSLATIONS = WEB / "translations"
MESSAGES = "messages"
KEYED = ("errors", "notices", "words")
DOMAINS = (MESSAGES, *KEYED)
_METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"templates/**.html": {"silent": "false", "trimmed": "true", "encoding": "utf-8"}}
_KEYWORDS: Mapping[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}
_PLURALS = {EN: "nplurals=2; plural=(n != 1);", ZH: "nplurals=1; plural=0;"}
_PLACE = re.compile(r"%\(\w+\)[sd]")

MessageId = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one entry of one catalogue."""

    path: Path
    entry: str
    what: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(TRANSLATIONS)}: {self.what}: {self.entry}"


def path_of(locale: str, domain: str) -> Path:
    return TRANSLATIONS / locale / "LC_MESSAGES" / f"{domain}.po"


def load(locale: str, domain: str) -> Catalog:
    """The catalogue as its file has it; an empty one where there is no file."""
    path = path_of(locale, domain)
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def save(locale: str, domain: str, catalogue: Catalog) -> None:
    """Writes the catalogue sorted, in one step, and only when something changed."""
    body = BytesIO()
    write_po(
        body, catalogue, width=0, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True
    )
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {LANGUAGE_TAGS[locale]}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {_PLURALS[locale]}\\n"\n\n'
    )
    content = (header.encode() + body.getvalue().strip()).rstrip() + b"\n"
    path = path_of(locale, domain)
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".po.part")
    partial.write_bytes(content)
    partial.replace(path)


def entries(catalogue: Catalog) -> Iterator[Message]:
    """Every entry but the header."""
    return (message for message in catalogue if message.id)


def sentences() -> set[MessageId]:
    """All English sentences that templates and pages say. Raises the template's own error where one does not parse."""
    found: set[MessageId] = set()
    for _file, _line, message, _comments, _context in extract_from_dir(
        WEB, _METHODS, _OPTIONS, _KEYWORDS, directory_filter=_is_ours
    ):
        found.add(message if isinstance(message, str) else tuple(message))
    return found


def _is_ours(directory: str | Path) -> bool:
    return Path(directory).name not in {"translations", "static", "__pycache__"}


def add_sentences(said: set[MessageId]) -> None:
    """Puts new sentences into both languages: said as they are in English, still to be translated in Chinese."""
    for locale in LOCALES:
        catalogue = load(locale, MESSAGES)
        for message_id in said:
            if locale == EN:
                catalogue.add(message_id, message_id)
            elif catalogue.get(message_id) is None:
                catalogue.add(message_id)
        save(locale, MESSAGES, catalogue)


def drop_unsaid(said: set[MessageId]) -> None:
    """Removes the sentences that nothing says any more."""
    first_forms = {message_id if isinstance(message_id, str) else message_id[0] for message_id in said}
    for locale in LOCALES:
        catalogue = load(locale, MESSAGES)
        for message in list(entries(catalogue)):
            if _first(message.id) not in first_forms:
                catalogue.delete(message.id)
        save(locale, MESSAGES, catalogue)


def extract() -> None:
    """Makes messages.po say exactly what the code says."""
    said = sentences()
    add_sentences(said)
    drop_unsaid(said)


def faults() -> list[Fault]:
    """Everything that is stale, missing, or says different facts in the two languages."""
    return [*_stale(), *(fault for domain in DOMAINS for fault in _untranslated(domain))]


def _stale() -> Iterator[Fault]:
    said = {_first(message_id) for message_id in sentences()}
    for locale in LOCALES:
        kept = {_first(message.id) for message in entries(load(locale, MESSAGES))}
        path = path_of(locale, MESSAGES)
        yield from (
            Fault(path, text, "run extract, this is said and not listed") for text in sorted(said - kept)
        )
        yield from (
            Fault(path, text, "run extract, this is listed and not said") for text in sorted(kept - said)
        )


def _untranslated(domain: str) -> Iterator[Fault]:
    by_locale = {
        locale: {_first(message.id): message for message in entries(load(locale, domain))}
        for locale in LOCALES
    }
    everything = sorted(set().union(*by_locale.values()))
    for locale, catalogue in by_locale.items():
        for text in everything:
            message = catalogue.get(text)
            if message is None or not _is_complete(message):
                yield Fault(path_of(locale, domain), text, "not translated")
    for text in everything:
        english, chinese = by_locale[EN].get(text), by_locale[ZH].get(text)
        if english and chinese and _is_complete(chinese) and _places(english) != _places(chinese):
            yield Fault(path_of(ZH, domain), text, "its %(places)s differ from the English ones")


def _first(message_id: MessageId | Sequence[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _is_complete(message: Message) -> bool:
    return all(_forms(message)) and not message.fuzzy


def _places(message: Message) -> set[str]:
    return {place for form in _forms(message) for place in _PLACE.findall(form)}


def main(arguments: Sequence[str]) -> int:
    """The command: 0 when all is well, 1 when ``check`` finds a fault, 2 when called wrongly."""
    if list(arguments) == ["extract"]:
        extract()
        return 0
    if list(arguments) == ["check"]:
        found = faults()
        print("\n".join(str(fault) for fault in found) or "every word is there", file=sys.stderr)
        return 1 if found else 0
    print("usage: python -m web.words extract|check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
