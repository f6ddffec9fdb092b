"""The catalogue of sentences: complete in both languages, and nothing in it is dead."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from staffing.errors import Fault, InfeasibleRosterError
from staffing.tell.faults import contradiction
from staffing.words import LANGS, Statement, catalogue, listed, say, told
from staffing.workspace.tables import EXCEL_ERRORS, schema
from staffing.workspace.template import TABLE_NAMES
from staffing.workspace.validate import CODES, ROW_FAULTS

PACKAGE = Path(__file__).parents[1] / "staffing"
SOURCES = [*PACKAGE.rglob("*.py"), PACKAGE.parent / "cli.py"]
OURS = tomllib.loads((PACKAGE / "words.toml").read_text("utf-8"))
KEYS = [f"{section}.{name}" for section, entries in OURS.items() for name in entries]


def trees() -> Iterator[ast.AST]:
    """Yield every node of every source file."""
    for path in SOURCES:
        yield from ast.walk(ast.parse(path.read_text("utf-8")))


def constants(node: ast.AST | None) -> set[str]:
    """Return the texts that an expression can be: a constant, or both arms of a choice."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return constants(one) | constants(other)
    return set()


def told_codes() -> set[str]:
    """Return the codes of every fault that the sources make."""
    found = set(CODES.values()) | set(ROW_FAULTS)
    for table in TABLE_NAMES:
        rules = schema(table)
        checks = [check for column in rules.columns.values() for check in column.checks]
        found |= {str(check.error) for check in [*checks, *rules.checks]}
        found |= {
            "not_a_number" if kind in {"number", "whole"} else f"not_a_{kind}"
            for kind in (column.metadata["kind"] for column in rules.columns.values())
            if kind not in {"text", "clock"}
        }
    for node in trees():
        if not isinstance(node, ast.Call):
            continue
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        match node.func:
            case ast.Name(id="Fault"):
                found |= constants(keywords.get("code"))
            case ast.Name(id="_refused"):
                found |= constants(node.args[1])
            case ast.Attribute(attr="fault") if node.args:
                found |= constants(node.args[0])
    return found


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_sentence_is_there_in_both_languages() -> None:
    """Chinese and English exist and are not empty, here and in publishing."""
    wrong = [
        key
        for key, texts in catalogue().items()
        if set(texts) != set(LANGS) or not all(text.strip() for text in texts.values())
    ]
    assert wrong == []


def test_both_languages_tell_the_same_facts() -> None:
    """No fact is lost in translation: the placeholders agree."""
    wrong = [
        key
        for key in KEYS
        if placeholders(catalogue()[key]["zh"]) != placeholders(catalogue()[key]["en"])
    ]
    assert wrong == []


def test_chinese_is_punctuated_as_chinese() -> None:
    """Beside Chinese characters stand full-width marks."""
    half_width = re.compile(r"[一-鿿][,;:?!(]|[,;:?!)][一-鿿]")
    assert [key for key in KEYS if half_width.search(catalogue()[key]["zh"])] == []


def test_remedies_are_sentences_and_faults_are_not() -> None:
    """A remedy ends with its own full stop; what is wrong goes on into the remedy."""
    ends = ("。", "？", ".", "?")
    for lang in LANGS:
        assert all(texts[lang].endswith(ends) for texts in OURS["remedy"].values())
        assert not any(texts[lang].endswith(ends) for texts in OURS["fault"].values())


def test_no_key_is_in_both_files() -> None:
    """The words of publishing do not overwrite the others."""
    theirs = tomllib.loads((PACKAGE / "publish" / "words.toml").read_text("utf-8"))
    assert not {f"{s}.{name}" for s, entries in theirs.items() for name in entries} & set(KEYS)


def test_every_fault_that_is_made_can_be_told() -> None:
    """Each code in the sources has its sentence and its remedy."""
    missing = {
        f"{section}.{code}"
        for code in told_codes()
        for section in ("fault", "remedy")
        if f"{section}.{code}" not in catalogue()
    }
    assert not missing
    assert set(OURS["fault"]) == set(OURS["remedy"])


def test_every_violation_that_is_found_can_be_told() -> None:
    """Each key of the audit has its sentence."""
    source = (PACKAGE / "roster" / "audit.py").read_text("utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    found = {
        key
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "broken"
        for key in constants(call.args[2])
    }
    assert len(found) > 10
    assert {f"violation.{key}" for key in found} <= set(catalogue())


def test_no_sentence_is_dead() -> None:
    """Each key stands in the sources whole, or its name does where keys are put together."""
    texts = {text for node in trees() for text in constants(node)}
    prefixes = {
        text
        for node in trees()
        if isinstance(node, ast.JoinedStr)
        for text in constants(node.values[0])
        if "." in text
    }
    names = texts | told_codes() | {f"R{number}" for number in range(1, 19)}
    dead = [
        key
        for key in KEYS
        if key not in texts
        and not any(key.startswith(start) and key[len(start) :] in names for start in prefixes)
    ]
    assert dead == []


def test_a_fault_is_told_as_one_line() -> None:
    """Place, value, what is wrong and the remedy stand in one sentence and a half."""
    fault = Fault(code="negative", file="shops.csv", row=3, column="aht_s", value="-1")
    assert fault.line("en") == "shops.csv, row 3, column aht_s: '-1' is negative. Write 0 or more."
    assert fault.line("zh") == "shops.csv，第 3 行，“aht_s”列：“-1”是负数。请填 0 或正数。"


def test_a_fault_of_a_scenario_names_line_and_key() -> None:
    """In a TOML file rows are lines, and columns are keys."""
    fault = Fault(code="key_unknown", file="a.toml", row=3, column="seats.x")
    assert fault.where("en") == "a.toml, line 3, seats.x"
    assert fault.where("zh") == "a.toml，第 3 行，seats.x"


def test_statements_among_facts_are_said_in_the_readers_language() -> None:
    """A sentence inside a sentence follows the language of the outer one."""
    many = listed([f"S{i}" for i in range(10)])
    assert many.text("en") == "S0, S1, S2, S3, S4, S5, S6, S7 and 2 more"
    assert many.text("zh") == "S0、S1、S2、S3、S4、S5、S6、S7 等（另有 2 个）"
    assert told("en", {"shops": listed(["S1"])}) == {"shops": "S1"}
    both = Statement("clash.agent", {"agent": "A1", "rules": (Statement("clash.R7", {"days": 1}),)})
    assert both.text("en").startswith("A1 has no lawful week: R7 at least 1")


def test_a_missing_key_or_fact_is_a_bug_and_raises() -> None:
    """Nothing falls back silently."""
    with pytest.raises(KeyError):
        say("en", "fault.no_such_thing")
    with pytest.raises(KeyError):
        say("en", "fault.doubled")


def test_excel_errors_are_those_of_excel() -> None:
    """Each begins with # and is upper case."""
    assert all(re.fullmatch(r"#[A-Z0/!?]+", error) for error in EXCEL_ERRORS)


def test_agents_with_the_same_clash_are_named_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ten agents without a rest day are a line that names eight, an eleventh has her own."""

    def clash(agent: str, days: int) -> Statement:
        rules = (Statement("clash.R7", {"days": days}),)
        return Statement("clash.agent", {"agent": agent, "rules": rules})

    error = InfeasibleRosterError([*(clash(f"A{i}", 1) for i in range(10)), clash("B", 2)])
    contradiction(error, "en", machine=False)
    _, many, one = capsys.readouterr().err.splitlines()
    assert "A7 and 2 more: none has a lawful week: R7 at least 1" in many
    assert one.strip().startswith("B has no lawful week: R7 at least 2")


READS_CHINESE = (
    "forecast/calendar.py",  # names of promotions
    "publish/edited.py",  # what people write into the grid
    "publish/quote/letter.py",  # units, after which a Chinese page leaves no space
    "quote/prospect.py",
    "workspace/",
)
"""Where Chinese stands in the sources: it is what users write, or explained in both languages."""
TELLING = ("line", "table", "print", "echo", "secho", "prompt", "add_row", "BadParameter", "Text")


def spoken(node: ast.AST | None) -> str:
    """Return the text that stands literally in an expression, the rest left out."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            return " ".join(map(spoken, parts))
        case ast.BinOp(left=left, right=right):
            return spoken(left) + spoken(right)
        case ast.IfExp(body=one, orelse=other):
            return f"{spoken(one)} {spoken(other)}"
    return ""


def test_nothing_is_told_in_words_of_the_sources() -> None:
    """What goes to a terminal or a page is said by the catalogue: no literal words are passed."""
    found = []
    for path in SOURCES:
        if not {"tell", "commands", "publish"} & set(path.parts) and path.name != "cli.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in TELLING and re.search(r"[a-z]{2,} [a-z]{2,}|[一-鿿]", spoken_in(node)):
                found.append((path.name, node.lineno, spoken_in(node)))
    assert found == []


def spoken_in(call: ast.Call) -> str:
    """Return the literal text of all arguments of a call."""
    return " ".join(map(spoken, call.args))


def test_chinese_stands_only_where_it_is_read() -> None:
    """A Chinese sentence in a source would be one that has no English beside it."""
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        told_to_nobody = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        chinese = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search("[一-鿿]", node.value)
            and id(node) not in told_to_nobody
        ]
        place = path.relative_to(PACKAGE.parent).as_posix().removeprefix("staffing/")
        assert not chinese or place.startswith(READS_CHINESE), f"{place}: {chinese}"


def test_every_sentence_is_translated() -> None:
    """Chinese has Chinese characters where English has words, and English has none but names."""
    bare = {
        key: {lang: re.sub(r"\{[^{}]*\}", "", text) for lang, text in texts.items()}
        for key, texts in catalogue().items()
    }
    chinese = re.compile("[一-鿿]")
    left = {
        key
        for key, texts in bare.items()
        if re.search("[a-z]{3}", texts["en"]) and not chinese.search(texts["zh"])
    }
    assert left == {"calendar.summary", "letter.advice_why"}, "their words are all in placeholders"
    mixed = {key for key, texts in bare.items() if chinese.search(texts["en"])}
    named = {"fault.roster_book", "fault.no_stretches", "page.other_lang"}
    assert mixed == named, "they name a sheet in both, or the other language"
