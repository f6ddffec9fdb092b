"""Ten seeded weeks made impossible on purpose, whether the bottleneck is named and mended.

Run ``python -m benchmarks.repairs [--write]``. Each case is a small company (8 to 14 agents, 3 or
4 pools) whose seats a drawn roster of its own people fills. Then agents, skills, overtime or rest
days are taken away, leave is given, or a pool is opened longer, until the relaxation proves the
week short. Named means: the pool that lacks most is the one that lost people or was opened, or
the rule is among those that clash. Mended means: the week was planned with the proposal, no more
is uncovered than the scenario allows, and the audit finds no hard rule broken. ``--write`` puts
the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import markdown
from staffing.roster import audit, roster
from staffing.roster.audit import hard
from staffing.roster.bottleneck import Case
from staffing.roster.measures import applied, longer, with_tables
from staffing.roster.repair import Repair, repair
from staffing.roster.staff import staff
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace, read_workspace

MONDAY = dt.date(2026, 3, 2)
KINDS = ("agent", "skill", "overtime", "leave", "window", "rest", "agent", "skill", "leave", "row")
"""What is taken away in each case."""
FIVE = ((0, 1, 2, 4, 5), (0, 1, 3, 4, 5), (1, 2, 3, 5, 6), (0, 2, 3, 4, 6), (0, 1, 3, 4, 6))
SIX = ((0, 1, 2, 4, 5, 6),)
"""Working days without four in a row, since late shifts are at most three in a row."""
SPARE = 0.08
"""Part of the drawn duties of which nothing is asked."""
EFFORT = 4.0
STRICT: Mapping[str, tuple[str, Mapping[str, object], str]] = {
    "overtime": ("no overtime", {"overtime_month_h": 0.0}, "R5"),
    "rest": ("three rest days a week", {"rest_days_per_week": 3}, "R7"),
    "row": ("two days in a row", {"max_consecutive_days": 2}, "R8"),
}
"""Kind -> what it is, the rules it sets, the rule to be named."""

Inputs = tuple[Workspace, Scenario, SeatRequirement]


@dataclass(frozen=True, kw_only=True)
class Story:
    """A week made impossible.

    Attributes
    ----------
    removed : what was taken away, in words
    named : the pool or the rule that is the bottleneck
    sound, broken : the week before and after
    """

    removed: str
    named: str
    sound: Inputs
    broken: Inputs


def story(number: int, folder: Path) -> Story:
    """Return a seeded case."""
    random, kind = np.random.default_rng(number), KINDS[number % len(KINDS)]
    space = company(random, folder)
    scenario = week(folder, {"overtime_month_h": 32.0} if kind == "overtime" else {})
    required = drawn(space, scenario, random, SIX if kind == "overtime" else FIVE)
    sound = (space, scenario, required)
    if kind in STRICT:
        removed, rules, named = STRICT[kind]
        told = scenario.rules.model_copy(update=dict(rules))
        strict = scenario.model_copy(update={"rules": told})
        return Story(removed=removed, named=named, sound=sound, broken=(space, strict, required))
    pool = str(random.choice(sorted(space.pools)))
    own = sorted(space.skills.loc[space.skills["shop_id"] == f"S-{pool}", "agent_id"])
    for much in range(1, 9):
        removed, broken = taken(kind, pool, own[:much], much, sound)
        if Case(workspace=broken[0], scenario=broken[1], requirement=broken[2]).short:
            break
    return Story(removed=removed, named=pool, sound=sound, broken=broken)


def week(folder: Path, rules: Mapping[str, object]) -> Scenario:
    """Return the scenario of the week."""
    return Scenario.model_validate(
        {
            "name": "repairs",
            "workspace": folder,
            "lang": "en",
            "horizon": {"start": MONDAY, "days": 7},
            "rules": rules,
            "roster": {"effort": EFFORT},
            "repair": {"effort": EFFORT},
        }
    )


def company(random: np.random.Generator, folder: Path) -> Workspace:
    """Write and read a company: a shop a pool, specialists, and some who know two pools."""
    pools = [f"P{i}" for i in range(int(random.integers(3, 5)))]
    people = int(random.integers(4 * len(pools) - 3, 15))
    known = {f"A{i:02}": [pools[i % len(pools)]] for i in range(people)}
    for agent in sorted(known)[2 * len(pools) :: 2]:
        other = pools[(pools.index(known[agent][0]) + 1) % len(pools)]
        known[agent] = [*known[agent], other]
    tables: Mapping[str, Sequence[Mapping[str, object]]] = {
        "shops": [
            {
                "shop_id": f"S-{pool}",
                "name": "shop",
                "platform": "JD",
                "category": "snacks",
                "pool": pool,
                "opens": "09:00",
                "closes": "23:00",
            }
            for pool in pools
        ],
        "agents": [{"agent_id": agent, "name": "somebody", "team": "T"} for agent in known],
        "skills": [
            {"agent_id": agent, "shop_id": f"S-{pool}"} for agent in known for pool in known[agent]
        ],
        "history": [
            {"shop_id": f"S-{pool}", "start": f"2026-02-{day:02d} 10:00", "contacts": 5}
            for pool in pools
            for day in range(1, 29)
        ],
    }
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return read_workspace(folder)


def drawn(
    space: Workspace,
    scenario: Scenario,
    random: np.random.Generator,
    patterns: Sequence[Sequence[int]],
) -> SeatRequirement:
    """Return the seats that a drawn roster fills, of most of its duties."""
    seats: Counter[tuple[str, int]] = Counter()
    for agent in staff(space, scenario):
        option = agent.options[0]
        if option is None:
            continue
        shift = option.shifts[int(random.integers(len(option.shifts)))]
        for day in patterns[int(random.integers(len(patterns)))]:
            if random.random() < SPARE:
                continue
            pool = option.capability[int(random.integers(len(option.capability)))][0]
            eaten = {
                start + k
                for meal in shift.meals
                for start in [int(random.integers(meal.first, meal.last + 1))]
                for k in range(shift.meal_slots)
            }
            for t in shift.on_duty:
                seats[pool, 48 * day + t] += t not in eaten
    return asked(scenario, seats)


def asked(scenario: Scenario, seats: Mapping[tuple[str, int], int]) -> SeatRequirement:
    """Return seats as a requirement."""
    keys = sorted(key for key, number in seats.items() if number)
    return SeatRequirement(
        table=pd.DataFrame(
            {
                "pool": [pool for pool, _ in keys],
                "date": [pd.Timestamp(scenario.grid.dates[t // 48]) for _, t in keys],
                "slot": [t for _, t in keys],
                "start": [scenario.grid.time_of(t) for _, t in keys],
                "seats": [seats[key] for key in keys],
            }
        )
    )


def taken(
    kind: str, pool: str, people: Sequence[str], much: int, sound: Inputs
) -> tuple[str, Inputs]:
    """Return what is taken away from a pool, in words, and the week without it."""
    space, scenario, required = sound
    skills, shop = space.skills, f"S-{pool}"
    if kind == "agent":
        agents = space.agents.drop(index=list(people))
        left = skills[~skills["agent_id"].isin(people)]
        space = with_tables(space, agents=agents, skills=left)
        return f"{len(people)} agents who know {pool}", (space, scenario, required)
    if kind == "skill":
        lost = skills["agent_id"].isin(people) & (skills["shop_id"] == shop)
        other = next(name for name in space.pools if name != pool)
        idle = [p for p in people if p not in set(skills.loc[~lost, "agent_id"])]
        fresh = [{"agent_id": p, "shop_id": f"S-{other}", "speed": 1.0} for p in idle]
        space = with_tables(space, skills=longer(skills[~lost], fresh))
        return f"the skill {pool} of {len(people)} agents", (space, scenario, required)
    if kind == "leave":
        rows = [
            {"agent_id": agent, "date": pd.Timestamp(day), "kind": "leave"}
            for agent in people
            for day in scenario.grid.dates[:5]
        ]
        space = with_tables(space, absences=longer(space.tables["absences"], rows))
        return f"five days of {len(people)} agents of {pool}", (space, scenario, required)
    hours, number = 1 + (much - 1) // 3, 1 + (much - 1) % 3
    shops = space.shops.copy()
    shops.loc[shop, "opens"] = f"{9 - hours:02d}:00"
    rows = required.table[["pool", "slot", "seats"]].to_dict("records")
    seats = {(str(row["pool"]), int(row["slot"])): int(row["seats"]) for row in rows}
    for day in range(7):
        seats |= {(pool, 48 * day + t): number for t in range(18 - 2 * hours, 18)}
    return (
        f"{pool} opens {hours} h earlier with {number} seats",
        (with_tables(space, shops=shops), scenario, asked(scenario, seats)),
    )


def named(of: Story, made: Repair) -> bool:
    """Return whether the true bottleneck is the one that is told."""
    found = made.finding
    if found is None or not found.pools:
        return False
    return of.named == next(iter(found.pools)) or of.named in (found.clash or ())


def mended(of: Story, made: Repair) -> float | None:
    """Return the share that a roster with the repair leaves open; None if it breaks a rule."""
    space, scenario, required = applied(*of.broken, made.measures)
    planned = roster(space, scenario, required)
    lawful = not hard(audit(space, scenario, planned.assignments))
    return planned.uncovered_share if lawful else None


def main() -> None:
    """Run all cases and print, or write, what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    heads = [
        "seed",
        "agents",
        "removed",
        "before",
        "short",
        "named",
        "clash",
        "repair",
        "yuan",
        "least",
        "after",
        "s",
    ]
    rows = [heads, ["---"] * len(heads)]
    names = mends = 0
    for number in range(len(KINDS)):
        with tempfile.TemporaryDirectory() as folder:
            each = story(number, Path(folder))
        before = roster(*each.sound).uncovered_share
        began = time.monotonic()
        made = repair(*each.broken)
        spent = time.monotonic() - began
        after = mended(each, made)
        good = made.done and after is not None and after <= each.sound[1].roster.max_uncovered
        names, mends = names + named(each, made), mends + good
        told = [measure.said(each.broken[1]).text("en") for measure in made.measures]
        found = made.finding
        rows.append(
            [
                f"{number}",
                f"{len(each.broken[0].agents)}",
                each.removed,
                f"{before:.1%}",
                f"{made.share:.1%}",
                f"{each.named}: {'yes' if named(each, made) else 'no'}",
                " ".join((found and found.clash) or ()),
                "; ".join(told),
                f"{made.price:,.0f}",
                f"{made.at_least:,.0f}",
                "unlawful" if after is None else f"{after:.1%}",
                f"{spent:.0f}",
            ]
        )
        print(" | ".join(rows[-1]), flush=True)
    head = f"bottleneck named in {names} of {len(KINDS)}, week mended in {mends}"
    text = f"### Repairs of impossible weeks: {head}\n\n{markdown.lined(rows)}"
    print(text)
    if parser.parse_args().write:
        markdown.write(markdown.PAGE, "repairs", text)


if __name__ == "__main__":
    main()
