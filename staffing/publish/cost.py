"""What a roster costs, by pay class."""

from __future__ import annotations

import pandas as pd

from staffing.plan import Plan
from staffing.publish.cells import Table, column
from staffing.roster.pay import CLASSES
from staffing.words import say


def cost(plan: Plan, minutes: pd.DataFrame) -> Table:
    """Return what the roster costs, all pay classes first.

    Parameters
    ----------
    minutes : paid minutes by class, see `staffing.roster.pay.pay_classes`
    """
    lang, price = plan.scenario.lang, plan.scenario.costs.seat_hour
    paid_h = {each: float(minutes[f"min_{each}"].sum()) / 60 for each in CLASSES}
    rows: list[tuple[object, ...]] = [
        (say(lang, f"label.min_{each}"), hours, hours * each / 100, hours * each / 100 * price)
        for each, hours in paid_h.items()
    ]
    total = [sum(float(str(row[i])) for row in rows) for i in (1, 2, 3)]
    return Table(
        title=say(lang, "page.cost"),
        columns=(
            column(lang, "pay_class"),
            column(lang, "paid_h", "number"),
            column(lang, "weighted_h", "number"),
            column(lang, "yuan", "count"),
        ),
        rows=((say(lang, "label.total"), *total), *rows),
        total=True,
    )
