"""Money is Decimal: rounded once for each printed line, totals are sums of rounded lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

__all__ = ["CENT", "NOTHING", "YUAN", "decimal", "money_text", "total", "up", "yuan"]

CENT, YUAN = Decimal("0.01"), Decimal(1)
NOTHING = Decimal("0.00")


def decimal(value: Decimal | float | str) -> Decimal:
    """Return a number as the decimal that is printed for it: 0.1 is one tenth."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def yuan(amount: Decimal) -> Decimal:
    """Return an amount rounded to the cent, halves away from zero.

    Examples
    --------
    >>> yuan(Decimal("2.005")), yuan(Decimal("-2.005"))
    (Decimal('2.01'), Decimal('-2.01'))
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


def up(amount: Decimal, step: Decimal) -> Decimal:
    """Return the least multiple of `step` that is no less than `amount`.

    Examples
    --------
    >>> up(Decimal("4511.20"), YUAN), up(Decimal("1.7501"), Decimal("0.001"))
    (Decimal('4512'), Decimal('1.751'))
    """
    return (amount / step).to_integral_value(ROUND_CEILING) * step


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts that are rounded already."""
    return sum(amounts, NOTHING)


def money_text(amount: Decimal) -> str:
    """Return an amount as it is printed.

    Examples
    --------
    >>> money_text(Decimal("-1234.5")), money_text(Decimal(3800))
    ('-¥1,234.50', '¥3,800.00')
    """
    sign = "-" if amount < 0 else ""
    return f"{sign}¥{abs(yuan(amount)):,.2f}"
