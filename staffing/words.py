"""Every sentence the product says, in Chinese and English, from the ``words.toml`` files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return key -> language -> text; keys are ``section.name``."""
    found: dict[str, dict[str, str]] = {}
    for path in (files("staffing") / "words.toml", files("staffing.publish") / "words.toml"):
        raw: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        for section, entries in raw.items():
            found |= {f"{section}.{name}": texts for name, texts in entries.items()}
    return found


def say(lang: Lang, key: str, **facts: object) -> str:
    """Return the text of `key` in `lang` with its ``{placeholders}`` filled.

    Raises
    ------
    KeyError
        When the catalogue has no such key or a placeholder is not given: a bug, not an input.
    """
    return catalogue()[key][lang].format(**facts)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that is decided now and said later, in the reader's language."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def text(self, lang: Lang) -> str:
        """Return the sentence; statements among its facts are said in the same language."""
        return say(lang, self.key, **{name: _said(lang, f) for name, f in self.facts.items()})


def _said(lang: Lang, fact: object) -> object:
    if isinstance(fact, Statement):
        return fact.text(lang)
    if isinstance(fact, tuple):
        return say(lang, "where.and_also").join(str(_said(lang, each)) for each in fact)
    return fact
