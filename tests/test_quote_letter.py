"""The documents of a quote: complete, inert, without a word about anybody else, alike each time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pypdfium2
import pytest
from typer.testing import CliRunner, Result

import cli
from staffing.errors import PublishError, ScenarioError
from staffing.publish.quote import (
    FOR_MERCHANTS,
    FOR_US,
    NAMES,
    internal_folder,
    letter,
    publish_quote,
    render,
)
from staffing.publish.quote.internal import internal_workbook
from staffing.publish.quote.letter import Letter, snapshot
from staffing.publish.quote.page import page
from staffing.publish.quote.pdf import pdf
from staffing.publish.quote.workbook import workbook
from staffing.quote.costs import cost
from staffing.quote.estimate import estimate
from staffing.quote.offer import LIKELY, Quote, offer, one_seat
from staffing.quote.prospect import prospect_of
from staffing.quote.rates import Rates
from staffing.words import Lang, catalogue, say
from staffing.workspace import Workspace, read_workspace

DEMO = Path(__file__).parents[1] / "data" / "demo"
FACTS = {"category": "apparel_bags", "agents": 6, "contacts": 520.0, "promotions": "monthly"}
NAMED = FACTS | {"name": "云裳女装旗舰店"}
MADE = dt.date(2026, 11, 10)


QUOTED: dict[str, Quote] = {}
"""Quotes from the priors made already: they are frozen, and many tests look at the same ones."""


def quoted(workspace: Workspace | None = None, *, firm: bool = False, **facts: object) -> Quote:
    key = None if workspace is not None else f"{firm} {sorted(facts.items())}"
    if key is None or key not in QUOTED:
        prospect = prospect_of({}, NAMED | {"start": dt.date(2026, 12, 1)} | facts)
        found = offer(estimate(prospect, workspace), Rates(), date=MADE, firm=firm)
        if key is None:
            return found
        QUOTED[key] = found
    return QUOTED[key]


@pytest.fixture(scope="module")
def demo() -> Workspace:
    return read_workspace(DEMO)


@pytest.fixture(scope="module")
def quote(demo: Workspace) -> Quote:
    return quoted(demo, conversion=0.4, order_value_yuan=168.0, platform="Tmall")


@pytest.fixture(scope="module")
def files(quote: Quote) -> dict[str, bytes]:
    return dict(render(quote, "zh"))


def told(content: bytes, name: str) -> str:
    """Return all that a reader or a search finds in a document."""
    if name.endswith(".pdf"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        texts = [each.extract_text() for each in reader.pages] + [str(reader.metadata)]
        return "\n".join(texts)
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "\n".join(parts.read(each).decode() for each in parts.namelist())
    return content.decode()


def cells(content: bytes) -> list[object]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]


# --- from the estimate to the work ----------------------------------------------------------------


def test_months_of_work_follow_the_calendar():
    """Twelve months from the first day; statutory hours are those of the 13 days of the year."""
    made = quoted(promotions="none")
    months = made.months[LIKELY]
    assert [work.month for work in months][:2] == [dt.date(2026, 12, 1), dt.date(2027, 1, 1)]
    assert sum(work.days for work in months) == 365
    day_h = Decimal(str(made.estimate.ordinary.seat_h()))
    assert sum(work.statutory_h for work in months) == 13 * day_h
    assert sum(work.seat_h for work in months) == 365 * day_h
    assert all(work.extra_h == 0 and work.overtime_h == 0 for work in months)


def test_hours_after_midnight_are_night_and_the_next_date():
    """From 18:00 to 02:00 four hours are night; a statutory eve has its last two at 300 %."""
    hours = {"opens": "18:00", "closes": "02:00", "days": 1, "start": dt.date(2026, 9, 30)}
    prospect = prospect_of({}, NAMED | {"promotions": "none"} | hours)
    made = offer(estimate(prospect, None), Rates())
    (work,) = made.months[LIKELY]
    parts = made.estimate.ordinary.dayparts
    night = parts.loc[parts["opens"] >= 22 * 60]
    hours = float((night["seats_p80"] * night["hours"]).sum())
    assert float(work.night_h) == hours
    after = parts.loc[parts["opens"] >= 24 * 60]
    assert float(work.statutory_h) == float((after["seats_p80"] * after["hours"]).sum()) > 0


def test_a_handover_is_billed_by_what_is_handed_over():
    """Half of the contacts in the first weeks take fewer seats than all of them."""
    slow = quoted(promotions="none", handover=(0.25, 0.5, 0.75, 1.0)).months[LIKELY]
    fast = quoted(promotions="none").months[LIKELY]
    assert slow[0].seats < fast[0].seats
    assert slow[0].contacts < fast[0].contacts
    assert slow[1:] == fast[1:]


def test_promotions_add_hours_above_the_billed_seats():
    """What promotion days need more is worked in additional hours, half of it as overtime."""
    months = quoted().months[LIKELY]
    assert all(work.extra_h > 0 and work.overtime_h == work.extra_h / 2 for work in months)
    assert all(work.peak_seats > work.seats for work in months)


@pytest.mark.parametrize("more", [{"contacts": 800.0}, {"target_level": 0.97}, {"closes": "02:00"}])
def test_asking_for_more_is_never_cheaper(more):
    """More contacts, a tighter target or longer hours lower neither cost nor any price."""
    usual = quoted(target_level=0.8, answer_within_s=60.0)
    asked = quoted(**({"target_level": 0.8, "answer_within_s": 60.0} | more))
    assert asked.likely().cost >= usual.likely().cost
    for model in usual.models:
        assert asked.likely(model).total >= usual.likely(model).total


def test_a_range_goes_from_half_to_nine_tenths(quote):
    """The price at P50 is no higher than at P80, and that no higher than at P90."""
    for model in quote.models:
        low, high = quote.range_of(model)
        assert low <= quote.likely(model).total <= high


def test_a_date_after_the_start_and_a_model_that_does_not_fit_are_refused():
    """Both faults are told at once."""
    made = estimate(prospect_of({}, NAMED | {"days": 3, "start": dt.date(2026, 12, 1)}), None)
    with pytest.raises(ScenarioError) as caught:
        offer(made, Rates(), date=dt.date(2026, 12, 2), model="per_seat")
    assert [fault.code for fault in caught.value.faults] == ["quoted_late", "model_of_months"]


def test_some_days_are_sold_for_a_short_time():
    """Two days are one period without recruiting, sold by the hour or day alone."""
    made = quoted(days=2)
    (work,) = made.months[LIKELY]
    assert (work.days, work.open_days, work.new_heads) == (2, 2, 0)
    assert made.models == ("short_term",) == (made.model,)
    assert "¥" in letter(made, "zh").lead


def test_numbers_of_quotes_tell_inputs_apart():
    """The number follows the day and every input, and nothing else."""
    one, same = quoted(), quoted()
    assert one.number == same.number
    assert re.fullmatch(r"20261110-[0-9A-F]{8}", one.number)
    dearer = Rates.model_validate({"prices": {"margin": Decimal("0.3")}})
    others = {
        quoted(contacts=521.0).number,
        offer(one.estimate, dearer, date=MADE).number,
        offer(one.estimate, Rates(), date=MADE, firm=True).number,
        offer(one.estimate, Rates(), date=dt.date(2026, 11, 11)).number,
    }
    assert len(others | {one.number}) == 5


# --- what a merchant reads ------------------------------------------------------------------------


def test_nothing_of_other_shops_agents_wages_costs_or_margin_is_told(demo, quote, files):
    """No name or id of a shop or agent, no cost, no rate of ours stands in a merchant's file."""
    shops, agents = demo.shops, demo.agents
    secrets = {str(each) for each in shops.index} | set(shops["name"].astype(str))
    secrets |= {str(each) for each in agents.index}
    secrets |= set(agents["name"].astype(str))
    secrets |= {str(costs.total) for costs in quote.costs}
    secrets |= {f"{costs.total:,.2f}" for costs in quote.costs}
    secrets |= {
        f"{line.amount:,.2f}" for costs in quote.costs for line in costs.lines if line.amount
    }
    secrets |= {f"{each.cost:,.2f}" for each in quote.priced[LIKELY].values()}
    secrets |= {f"{each.earned:,.2f}" for each in quote.priced[LIKELY].values()}
    secrets |= {
        say(lang, f"cost_line.{name}") for lang in ("zh", "en") for name in ("wages", "benefits")
    }
    secrets |= {"工资", "月薪", "薪", "毛利", "成本", "margin:", "wage"}
    secrets = {each for each in secrets if len(each) > 1 or each == "薪"}
    assert len(secrets) > 100
    for name in FOR_MERCHANTS:
        text = told(files[name], name)
        # "20 margin" of style sheets is no margin of ours; 底薪 is the base fee of a commission
        text = re.sub(r"margin[-a-z]*:|底薪", "", text)
        found = [each for each in secrets if re.search(rf"(?<![\w.]){re.escape(each)}", text)]
        assert found == [], name


def test_secrets_of_a_workspace_and_of_rates_are_told_to_nobody(demo):
    """Marked names, wages and rates appear in no byte that a merchant gets."""
    shops, agents = demo.shops.copy(), demo.agents.copy()
    shops["name"] = [f"机密店铺{i}" for i in range(len(shops))]
    agents["name"] = [f"机密客服{i}" for i in range(len(agents))]
    agents["monthly_wage"] = 87654
    workspace = dataclasses.replace(demo, tables={**demo.tables, "shops": shops, "agents": agents})
    costs = {"wage_month": Decimal("4321.98"), "board_month": Decimal("765.43")}
    rates = Rates.model_validate({"costs": costs, "prices": {"margin": Decimal("0.23456")}})
    made = offer(estimate(prospect_of({}, NAMED), workspace), rates)
    files = render(made, "zh")
    assert b"4321.98" in files["internal.json"]
    for name in FOR_MERCHANTS:
        text = told(files[name], name).replace(",", "")
        found = re.findall(
            r"机密|(?<![\d.])(?:87654|4321\.98|765\.43|23\.456|0\.23456)(?!\d)", text
        )
        assert not found, name


def test_wages_in_the_workspace_are_not_told(quote, demo, files):
    """No wage of the agents table stands in a merchant's file as a number."""
    wages = {f"{int(each)}" for each in pd.to_numeric(demo.agents["monthly_wage"]).dropna()}
    assert wages
    for name in ("quote.json", "quote.pdf", "quote.html"):
        numbers = set(re.findall(r"(?<![\d.,#%-])\d[\d,]*(?![\d%])", told(files[name], name)))
        assert not {each.replace(",", "") for each in numbers} & wages, name


def test_what_stays_with_us_is_in_its_own_files(quote, files):
    """The internal workbook and JSON have cost, margin, break-even commission and every rate."""
    record = json.loads(files["internal.json"])
    assert record["cost"]["total"] == str(sum(costs.total for costs in quote.costs))
    assert sum(Decimal(each) for each in record["cost"]["lines"].values()) == Decimal(
        record["cost"]["total"]
    )
    assert Decimal(record["models"]["per_seat"]["margin"]) >= Decimal("0.2")
    assert record["break_even_commission"] is not None
    texts = [str(each) for each in cells(files["internal.xlsx"])]
    assert say("zh", "cost_line.wages") in texts
    assert say("zh", "rate.wage_month") in texts
    assert "2026 年假设值：未找到来源" in texts
    assert texts.count(say("zh", "internal.secret", number=quote.number)) == 5


def test_a_seat_is_reckoned_on_the_internal_sheet(quote):
    """By hand: 2.8 heads of a 15-hour seat over 88 %, lines that add up to the printed total."""
    work = one_seat(quote.estimate, quote.rates)
    assert work.heads == Decimal("3.182")
    assert work.seat_h == Decimal("456.255")
    made = cost(work, quote.rates)
    assert made.of("wages") == Decimal("9177.54")  # 456.255 × 3500 ÷ 174
    assert made.of("statutory") == Decimal("653.74")  # 16.25 × 3500 ÷ 174 × 2
    assert made.total == Decimal("18898.70")
    texts = [str(each) for each in cells(internal_workbook(quote, "en"))]
    for text in ("¥18,898.70", "¥5,939.25", "¥23,623.38", "¥7,424.07"):
        assert text in texts


def test_merchants_hear_of_comparable_shops_not_how_many(quote, files):
    """Origins say comparable shops; the number of shops is told on the internal files alone."""
    assert "comparable shops" in str(letter(quote, "en").assumptions.rows)
    assert "同类店铺" in files["quote.html"].decode()
    assert not re.search(r"\d+ ?家店|\d+ shops", "".join(told(files[n], n) for n in FOR_MERCHANTS))
    assert re.search(r"\d+ 家店铺", files["internal.json"].decode())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rate_and_origin_is_said_in_both_languages(lang: Lang):
    """Labels of all rates and Chinese for all origins are there."""
    rates = Rates()
    for section in (rates.costs, rates.prices):
        for name, field in type(section).model_fields.items():
            assert f"rate.{name}" in catalogue()
            assert isinstance(field.json_schema_extra, dict)
            assert f"origin.{field.json_schema_extra['origin']}" in catalogue()


def test_a_preliminary_quote_is_a_range_with_open_items(quote):
    """Range, open items, provisional terms and the assumptions with their origins are told."""
    made = letter(quote, "zh")
    low, high = quote.range_of("per_seat")
    assert f"¥{low:,.0f} 至 ¥{high:,.0f}" in str(made.models.rows[0])
    assert made.open_items
    assert any("（暂定）" in str(row) for row in made.scope.rows)
    assert len(made.assumptions.rows) > 10
    assert "不构成承诺" in "".join(made.terms)
    assert made.valid_until == dt.date(2026, 12, 10)


def test_a_firm_quote_is_one_price(quote):
    """No range is left; the lines of the bill add up to it, and so do the payments."""
    firm = dataclasses.replace(quote, firm=True)
    made = letter(firm, "zh")
    total = firm.likely().total
    assert f"¥{total:,.2f}".removesuffix(".00") in made.lead
    assert "至" not in str(made.models.rows)
    assert made.bill.rows[0][-1] == sum(row[-1] for row in made.bill.rows[1:]) == total
    assert (
        made.instalments.rows[0][-1] == sum(row[-1] for row in made.instalments.rows[1:]) == total
    )


def test_a_merchant_can_reckon_each_line_again(quote):
    """The numbers printed in a line multiply to its amount, to the cent."""
    for priced in (quote.likely(model) for model in ("per_seat", "commission", "hybrid")):
        for line in priced.lines:
            text = line.basis.text("en").replace(",", "")
            numbers = [Decimal(each) for each in re.findall(r"\d+(?:\.\d+)?", text)]
            if line.key in ("seats", "base"):
                seats, hours, eight, price = numbers
                assert round(seats * hours / eight * price, 2) == line.amount
            elif line.key == "extra":
                assert round(numbers[0] * numbers[1], 2) == line.amount
            elif line.key == "commission":
                assert abs(numbers[0] * numbers[1] / 100 - line.amount) <= Decimal("0.01")
            elif line.key == "excess":
                assert round(numbers[1] * numbers[2], 2) == line.amount


def test_the_same_quote_gives_the_same_bytes(quote, files):
    """Page, PDF, workbooks and JSON are made alike again."""
    assert dict(render(quote, "zh")) == files
    assert list(files) == list(NAMES)


def written(folder: Path) -> dict[str, bytes]:
    """What lies in the merchant's folder and in ours."""
    both = [*folder.iterdir(), *internal_folder(folder).iterdir()]
    return {path.name: path.read_bytes() for path in both}


def test_what_stays_with_us_lies_apart_from_what_is_sent(tmp_path):
    """The merchant's folder holds the merchant's documents alone, ours lies beside it."""
    folder = tmp_path / "shop"
    paths = publish_quote(quoted(days=2), folder, "zh")
    assert [path.name for path in paths] == list(NAMES)
    assert {path.name for path in folder.iterdir()} == set(FOR_MERCHANTS)
    assert {path.name for path in internal_folder(folder).iterdir()} == set(FOR_US)
    assert {path.name for path in tmp_path.iterdir()} == {"shop", "shop-internal"}


@pytest.mark.parametrize("blocked", ["shop", "shop-internal"])
def test_both_folders_are_written_or_neither(tmp_path, blocked):
    """Where one of the two is a file, or holds somebody else's, the other stays as it was."""
    folder = tmp_path / "shop"
    publish_quote(quoted(days=2), folder, "zh")
    before = written(folder)
    (tmp_path / blocked).rename(tmp_path / "kept")
    (tmp_path / blocked).write_text("a file", "utf-8")
    with pytest.raises(PublishError):
        publish_quote(quoted(days=3), folder, "zh")
    assert (tmp_path / blocked).read_text("utf-8") == "a file"
    (tmp_path / blocked).unlink()
    (tmp_path / "kept").rename(tmp_path / blocked)
    assert written(folder) == before
    (tmp_path / blocked / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(PublishError):
        publish_quote(quoted(days=3), folder, "zh")
    (tmp_path / blocked / "notes.txt").unlink()
    assert written(folder) == before
    assert {path.name for path in tmp_path.iterdir()} == {"shop", "shop-internal"}


def test_a_failure_between_the_folders_brings_the_first_one_back(tmp_path, monkeypatch):
    """The second rename fails: both folders are as they were, nothing lies beside them."""
    folder = tmp_path / "shop"
    publish_quote(quoted(days=2), folder, "zh")
    before = written(folder)
    rename = Path.rename

    def fails(path: Path, target: Path) -> Path:
        if path.name.startswith(".shop-internal") and path.name.endswith(".new"):
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(PublishError):
        publish_quote(quoted(days=3), folder, "zh")
    monkeypatch.undo()
    assert written(folder) == before
    assert {path.name for path in tmp_path.iterdir()} == {"shop", "shop-internal"}


def test_quoting_again_tells_what_changed(tmp_path):
    """Against the quote in the folder, volume and price are told; once more, nothing differs."""
    folder = tmp_path / "shop"
    publish_quote(quoted(contacts=400.0), folder, "zh")
    assert "与上次报价相比" not in (folder / "quote.html").read_text("utf-8")
    publish_quote(quoted(), folder, "zh")
    first = written(folder)
    changes = {row[0]: row[1:] for row in json.loads(first["quote.json"])["changes"]}
    assert changes["日均咨询量"] == ["400 次", "520 次"]
    assert "合同总额（八成把握）" in changes
    assert quoted(contacts=400.0).number in first["quote.html"].decode()
    publish_quote(quoted(), folder, "zh")
    assert written(folder) == first


@pytest.mark.parametrize("left", ["{", "[]", "{}", '{"merchant": "云裳女装旗舰店", "number": 1}'])
def test_a_broken_earlier_quote_is_no_quote(tmp_path, left):
    """What no quote wrote tells no change and is in nobody's way."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "quote.json").write_text(left, "utf-8")
    publish_quote(quoted(), folder, "en")
    assert json.loads((folder / "quote.json").read_text("utf-8"))["earlier"] is None


def test_a_quote_of_another_merchant_is_not_compared(tmp_path):
    """Changes are told against the same merchant's quote only."""
    folder = tmp_path / "shop"
    publish_quote(quoted(name="别家"), folder, "zh")
    publish_quote(quoted(), folder, "zh")
    assert "别家" not in "".join(told((folder / n).read_bytes(), n) for n in FOR_MERCHANTS)


def test_somebody_elses_folder_is_left_alone(tmp_path):
    """A folder with other files is refused and stays as it was."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(PublishError):
        publish_quote(quoted(), folder, "zh")
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


ODD = {
    "formula": '=HYPERLINK("http://x","y")',
    "script": "<script>alert(1)</script>",
    "typst": '#eval("1+1") $x$ `raw` *b* _i_ \\ ] } @ref <label>',
    "emoji": "小店😀👩‍👩‍👧",
    "long": "很长的店名" * 80,
    "braces": "{page} {0} %s ${x}",
    "controls": "a\x07b\u202ec\ufffe",
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_names_are_shown_and_do_nothing(kind):
    """Formulas, markup, emoji and 400 characters are text in page, PDF, workbook and JSON."""
    name = ODD[kind]
    made: Letter = dataclasses.replace(letter(quoted(), "zh"), merchant=name)
    html = page(made)
    assert "<script" not in html
    if kind == "script":
        assert "&lt;script&gt;" in html
    text = "".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(pdf(made))).pages)
    flat = re.sub(r"\s", "", text)
    if kind in ("formula", "script", "typst", "long", "braces"):
        assert re.sub(r"\s", "", name) in flat
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert not any(sheet._hyperlinks for sheet in book)


def test_an_unknown_category_is_shown_as_it_was_written():
    """A category like a formula or markup is text as well."""
    made = quoted(category='=1+1|<b>"x"')
    html = page(letter(made, "zh"))
    assert "<b>" not in html.split("<main>")[1].replace("<b>", "", html.count('"label"'))
    assert "=1+1|&lt;b&gt;" in html
    values = cells(workbook(letter(made, "zh")))
    assert any(str(value).startswith("=1+1") for value in values)


def test_every_value_of_a_snapshot_is_said(quote):
    """What a later quote compares with has words in both languages."""
    for name in snapshot(quote):
        assert f"letter_fact.{name}" in catalogue()
    made = letter(quote, "en")
    assert not any("|" in str(cell) for row in made.scope.rows for cell in row)


def test_every_origin_has_words_for_a_merchant():
    """What an assumption rests on is told without addresses of pages and counts of shops."""
    ours = {key for key in catalogue() if key.startswith("quote.origin_")}
    assert ours
    for key in ours:
        name = f"letter_origin.{key.partition('.')[2]}"
        assert name in catalogue()
        assert not {"{shops}", "{peers}", "{source}"} & set(
            re.findall(r"{\w+}", str(catalogue()[name]))
        )


@pytest.mark.parametrize(
    "facts",
    [
        {"short": "meals"},
        {"short": "weekends"},
        {"short": "hours", "opens": "12:00", "closes": "15:00", "days": 2},
        {"priority": "vip"},
        {"dedicated": False},
        {"channel": "phone"},
        {"bot_deflection": 0.4, "service": "full_after_sales"},
        {"handover": (0.3, 1.0)},
        {"opens": "00:00", "closes": "24:00"},
        {"contacts": 12.0, "agents": 1, "promotions": "none"},
        {"contacts": 20_000.0, "agents": 150, "promotions": "weekly", "months": 60},
        {"goods": "virtual", "category": "games"},
        {"agents": 0},
    ],
    ids=lambda facts: "-".join(map(str, facts)),
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_of_service_has_its_documents(facts, lang: Lang):
    """All documents are made, and no text in them is left without its words."""
    made = dict(render(quoted(**facts), lang))
    assert pypdf.PdfReader(io.BytesIO(made["quote.pdf"])).pages
    for name in FOR_MERCHANTS:
        text = told(made[name], name)
        assert "letter_" not in text.replace("letter_value", "letter_value")
        assert "nan" not in re.findall(r"\b\w+\b", text)
        assert "None" not in text


# --- the command ---------------------------------------------------------------------------------


def command(*arguments: str) -> Result:
    facts = ["--category", "女装", "--agents", "6", "--contacts", "520", "--promotions", "monthly"]
    return CliRunner().invoke(cli.app, ["quote", *facts, *arguments])


def test_the_command_writes_documents_and_tells_prices(tmp_path):
    """`--out` writes six files; JSON has prices, cost and payments of the same quote."""
    done = command("--out", str(tmp_path), "--date", "2026-12-20", "--json", "--lang", "zh")
    assert done.exit_code == 0, done.stderr
    made = json.loads(done.stdout)
    assert sorted(written(tmp_path / "prospect")) == sorted(NAMES)
    record = json.loads((tmp_path / "prospect" / "quote.json").read_text("utf-8"))
    assert record["number"] == made["offer"]["number"]
    assert record["number"].startswith("20261220-")
    likely = Decimal(made["offer"]["prices"]["per_seat"]["p80"])
    assert sum(Decimal(each["amount"]) for each in made["offer"]["instalments"]) == likely


def test_the_command_refuses_what_it_cannot_price(tmp_path):
    """A late date, a commission without sales and wrong rates: exit 2, each with its remedy."""
    rates = tmp_path / "rates.toml"
    rates.write_text("[prices]\nmargin = 2\n", "utf-8")
    for arguments, said in (
        (["--date", "2027-02-01", "--model", "commission"], ("--date", "--model", "conversion")),
        (["--rates", str(rates)], ("prices.margin", "line 2")),
        (["--rates", str(tmp_path / "none.toml")], ("none.toml",)),
    ):
        done = command(*arguments, "--lang", "en")
        assert done.exit_code == 2
        assert all(each in done.stderr for each in said), done.stderr
        assert "Traceback" not in done.stderr


# --- the PDF --------------------------------------------------------------------------------------


def test_the_pdf_has_all_its_chinese_in_an_embedded_font(quote, files):
    """Every character that the letter has is found in the text, drawn by the embedded font."""
    reader = pypdf.PdfReader(io.BytesIO(files["quote.pdf"]))
    text = re.sub(r"\s", "", "".join(each.extract_text() for each in reader.pages))
    made = letter(quote, "zh")
    for sentence in (made.lead, *made.open_items, *made.terms):
        assert re.sub(r"\s", "", sentence) in text
    for sheet in reader.pages:
        fonts = sheet["/Resources"].get("/Font", {})
        for font in fonts.values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"]
            assert "NotoSansSC" in descriptor["/FontName"]
            assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
    assert reader.metadata.creation_date.date() == MADE


def test_no_character_of_the_pdf_is_missing_from_the_font(files):
    """No glyph 0, the box that stands for what a font does not have, is drawn."""
    document = pypdfium2.PdfDocument(files["quote.pdf"])
    text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
    assert "\ufffd" not in text
    assert "\ufffe" not in text
    assert len(set(text)) > 250


def test_the_pdf_is_drawn_within_its_margins(files):
    """Every page has ink, and none in the outer ten millimetres."""
    document = pypdfium2.PdfDocument(files["quote.pdf"])
    assert 3 <= len(document) <= 7
    for sheet in document:
        dark = sheet.render(scale=1, grayscale=True).to_numpy() < 200
        edge = round(10 / 25.4 * 72)
        assert dark.sum() > 500
        inner = dark[edge:-edge, edge:-edge]
        assert inner.sum() == dark.sum()
