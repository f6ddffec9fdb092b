"""A plan in a few sentences, and where it is short of people."""

from __future__ import annotations

from staffing.confirm import Confirmation
from staffing.outcome import Part
from staffing.plan import Plan
from staffing.publish.cells import proven_least, proven_most
from staffing.publish.reports import days_beyond
from staffing.roster import Ledger
from staffing.roster.audit import RULES
from staffing.roster.repair import Repair
from staffing.tell import roster
from staffing.tell.console import line, recorded, speaker, table
from staffing.tell.promotion import promoted
from staffing.tell.repair import advised
from staffing.words import Lang, listed
from staffing.workspace.tables.duties import ITEMS

SHOWN_SHORTAGES = 8
SHOWN_MISSED = 12


def report(made: Plan, advice: Repair | None = None) -> tuple[Part, ...]:
    """Return what is told of a plan: coverage, paid hours, expected service, what is short.

    Parameters
    ----------
    advice : what would mend a short week
    """
    with recorded() as parts:
        _tell(made, advice)
    return tuple(parts)


def _tell_coverage(made: Plan) -> None:
    say, rostered = speaker(made.scenario.lang), made.roster
    bound = rostered.report.goal("uncovered").bound
    facts = {
        "uncovered": f"{rostered.uncovered_h:,.1f}",
        "required": f"{rostered.required_h:,.1f}",
        "share": f"{rostered.uncovered_share:.2%}",
    }
    if bound is not None:
        line(say("say.coverage", bound=f"{proven_least(bound, 1):,.1f}", **facts))
    else:
        line(say("say.coverage_unproven" if rostered.duties else "say.coverage_edited", **facts))
    if days := days_beyond(made):
        line(days)


def _tell(made: Plan, advice: Repair | None) -> None:
    lang = made.scenario.lang
    say, rostered = speaker(lang), made.roster
    if made.promotion is not None:
        promoted(made, made.promotion)
    line(say("say.lawful", rules=len(RULES)))
    if made.scenario.rules.preset == "comprehensive-hours":
        line(say("say.approval"))
    _tell_coverage(made)
    duties = rostered.assignments.groupby(["agent_id", "date"]).ngroups
    people = rostered.assignments["agent_id"].nunique()
    line(say("say.paid", hours=f"{rostered.paid_h:,.1f}", agents=people, shifts=duties))
    cost = rostered.report.goal("cost")
    if cost.bound is not None and cost.gap is not None:
        bound, gap = proven_least(cost.bound, 1), proven_most(cost.gap, 4)
        figures = {"cost": f"{cost.value:,.1f}", "bound": f"{bound:,.1f}"}
        line(say("say.gap", gap=f"{gap:.2%}", **figures))
    if made.crowded:
        line(say("say.crowded", meals=len(made.crowded)))
    if made.unplaced:
        names = [
            say("say.activity", kind=say(f"activity.{kind}"), agent=agent, day=f"{day:%m-%d}")
            for kind, agent, day in made.unplaced
        ]
        line(say("say.unplaced", count=len(names), who=listed(names).text(lang)))
    _fair(made.ledger, lang)
    level, target = made.replay.service_level, made.replay.target
    line(say("say.service", level=f"{level:.1%}", target=f"{target:.1%}"))
    if made.confirmation is not None:
        _confirmed(made.confirmation, lang)
    tested = made.forecast.backtest
    if len(tested.usable):
        wape, naive = f"{tested.wape():.1%}", f"{tested.wape('naive'):.1%}"
        line(say("say.tested", wape=wape, naive=naive))
    else:
        line(say("say.untested"))
    if made.short:
        line(say("say.short", most=f"{made.scenario.roster.max_uncovered:.1%}"))
        roster.short(made.shortages[:SHOWN_SHORTAGES], lang)
        if advice is not None:
            advised(advice, lang)


def _fair(made: Ledger, lang: Lang) -> None:
    """Print the spread of the balances that anything is kept in, and the requests granted."""
    say = speaker(lang)
    spreads = [
        say("say.spread", item=say(f"item.{item}"), before=f"{before:.1f}", after=f"{after:.1f}")
        for item in ITEMS[:-1]
        if (before := made.spread(item, "balance_before"))
        + (after := made.spread(item, "balance_after"))
    ]
    if spreads:
        line(say("say.ledger", spreads=say("say.and_spread").join(spreads)))
    granted, asked = made.granted
    if asked:
        line(say("say.requests", granted=granted, asked=asked))


def _confirmed(made: Confirmation, lang: Lang) -> None:
    """Print what the replays asked more, and which days of pools still miss their target."""
    say, missed = speaker(lang), made.missed
    facts = {"repairs": len(made.rounds) - 1, "hours": f"{made.added_h:,.1f}"}
    before = made.rounds[0].missed
    line(say("say.confirmed", before=before, after=len(missed), **facts))
    if missed.empty:
        return
    rows = [
        [
            str(each["pool"]),
            f"{each['date']:%m-%d}",
            f"{each['target']:.1%}",
            f"{each['service_level']:.1%}",
            f"{each['uncovered_h']:.1f}",
        ]
        for each in missed.head(SHOWN_MISSED).to_dict("records")
    ]
    names = ("pool", "day", "target", "reached", "uncovered_h")
    table([say(f"table.{name}") for name in names], rows)
    if len(missed) > SHOWN_MISSED:
        line(say("say.more_missed", count=len(missed) - SHOWN_MISSED))
