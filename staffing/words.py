"""Every sentence the product says, in Chinese and English, from the ``words.toml`` files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Literal, get_args

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return key -> language -> text; keys are ``section.name``."""
    found: dict[str, dict[str, str]] = {}
    package = files("staffing")
    for path in (package / "words.toml", package / "publish" / "words.toml"):
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        for section, entries in raw.items():
            found |= {f"{section}.{name}": texts for name, texts in entries.items()}
    return found


def say(lang: Lang, key: str, /, **facts: object) -> str:
    """Return the text of `key` in `lang` with its ``{placeholders}`` filled.

    A placeholder with two words, ``{days:day|days}``, becomes the first of them where the fact is
    one, else the second.

    Raises
    ------
    KeyError
        When the catalogue has no such key or a placeholder is not given: a bug, not an input.

    Examples
    --------
    >>> say("en", "letter_value.days", number=1), say("en", "letter_value.days", number=2)
    ('1 day', '2 days')
    """
    return SENTENCES.vformat(catalogue()[key][lang], (), facts)


class _Sentences(Formatter):
    """Fills texts as `str.format` does, and knows one from many."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, or_, many = format_spec.partition("|")
        if or_:
            return one if str(value) == "1" else many
        return str(super().format_field(value, format_spec))


SENTENCES = _Sentences()


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that is decided now and said later, in the reader's language."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def text(self, lang: Lang) -> str:
        """Return the sentence; statements among its facts are said in the same language."""
        return say(lang, self.key, **told(lang, self.facts))


def told(lang: Lang, facts: Mapping[str, object]) -> dict[str, object]:
    """Return the facts of a sentence with the statements among them said in `lang`."""
    return {name: _said(lang, fact) for name, fact in facts.items()}


def listed(items: Sequence[str], most: int = 8) -> Statement:
    """Return a list for a sentence: the first items, and how many more there are."""
    shown = list(items[:most])
    if len(items) <= most:
        return Statement("where.listed", {"shown": shown})
    return Statement("where.listed_more", {"shown": shown, "more": len(items) - most})


def _said(lang: Lang, fact: object) -> object:
    if isinstance(fact, Statement):
        return fact.text(lang)
    if isinstance(fact, tuple):
        return say(lang, "where.and_also").join(str(_said(lang, each)) for each in fact)
    if isinstance(fact, list):
        return say(lang, "where.comma").join(str(_said(lang, each)) for each in fact)
    return fact
