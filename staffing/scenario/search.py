"""Tables of how a roster is looked for, replayed, and what mends a week that is short."""

from __future__ import annotations

from staffing.scenario.section import Section, given


class RosterSettings(Section):
    """How hard the solver tries and when a roster counts as short."""

    max_uncovered: float = given(
        0.03,
        "Share of seat-hours that may stay uncovered before the exit code is 3.",
        origin="project default",
        ge=0,
        le=1,
    )
    effort: float = given(
        60.0,
        "Work the solver may do.",
        origin="about as many seconds on two cores; counted in deterministic work units",
        gt=0,
        le=3600,
    )
    gap: float = given(
        0.005,
        "Share of its cost by which a roster may miss the proven bound and be good enough.",
        origin="project default: the search ends there, before its effort is spent",
        ge=0,
        lt=1,
    )


class RepairSettings(Section):
    """What it costs, in yuan, to make a short week coverable, and how soon it can be had."""

    hire_week: float = given(
        1600.0,
        "A full-time agent hired or borrowed, a week.",
        origin="prior of 2025: 5500 yuan a seat and month (vendor texts) and a fee of a quarter",
        gt=0,
        le=100_000,
    )
    hired_speed: float = given(
        0.8, "Speed of somebody just hired.", origin="assumed in 2026: a prior", gt=0, le=1
    )
    training: float = given(
        600.0,
        "Training an agent on one more pool.",
        origin="prior of 2026: three days' wage of 200 yuan",
        gt=0,
        le=100_000,
    )
    trained_speed: float = given(
        0.8, "Speed of somebody just trained.", origin="assumed in 2026: a prior", gt=0, le=1
    )
    lead_days: int = given(
        0,
        "Days of the horizon before those hired or trained can serve.",
        origin="assumed: weeks are planned early enough",
        ge=0,
        le=42,
    )
    overtime_hour: float = given(
        45.0,
        "An hour of overtime allowed.",
        origin="Labour Law art. 44: half as much again as the prior of `costs.seat_hour`",
        gt=0,
        le=10_000,
    )
    absence_day: float = given(
        300.0,
        "Moving a day of leave or training.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=100_000,
    )
    rule_week: float = given(
        1000.0,
        "Easing a rule that is stricter than its lawful default, a week.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=1_000_000,
    )
    closed_hour: float = given(
        150.0,
        "An hour of a day that a pool is closed earlier or opened later.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=1_000_000,
    )
    effort: float = given(
        10.0,
        "Work the solver may do to check a repair by planning with it.",
        origin="a quarter of the plan's: a check, not a plan",
        gt=0,
        le=3600,
    )


class ReplaySettings(Section):
    """How the finished roster is replayed against sampled arrivals."""

    replications: int = given(
        20,
        "How many times each day is replayed.",
        origin="a day's service level to about one point",
        ge=2,
        le=1000,
    )
