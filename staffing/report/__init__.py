"""What came of a plan: days that are over, forecast against actual, and who covered them.

`days` puts what came beside the forecast and the roster; `daily` tells one day of all shops,
`close_out` the days of a shop's contract; `drift` warns where the forecast no longer fits.
"""

from __future__ import annotations

from staffing.report.close_out import CloseOut, close_out
from staffing.report.daily import Daily, daily
from staffing.report.days import Days, days_of, published
from staffing.report.drift import Drift, drift

__all__ = [
    "CloseOut",
    "Daily",
    "Days",
    "Drift",
    "close_out",
    "daily",
    "days_of",
    "drift",
    "published",
]
