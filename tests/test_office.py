"""The workbook in a real office program: it opens without repair and shows what was written."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from staffing.plan import Plan
from staffing.publish.board import board
from staffing.publish.workbook import workbook
from tests.tiny import tiny_plan

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Comma, double quote, UTF-8, cells as shown, one file a sheet."""
MOST_S = 120

pytestmark = pytest.mark.skipif(
    OFFICE is None, reason="no LibreOffice on this machine: apt-get install libreoffice-calc"
)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")


def converted(book: Path, form: str, folder: Path) -> list[Path]:
    """Return the files that LibreOffice makes of a workbook; it repairs nothing unasked."""
    command = [
        str(OFFICE),
        "--headless",
        "--norestore",
        f"-env:UserInstallation={folder.as_uri()}/u",
    ]
    made = folder / "made"
    subprocess.run(
        [*command, "--convert-to", form, "--outdir", str(made), str(book)],
        check=True,
        capture_output=True,
        timeout=MOST_S,
    )
    return sorted(made.iterdir())


def test_the_workbook_opens_in_an_office_program(tiny, tmp_path):
    """Every sheet is read, the roster's cells are the board's, and no formula has run or failed."""
    path = tmp_path / "roster.xlsx"
    path.write_bytes(workbook(tiny))
    files = converted(path, EVERY_SHEET, tmp_path)
    names = openpyxl.load_workbook(path, read_only=True).sheetnames
    assert {file.stem.removeprefix("roster-") for file in files} == set(names)
    sheets = {
        file.stem.removeprefix("roster-"): list(csv.reader(io.StringIO(file.read_text("utf-8"))))
        for file in files
    }
    rows = {row[0]: row for row in sheets[names[0]] if row}
    for line in board(tiny).lines:
        cells = rows[line.agent_id]
        assert line.name in cells
        assert [cell.text for cell in line.cells] == [
            each for each in cells if each in {cell.text for cell in line.cells}
        ]
    told = {cell for rows in sheets.values() for row in rows for cell in row}
    assert not {cell for cell in told if cell.startswith(("#NAME", "#VALUE", "#REF", "Err:"))}


def test_the_workbook_prints(tiny, tmp_path):
    """It becomes a PDF of its pages."""
    path = tmp_path / "roster.xlsx"
    path.write_bytes(workbook(tiny))
    (made,) = converted(path, "pdf", tmp_path)
    assert made.read_bytes().startswith(b"%PDF")
