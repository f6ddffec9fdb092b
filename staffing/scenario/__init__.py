"""The scenario file: horizon, targets, shifts and rules of one plan; all else is a default.

A scenario is TOML. A key that the file leaves out is its base's (`chain`), else it keeps its
default, and every default that was used is listed with its origin in the manifest of the outputs.
docs/scenario.md, made by `keys_page`, lists all keys. `section` declares keys for the files of
quotes, too.
"""

from staffing.scenario.demand import Costs, ForecastSettings, Horizon, SeatSettings
from staffing.scenario.file import check_shops, read_scenario, varied
from staffing.scenario.keys import keys, keys_page, numeric_keys
from staffing.scenario.model import Scenario, used_defaults
from staffing.scenario.promotion import PromotionSettings, Strength
from staffing.scenario.rules import Fairness, Rules, ShiftSettings
from staffing.scenario.search import ReplaySettings, RosterSettings

__all__ = [
    "Costs",
    "Fairness",
    "ForecastSettings",
    "Horizon",
    "PromotionSettings",
    "ReplaySettings",
    "RosterSettings",
    "Rules",
    "Scenario",
    "SeatSettings",
    "ShiftSettings",
    "Strength",
    "check_shops",
    "keys",
    "keys_page",
    "numeric_keys",
    "read_scenario",
    "used_defaults",
    "varied",
]
