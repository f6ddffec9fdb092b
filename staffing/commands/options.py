"""What several commands take, stated once; exit codes.

Exit codes: 0 done, 1 a bug, 2 bad input, 3 no feasible or deliverable plan.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from staffing.commands.complete import languages, scenarios, tables, workspaces

BAD_INPUT, NO_PLAN = 2, 3
TOML = ".toml"
MOMENTS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M"]
"""How a moment may be typed."""

ScenarioFile = Annotated[
    Path,
    typer.Argument(metavar="SCENARIO", help="A scenario file (.toml).", autocompletion=scenarios),
]
WorkspaceFolder = Annotated[
    Path,
    typer.Argument(
        metavar="WORKSPACE",
        help="A folder of tables, or one .xlsx.",
        autocompletion=workspaces,
    ),
]
RosterFile = Annotated[
    Path,
    typer.Argument(
        metavar="ROSTER",
        help="A published roster.xlsx, also edited, or a roster.csv.",
        autocompletion=tables,
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="zh|en",
        help="Language of messages and outputs.",
        autocompletion=languages,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON to stdout.")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", help="Tell faults only; the exit code and the files say the rest."),
]
Out = Annotated[Path, typer.Option("--out", help="Where output folders go.")]
CacheFolder = Annotated[
    Path | None,
    typer.Option("--cache", metavar="DIR", help="Where results are kept; by default OUT/.cache."),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Compute everything anew and keep nothing.")
]
Zone = Annotated[str, typer.Option("--zone", help="IANA time zone of a workspace's tables.")]


def moment(meaning: str) -> Any:
    """Return the option `--now`, a moment, with what it does to a command as its help."""
    return typer.Option("--now", metavar="TIME", formats=MOMENTS, help=meaning)
