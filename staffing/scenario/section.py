"""Tables of a scenario file: how their keys are declared, and values that several hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from staffing.grid import INTERVAL_MIN, Window, clock_min
from staffing.words import catalogue, say

TRADE = "usual in the trade (vendor texts): a prior"
POLICY = "company policy: no national figure found"


def given(default: Any, about: str, *, origin: str, limits: str = "", **bounds: Any) -> Any:
    """Return a pydantic field with a default, its meaning and where the default comes from.

    `limits` says in words what `bounds` cannot.
    """
    extra: JsonDict = {"origin": origin, "limits": limits}
    return Field(default, description=about, json_schema_extra=extra, **bounds)


def required(about: str, *, example: str, limits: str = "", **bounds: Any) -> Any:
    """Return a pydantic field that every scenario file must give."""
    extra: JsonDict = {"limits": limits}
    return Field(description=about, examples=[example], json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """A table of the scenario file: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    page: ClassVar[str] = "docs/scenario.md"
    """The page that lists the keys."""

    @property
    def preset_origins(self) -> Mapping[str, str]:
        """Return where defaults come from that are not the fields' own, by key."""
        return {}


def unfit(limit: str, *, key: str = "", value: str | None = None, **facts: str | int) -> Exception:
    """Return the error of a value; `limit` names a sentence ``limit.*`` or a fault of the words.

    A check of several keys says with `key` (dotted) and `value` which of them to change.
    """
    section = "limit" if f"limit.{limit}" in catalogue() else "fault"
    context = {"key": key, "value": value, **facts}
    return PydanticCustomError(limit, say("en", f"{section}.{limit}", **facts), context)


def clock(text: Any) -> Any:
    """Return a clock time on the half hour, as the file has it, in minutes after midnight."""
    try:
        minutes = clock_min(str(text))
    except ValueError:
        raise unfit("clock") from None
    if minutes % INTERVAL_MIN:
        raise unfit("half_hour")
    return minutes


def window(pair: Any) -> Any:
    """Return a pair of clock times as a window."""
    if isinstance(pair, Window):
        return pair
    try:
        opens, closes = pair
        return Window.parse(str(opens), str(closes))
    except (TypeError, ValueError):
        raise unfit("window") from None


Clock = Annotated[int, BeforeValidator(clock)]
"""A clock time in the file, minutes after midnight in the model."""
Span = Annotated[Window, BeforeValidator(window)]
Hours = Annotated[float, Field(gt=0, le=24, multiple_of=INTERVAL_MIN / 60)]
SPAN = "two times on the half hour"
LENGTHS = "hours in halves, above 0, at most 24; at least one"
