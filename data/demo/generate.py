"""Generate the demo workspace: 20 invented shops, 60 invented agents, 18 months of contacts.

Run ``python data/demo/generate.py [OUT_DIR]`` (default: the folder of this file). The tables and
SOURCE.md are a pure function of this file and of the package versions SOURCE.md names: two runs
write the same bytes. Nothing here describes a real person or a real merchant.

The constants below are the whole model. Each names the published page it leans on, with a grade:
P primary text or a reprint, N news, V vendor marketing (a prior, not a measurement), or
"assumed" where nothing was found. Times are naive local wall time (China, UTC+8).
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Stamps = npt.NDArray[np.datetime64]

SEED = 20261118

# --- Volume -------------------------------------------------------------------------------------

#: Multiplies every shop's ordinary day below: the one figure to change to rescale the demo.
VOLUME_SCALE = 0.96

#: First and last service day of the history; the plan is made the morning after.
HISTORY_START = date(2025, 5, 18)
HISTORY_END = date(2026, 11, 17)

#: Half-hour slots, the grid of the product.
SLOT_MIN = 30

# --- Public sources -----------------------------------------------------------------------------

DECREE_174 = "https://cnacce.org.cn/news/607.html"  # P: 8 h a day, 40 h a week
LABOUR_LAW = "http://crsrw.com/falvyuanzhu/96128.html"  # P: 44 h a week, overtime caps
WEEKLY_REST = "http://uianet.net/dictionary/b4784957.html"  # P: Labour Law art. 38
FEMALE_WORKERS = "http://xwalaw.com/html/nvzhigong_1066_2957.html"  # P: art. 6 and 9
HOLIDAYS_2025 = "https://wxredian.com/art?id=5b8beb4abea067959c7bed699f6f97cb"  # P: Decree 795
HOLIDAYS_2026 = "https://politics.gmw.cn/2025-11/04/content_38391083.htm"  # P: notice for 2026
RECEPTIONS = "insight.xiaoduoai.com, what-kind-of-shops"  # V
HANDLE_TIME = "talkq.vip"  # V
CONCURRENCY = "turnella.com/contact-center-staffing"  # V
PROFILE_HOURS = "987vps.com/news/19403"  # V: consults crowd into 9-11, 14-16, 19-21
PROMO_NIGHT = "mr010.com"  # V: the night takes 45 % of a promotion day
PROMO_MULTIPLE = "xiaoduo JD page; scqzry 2025-618; szweb.cn/jianzhanzixun/26535"  # V: 3x to 5x
AFTER_SALES_PEAK = "m.39zn.cn/article/89975"  # V: after-sales peak follows the event
JD_30_S = "http://www.zhaoyi.net.cn/article/jingdongzixun/609.html"  # third-party repost of rule
THREE_MINUTES = "http://g8108.cn/edu/article/1108.html"  # third party: Taobao 3-minute rate
PDD_90 = "xiaoduo, Pinduoduo page: 90 % passes"  # V
TENURE = "an outsourcing case study; 6-9 months: xhho 61232"  # V
RAMP = "xiaoduo (new agent slower; 2-3 weeks; 3 to 7 days of training), qdjiaoyu 5714"  # V
WAGES = "gdswjx.net 202511/341243; ccpsdi.com"  # V
SHIFT_HOURS = "jinhanchuan.com/77267 (9-18 & 15-24); goldkefu (9-17 & 17-24)"  # V
PATIENCE = "talkq.vip (over 3 min, 60 % leave)"  # V

TMALL_PRESALE_618 = (
    "https://world-economist.com/"
    "alibaba-jd-com-and-bytedance-prepare-for-618-shopping-festival-next-week-amid-price-war"
)  # N
TMALL_SPOT_618 = "https://reportify.ai/news/1117827872023777280"  # N
WHOLE_618_2026 = (
    "https://www.digate.ai/blog/"
    "china-618-shopping-festival-data-analytics-western-brands/"
)  # agency blog
DOUYIN_D11 = (
    "https://chaileedo.com/chinas-douyin-kicks-off-chinese-double-11-shopping-festival-early"  # N
)
JD_D11 = "https://uniteddaily.my/index.php/en/95399815-36e5-4bc0-84d5-fde3b6aa3277"  # N
TMALL_D11 = "https://www.chinaz.com/2025/0925/1711694.shtml"  # N
YEAR_END = "https://jingdaily.com/posts/alibaba-cancels-double-12-shopping-festival"  # N: 2023
NEW_YEAR = (
    "https://asia-assist.com/insights/"
    "welcoming-the-spring-festival-tmalls-lunar-new-year-shopping-frenzy"
)  # agency blog, 2025
ASSUMED = "assumed for the demo"

# --- Service ------------------------------------------------------------------------------------

#: Share to answer and within how many seconds. JD: 80 % of first answers within 30 s [JD_30_S].
#: The others: the 3-minute human reply rate [THREE_MINUTES], passed at 90 % [PDD_90, V].
TARGET = {
    "JD": (0.80, 30),
    "Tmall": (0.90, 180),
    "Pinduoduo": (0.90, 180),
    "Douyin": (0.90, 180),
}

#: Simultaneous chats: 2 to 5 [CONCURRENCY, V].
CHAT_CONCURRENCY = 3

#: Seconds a customer waits before leaving, where a shop knows it [PATIENCE, V].
PATIENCE_S = 180

#: Receptions an agent may take in a day: 100-120 at 3,000 a day [RECEPTIONS, V]; complex goods
#: and the telephone lower (assumed).
DAILY_CAP = 120
DAILY_CAP_COMPLEX = 100
DAILY_CAP_PHONE = 80

# --- Shape of demand ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """How the shops of one category behave.

    Attributes
    ----------
    aht_s
        Mean handle time in seconds at the concurrency the agents work at.
    week
        Relative volume Monday to Sunday.
    season
        Relative volume of each month, January to December, promotions and holidays excluded.
    peaks
        ``(hour, width_h, height)`` of the bells on top of a flat day of height ``DAY_FLOOR``.
    spring_floor
        Volume on the days of Spring Festival relative to an ordinary day.
    """

    aht_s: int
    week: tuple[float, ...]
    season: tuple[float, ...]
    peaks: tuple[tuple[float, float, float], ...]
    spring_floor: float


#: Handle times stay in the published range, general 3-5 min and complex 5-10 min [HANDLE_TIME, V],
#: spread by category as assumed. Peaks lie in 10-12, 14-16 and 20-23: the first two as published
#: [PROFILE_HOURS, V], the evening an hour later than published (assumed: shops close at 24:00).
#: Weeks, seasons and the Spring Festival floor (about -60 %) are assumed.
CATEGORIES = {
    "apparel_bags": Category(
        aht_s=400,
        week=(0.97, 0.96, 0.97, 0.98, 1.00, 1.07, 1.05),
        season=(0.96, 0.90, 1.02, 1.05, 1.00, 0.94, 0.90, 0.93, 1.03, 1.09, 1.11, 1.07),
        peaks=((11.0, 0.9, 0.8), (15.0, 1.0, 0.7), (21.4, 1.4, 1.7)),
        spring_floor=0.38,
    ),
    "beauty_care": Category(
        aht_s=430,
        week=(0.99, 0.98, 0.99, 1.00, 1.01, 1.02, 1.01),
        season=(0.97, 0.96, 1.04, 1.02, 1.01, 0.99, 0.97, 0.97, 1.00, 1.01, 1.03, 1.03),
        peaks=((10.8, 0.9, 0.9), (14.8, 1.0, 0.8), (21.2, 1.3, 1.6)),
        spring_floor=0.40,
    ),
    "home_textiles": Category(
        aht_s=360,
        week=(1.00, 0.98, 0.98, 0.98, 0.99, 1.04, 1.03),
        season=(0.96, 0.88, 0.98, 0.98, 0.97, 0.95, 0.94, 0.98, 1.08, 1.13, 1.11, 1.04),
        peaks=((10.6, 0.9, 1.1), (15.0, 1.1, 0.9), (20.6, 1.3, 1.2)),
        spring_floor=0.36,
    ),
    "snacks": Category(
        aht_s=300,
        week=(0.98, 0.97, 0.98, 0.99, 1.02, 1.04, 1.02),
        season=(1.18, 1.05, 0.96, 0.95, 0.95, 0.92, 0.89, 0.91, 1.00, 1.00, 1.05, 1.14),
        peaks=((11.2, 0.9, 0.7), (15.4, 1.1, 1.0), (21.8, 1.6, 1.5)),
        spring_floor=0.55,
    ),
    "small_appliances": Category(
        aht_s=500,
        week=(1.05, 1.03, 1.02, 1.01, 1.00, 0.95, 0.94),
        season=(0.97, 0.90, 0.98, 0.98, 1.02, 1.06, 1.08, 1.02, 0.97, 0.98, 1.02, 1.02),
        peaks=((10.5, 0.9, 1.4), (14.9, 1.1, 1.1), (20.4, 1.3, 1.0)),
        spring_floor=0.36,
    ),
    "mother_baby": Category(
        aht_s=420,
        week=(1.02, 1.01, 1.01, 1.01, 1.00, 0.98, 0.97),
        season=(0.98, 0.94, 1.01, 1.01, 1.01, 1.00, 0.99, 0.99, 1.01, 1.02, 1.02, 1.02),
        peaks=((10.4, 0.9, 1.1), (14.4, 0.9, 0.9), (21.6, 1.1, 1.5)),
        spring_floor=0.48,
    ),
}

#: Height of the flat part of the day under the bells; assumed.
DAY_FLOOR = 0.55

#: Handle time of a telephone call in seconds [HANDLE_TIME, V: general 3-5 min].
PHONE_AHT_S = 240

#: On weekends and holidays mornings start slower and afternoons fill; assumed.
WEEKEND_MORNING = 0.88
WEEKEND_AFTERNOON = 1.06

#: Yearly growth of a shop: mean and spread of its logarithm; assumed. Volumes are stated at
#: ``LEVEL_DATE``, the middle of the history.
GROWTH_MEAN = 0.04
GROWTH_SD = 0.06
LEVEL_DATE = date(2026, 2, 16)

#: Slow wandering of a shop's level: daily autoregression and its standing deviation; assumed.
DRIFT_MEMORY = 0.98
DRIFT_SD = 0.03

#: Day noise: deviation of the logarithm common to all shops and per shop (together 0.10), and the
#: gamma shape of a half hour (variance = mean + mean^2 / shape); assumed.
COMMON_DAY_SD = 0.05
SHOP_DAY_SD = 0.09
SLOT_SHAPE = 25.0

#: Volume on the days of a holiday block relative to an ordinary day; assumed. The blocks and the
#: swapped days come from the `holidays` package [HOLIDAYS_2025, HOLIDAYS_2026: P].
HOLIDAY_LEVEL = {
    "New Year's Day": 0.96,
    "Tomb-Sweeping Day": 0.92,
    "Labor Day": 0.88,
    "Dragon Boat Festival": 0.93,
    "Mid-Autumn Festival": 0.90,
    "National Day": 0.84,
}

#: Days from New Year's Eve -> share of the way from ordinary (0) to the Spring Festival floor (1).
#: Couriers stop before the Eve and come back over two weeks; assumed.
SPRING_CURVE = ((-9, 0.0), (-1, 0.65), (0, 1.0), (3, 1.0), (7, 0.65), (15, 0.0))

#: Snacks before Spring Festival: days from the Eve -> extra volume, on top of the New Year
#: shopping promotion; assumed.
SPRING_SNACKS = ((-28, 0.0), (-18, 0.30), (-10, 0.25), (-4, 0.0))

#: Gift orders of snacks in the days before Mid-Autumn: days before, extra volume; assumed.
MID_AUTUMN_DAYS = 10
MID_AUTUMN_SNACKS = 0.20

# --- Promotions ---------------------------------------------------------------------------------

#: Volume relative to an ordinary day by phase and day since the phase began (the last value goes
#: on to its end), for an event of size 1. Published multiples of 3-5x [PROMO_MULTIPLE, V] are read
#: as the first evening; a whole peak day is held at 2.6x (assumed). The tail is the after-sales
#: peak [AFTER_SALES_PEAK, V].
PHASE_UPLIFT = {
    "presale": (1.50, 1.40, 1.25, 1.15),
    "warm_up": (1.12,),
    "opening": (1.90, 1.80, 1.50, 1.35, 1.20, 1.12),
    "final_payment": (1.80, 1.65, 1.40, 1.25, 1.15, 1.10),
    "peak": (2.20, 2.60, 2.00, 1.55, 1.35, 1.25, 1.20),
    "tail": (1.35, 1.30, 1.25, 1.20, 1.15, 1.10, 1.06),
}

#: A phase that starts at 20:00 is front-loaded: its extra volume is multiplied by these factors in
#: the half hours after the start; assumed, so that the first hour reaches the published 3-5x.
EVENING_START_HOUR = 20
EVENING_SURGE = (2.2, 1.8, 1.5, 1.3, 1.15, 1.0, 1.0, 1.0)

#: On later days of the selling phases the evening is heavier than usual, 20:00-24:00
#: [PROMO_NIGHT, V: 45 % of the day falls in the night; the factor is assumed].
SELLING_PHASES = ("opening", "final_payment", "peak")
EVENING_TILT = 1.12

#: Size of an event relative to Double 11, and the categories that feel it more or less; assumed.
EVENT_SIZE = {
    "Double 11": 1.0,
    "618": 0.80,
    "New Year Shopping": 0.40,
    "38 Festival": 0.45,
    "Double 12": 0.40,
    "Bedding Week": 0.45,
    "Member Day": 0.45,
}
EVENT_AFFINITY = {
    ("Double 11", "beauty_care"): 1.15,
    ("Double 11", "snacks"): 0.75,
    ("618", "small_appliances"): 1.25,
    ("618", "snacks"): 0.70,
    ("New Year Shopping", "snacks"): 2.20,
    ("New Year Shopping", "small_appliances"): 0.70,
    ("38 Festival", "beauty_care"): 1.70,
    ("38 Festival", "small_appliances"): 0.60,
    ("38 Festival", "snacks"): 0.60,
}

#: Spread (log) of a shop's lasting response to promotions and of one event at one shop; assumed.
SHOP_RESPONSE_SD = 0.18
EVENT_RESPONSE_SD = 0.08

#: Part of the tail a shop sees by the service it buys; virtual goods have none; assumed.
TAIL_SHARE = {"both": 1.0, "after_sales": 1.4, "pre_sales": 0.4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase of a promotion for one platform, category or shop; ``end`` is exclusive."""

    name: str
    phase: str
    start: str
    end: str
    source: str
    platform: str = ""
    category: str = ""
    shop_id: str = ""

    @property
    def event(self) -> str:
        """The name without its year, shared by the editions of one event."""
        return re.sub(r" 20\d\d$", "", self.name)


def _phases(name: str, platform: str, *rows: tuple[str, str, str, str]) -> tuple[Phase, ...]:
    """Phases of one event on one platform from ``(phase, start, end, source)`` rows."""
    year = name[-4:]
    return tuple(
        Phase(
            name=name,
            platform=platform,
            phase=phase,
            start=f"{year}-{start}",
            end=f"{year}-{end}",
            source=source,
        )
        for phase, start, end, source in rows
    )


def _but(url: str, missing: str) -> str:
    """Source text of a page that does not give everything: what it leaves open is assumed."""
    return f"{url} ({missing} {ASSUMED})"


def _edition(phases: Sequence[Phase], name: str) -> tuple[Phase, ...]:
    """The same phases on the same dates of another year, all assumed."""
    year = name[-4:]
    return tuple(
        replace(
            phase,
            name=name,
            start=year + phase.start[4:],
            end=year + phase.end[4:],
            source=ASSUMED,
        )
        for phase in phases
    )


#: The page gives the span of the event, 05-15 to 06-18, without phases or hours.
MID_MAY_TO_618 = _but(WHOLE_618_2026, "mid-May to 06-18 only: phase")

DOUBLE_11_2025: tuple[Phase, ...] = (
    *_phases(
        "Double 11 2025",
        "Tmall",
        ("presale", "10-15 20:00", "10-17 00:00", _but(JD_D11, "hour and end")),
        ("warm_up", "10-17 00:00", "10-20 20:00", TMALL_D11),
        ("opening", "10-20 20:00", "10-28 00:00", _but(TMALL_D11, "end")),
        ("peak", "11-10 20:00", "11-15 00:00", _but(TMALL_D11, "start")),
        ("tail", "11-15 00:00", "11-22 00:00", ASSUMED),
    ),
    *_phases(
        "Double 11 2025",
        "JD",
        ("opening", "10-09 20:00", "10-14 00:00", _but(JD_D11, "end")),
        ("peak", "11-10 20:00", "11-15 00:00", _but(JD_D11, "start")),
        ("tail", "11-15 00:00", "11-22 00:00", ASSUMED),
    ),
    *_phases(
        "Double 11 2025",
        "Douyin",
        ("warm_up", "09-16 00:00", "10-09 00:00", _but(DOUYIN_D11, "end")),
        ("opening", "10-09 00:00", "10-14 00:00", ASSUMED),
        ("peak", "11-08 00:00", "11-12 00:00", _but(DOUYIN_D11, "start")),
        ("tail", "11-12 00:00", "11-19 00:00", ASSUMED),
    ),
    *_phases(
        "Double 11 2025",
        "Pinduoduo",
        ("opening", "10-16 20:00", "10-21 00:00", ASSUMED),
        ("peak", "11-10 20:00", "11-13 00:00", ASSUMED),
        ("tail", "11-13 00:00", "11-20 00:00", ASSUMED),
    ),
)

EVENT_PHASES: tuple[Phase, ...] = (
    *_phases(
        "618 2025",
        "Tmall",
        ("presale", "05-13 20:00", "05-16 20:00", _but(TMALL_PRESALE_618, "hour of the end")),
        ("final_payment", "05-16 20:00", "05-27 00:00", _but(TMALL_SPOT_618, "hour of the start")),
        ("warm_up", "06-10 00:00", "06-15 20:00", ASSUMED),
        ("peak", "06-15 20:00", "06-19 00:00", ASSUMED),
        ("tail", "06-19 00:00", "06-26 00:00", ASSUMED),
    ),
    *_phases(
        "618 2025",
        "JD",
        ("warm_up", "05-13 20:00", "05-31 00:00", TMALL_PRESALE_618),
        ("opening", "05-31 00:00", "06-04 00:00", _but(TMALL_PRESALE_618, "hour and end")),
        ("peak", "06-15 20:00", "06-19 00:00", ASSUMED),
        ("tail", "06-19 00:00", "06-26 00:00", ASSUMED),
    ),
    *_phases(
        "618 2025",
        "Douyin",
        ("opening", "05-13 00:00", "05-18 00:00", _but(TMALL_PRESALE_618, "end")),
        ("warm_up", "06-08 00:00", "06-13 00:00", ASSUMED),
        ("peak", "06-13 00:00", "06-19 00:00", ASSUMED),
        ("tail", "06-19 00:00", "06-26 00:00", ASSUMED),
    ),
    *_phases(
        "618 2025",
        "Pinduoduo",
        ("opening", "05-20 20:00", "05-25 00:00", ASSUMED),
        ("peak", "06-16 20:00", "06-19 00:00", ASSUMED),
        ("tail", "06-19 00:00", "06-24 00:00", ASSUMED),
    ),
    *DOUBLE_11_2025,
    *(
        phase
        for year in (2025, 2026)
        for platform in ("Tmall", "JD", "Douyin", "Pinduoduo")
        for phase in _phases(
            f"Double 12 {year}",
            platform,
            # Since 2023 the year-end sale; that year's start is carried over.
            (
                "opening",
                "12-09 20:00",
                "12-12 00:00",
                _but(YEAR_END, "2023: this year") if platform == "Tmall" else ASSUMED,
            ),
            ("peak", "12-12 00:00", "12-13 00:00", ASSUMED),
            ("tail", "12-13 00:00", "12-17 00:00", ASSUMED),
        )
    ),
    *_phases(
        "New Year Shopping 2026",
        "Tmall",
        # As far ahead of Spring Festival as in 2025.
        ("presale", "01-23 20:00", "01-25 20:00", _but(NEW_YEAR, "2025: this year")),
        ("peak", "01-25 20:00", "02-05 00:00", _but(NEW_YEAR, "2025: this year")),
    ),
    *(
        phase
        for platform in ("JD", "Douyin", "Pinduoduo")
        for phase in _phases(
            "New Year Shopping 2026", platform, ("peak", "01-25 20:00", "02-05 00:00", ASSUMED)
        )
    ),
    *_phases(
        "38 Festival 2026",
        "Tmall",
        ("presale", "02-27 20:00", "03-02 20:00", ASSUMED),
        ("final_payment", "03-02 20:00", "03-05 00:00", ASSUMED),
        ("peak", "03-07 20:00", "03-09 00:00", ASSUMED),
        ("tail", "03-09 00:00", "03-14 00:00", ASSUMED),
    ),
    *(
        phase
        for platform, start in (("JD", "20:00"), ("Douyin", "00:00"), ("Pinduoduo", "00:00"))
        for phase in _phases(
            "38 Festival 2026",
            platform,
            ("peak", f"03-07 {start}", "03-09 00:00", ASSUMED),
            ("tail", "03-09 00:00", "03-14 00:00", ASSUMED),
        )
    ),
    *_phases(
        "618 2026",
        "Tmall",
        ("presale", "05-15 20:00", "05-18 20:00", MID_MAY_TO_618),
        ("final_payment", "05-18 20:00", "05-29 00:00", MID_MAY_TO_618),
        ("warm_up", "06-10 00:00", "06-15 20:00", MID_MAY_TO_618),
        ("peak", "06-15 20:00", "06-19 00:00", MID_MAY_TO_618),
        ("tail", "06-19 00:00", "06-26 00:00", ASSUMED),
    ),
    *_phases(
        "618 2026",
        "JD",
        ("warm_up", "05-15 20:00", "05-31 00:00", MID_MAY_TO_618),
        ("opening", "05-31 00:00", "06-04 00:00", MID_MAY_TO_618),
        ("peak", "06-15 20:00", "06-19 00:00", MID_MAY_TO_618),
        ("tail", "06-19 00:00", "06-26 00:00", ASSUMED),
    ),
    *_phases(
        "618 2026",
        "Douyin",
        ("opening", "05-15 00:00", "05-20 00:00", MID_MAY_TO_618),
        ("warm_up", "06-08 00:00", "06-13 00:00", MID_MAY_TO_618),
        ("peak", "06-13 00:00", "06-19 00:00", MID_MAY_TO_618),
        ("tail", "06-19 00:00", "06-26 00:00", ASSUMED),
    ),
    *_phases(
        "618 2026",
        "Pinduoduo",
        ("opening", "05-20 20:00", "05-25 00:00", MID_MAY_TO_618),
        ("peak", "06-16 20:00", "06-19 00:00", MID_MAY_TO_618),
        ("tail", "06-19 00:00", "06-24 00:00", ASSUMED),
    ),
    # No page gives the phases of 2026.
    *_edition(DOUBLE_11_2025, "Double 11 2026"),
    *(
        Phase(
            name=f"Bedding Week {year}",
            category="home_textiles",
            phase="peak",
            start=f"{year}-{start}",
            end=f"{year}-{end}",
            source=ASSUMED,
        )
        for year, start, end in (
            (2025, "09-08 00:00", "09-13 00:00"),
            (2026, "09-07 00:00", "09-12 00:00"),
        )
    ),
)

#: Every month on this day one shop has its member day; assumed. It meets the planned week.
MEMBER_SHOP = "S05"
MEMBER_DAY = 28
MEMBER_MONTHS = ("2025-05", "2026-12")

# --- Shops --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop: ``ordinary`` is its contacts on an ordinary day before ``VOLUME_SCALE``.

    What tells shops apart comes first, by position; the rest only where it is not the usual.
    """

    shop_id: str
    name: str
    platform: str
    category: str
    pool: str
    ordinary: int
    _: KW_ONLY
    service: str = "both"
    goods: str = "physical"
    opens: str = "09:00"
    closes: str = "24:00"
    statutory_days: str = "open"
    channel: str = "chat"
    knows_patience: bool = False
    bot_deflection: float = 0.0
    min_seats: int = 0
    priority: int = 1
    since: date = HISTORY_START

    @property
    def concurrency(self) -> int:
        """Simultaneous contacts of one agent."""
        return 1 if self.channel == "phone" else CHAT_CONCURRENCY

    @property
    def aht_s(self) -> int:
        """Mean handle time in seconds at this concurrency."""
        return PHONE_AHT_S if self.channel == "phone" else CATEGORIES[self.category].aht_s

    @property
    def daily_cap(self) -> int:
        """Receptions one agent may take in a day."""
        if self.channel == "phone":
            return DAILY_CAP_PHONE
        return DAILY_CAP_COMPLEX if self.category == "small_appliances" else DAILY_CAP

    @property
    def window_min(self) -> tuple[int, int]:
        """Opening and closing in minutes after midnight of the service day; may pass 1440."""
        opens, closes = (int(text[:2]) * 60 + int(text[3:]) for text in (self.opens, self.closes))
        return opens, closes if closes > opens else closes + 24 * 60


NIGHT_POOL = "P-snacks"

#: Names are invented. Volumes are assumed around one published point, the outsourced shop with
#: 500+ receptions a day of a case study: here S01 with its own pool. Five small shops (12 to 34 a
#: day: S04, S08, S12, S16, S19) would not pay for a seat of their own. Hours 9-24 are the
#: trade's usual offer [SHIFT_HOURS, V]; the exceptions and all else are assumed.
SHOPS: tuple[Shop, ...] = (
    Shop("S01", "岚汐里女装旗舰店", "Tmall", "apparel_bags", "P-S01", 540,
         knows_patience=True, min_seats=1, priority=2),
    Shop("S02", "衫间集服饰店", "Douyin", "apparel_bags", "P-apparel", 210,
         service="pre_sales", min_seats=1),
    Shop("S03", "拾麦垅包袋专营店", "Pinduoduo", "apparel_bags", "P-apparel", 165,
         bot_deflection=0.10),
    Shop("S04", "木槿匣小包铺", "Tmall", "apparel_bags", "P-apparel", 22),
    Shop("S05", "汀兰栖护肤旗舰店", "Tmall", "beauty_care", "P-beauty", 235,
         knows_patience=True, min_seats=1),
    Shop("S06", "桃时记彩妆店", "Douyin", "beauty_care", "P-beauty", 160,
         service="pre_sales"),
    Shop("S07", "澄雪屿个护专营店", "JD", "beauty_care", "P-beauty", 108,
         knows_patience=True),
    Shop("S08", "小满皂物铺", "Pinduoduo", "beauty_care", "P-beauty", 16),
    Shop("S09", "絮语棉家纺旗舰店", "Tmall", "home_textiles", "P-home", 145,
         knows_patience=True, min_seats=1),
    Shop("S10", "枕星阁家纺店", "Pinduoduo", "home_textiles", "P-home", 95,
         opens="10:00", closes="22:00"),
    Shop("S11", "团团芽母婴专营店", "JD", "mother_baby", "P-home", 122,
         knows_patience=True),
    Shop("S12", "芽伴早教课堂", "Douyin", "mother_baby", "P-home", 34,
         goods="virtual"),
    Shop("S13", "味屿山坚果旗舰店", "Tmall", "snacks", NIGHT_POOL, 180,
         service="pre_sales", min_seats=1),
    Shop("S14", "嗑时光零食铺", "Pinduoduo", "snacks", NIGHT_POOL, 120,
         since=date(2026, 8, 1)),
    Shop("S15", "夜番茄宵夜零食店", "Douyin", "snacks", NIGHT_POOL, 80,
         opens="18:00", closes="02:00", min_seats=1),
    Shop("S16", "麦垛垛烘焙专营店", "JD", "snacks", NIGHT_POOL, 12),
    Shop("S17", "灶小匠电器旗舰店", "Tmall", "small_appliances", "P-appliance", 145,
         knows_patience=True, bot_deflection=0.15, min_seats=1),
    Shop("S18", "风叶集小家电专营店", "JD", "small_appliances", "P-appliance", 105,
         statutory_days="closed", knows_patience=True),
    Shop("S19", "暖壶记小家电店", "Pinduoduo", "small_appliances", "P-appliance", 27,
         since=date(2026, 10, 20)),
    Shop("S20", "风叶集售后热线", "JD", "small_appliances", "P-hotline", 70,
         service="after_sales", channel="phone", knows_patience=True, min_seats=1),
)  # fmt: skip

#: Blemishes a planner meets, all legal: days an export lost, and a day the platform's chat was
#: down (rows of zeros).
MISSING_DAYS = {
    "S07": (date(2025, 8, 13), date(2025, 8, 14)),
    "S10": (date(2026, 4, 22),),
    "S13": (date(2025, 12, 3),),
    "S17": (date(2026, 3, 18),),
}
OUTAGE = {"S06": date(2026, 7, 22)}

# --- People -------------------------------------------------------------------------------------

#: The morning the plan is made; agents with less than four weeks then are new.
AS_OF = date(2026, 11, 18)
NEW_DAYS = 28

#: Mean tenure so far, in days: six months [TENURE, V]. Leaving at a constant rate makes the
#: tenures so far exponential with the same mean.
MEAN_TENURE_DAYS = 183
LAST_START = date(2026, 11, 9)

#: Work per hour of a new agent by weeks since the start, 1 = full [RAMP, V; steps assumed].
NEW_SPEED = (0.6, 0.6, 0.7, 0.8)

#: Days from the start to taking contacts alone, and from one pool's training to the next
#: [RAMP, V: 3-7 days; the second figure assumed].
TRAINING_DAYS = 5
NEXT_POOL_DAYS = 21

#: Agents by the pool they were hired for, by team; sized to the pools' load (assumed).
TEAM_OF_POOL = {
    "P-S01": "T1",
    "P-apparel": "T1",
    "P-beauty": "T2",
    "P-home": "T3",
    NIGHT_POOL: "T4",
    "P-appliance": "T3",
    "P-hotline": "T3",
}
HIRED_FOR = {
    "P-S01": 10,
    "P-apparel": 9,
    "P-beauty": 12,
    "P-home": 9,
    NIGHT_POOL: 9,
    "P-appliance": 6,
    "P-hotline": 5,
}

#: Further pools an agent learns, in turn: second skills are spread, not laid in a ring, because a
#: ring of two skills leaves the largest shop stranded (Wallace & Whitt 2004).
LEARNS_NEXT = {
    "P-S01": ("P-apparel", "P-beauty", "P-home", NIGHT_POOL),
    "P-apparel": ("P-S01", NIGHT_POOL, "P-beauty", "P-home"),
    "P-beauty": ("P-S01", "P-appliance", "P-apparel", "P-hotline"),
    "P-home": ("P-hotline", "P-appliance", NIGHT_POOL, "P-beauty"),
    NIGHT_POOL: ("P-apparel", "P-appliance", "P-home", "P-S01"),
    "P-appliance": ("P-hotline", "P-home", "P-S01", NIGHT_POOL),
    "P-hotline": ("P-appliance", "P-home", "P-beauty", "P-apparel"),
}

#: The longest-serving know four pools, the next three, the newest one, all others two; assumed.
KNOW_FOUR = 4
KNOW_THREE = 9

#: Contracts: the standard week [DECREE_174, P], the Labour Law's 44 h [LABOUR_LAW, P], part time.
HOURS_STANDARD = 40
HOURS_LONG = 44
HOURS_PART = 24
LONG_AGENTS = ("A008", "A019", "A031", "A042")
PART_AGENTS = ("A013", "A022", "A027", "A034", "A039", "A046")

#: Pregnant (seven months on) and nursing: no night work, 22:00-06:00 [FEMALE_WORKERS, P]. Taken
#: from the agents on a standard week who are not trained for the pool open past midnight.
PROTECTED = ("pregnant", "nursing", "nursing")

#: Yuan a month; 3,500-6,000 are published [WAGES, V]. Part-timers pro rata.
WAGE_NEW = 3800
WAGE_BASE = 4200
WAGE_PER_EXTRA_POOL = 300
WAGE_LONG_TENURE = 300
LONG_TENURE_DAYS = 365

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = (
    "晓燕", "俊杰", "婷婷", "志强", "雨欣", "海燕", "文静", "家豪", "思远", "丽娜",
    "梦瑶", "浩然", "佳怡", "建华", "雪梅", "子涵", "春燕", "宇航", "小芳", "明辉",
    "欣怡", "国栋", "诗雨", "玉兰", "天宇", "慧敏", "博文", "秀英", "嘉欣", "永强",
)  # fmt: skip

# --- Published rota and the planned week --------------------------------------------------------

#: The two weeks already published, and the week the demo plans.
ROTA_START = date(2026, 11, 9)
ROTA_DAYS = 14
PLAN_START = date(2026, 11, 23)
PLAN_DAYS = 7

#: Start hours agents are dealt in turn, and the span in hours. Eight paid hours are nine on site
#: with one meal hour; six and four are worked without. Early 9-18 and late 15-24 are published
#: patterns [SHIFT_HOURS, V], the others assumed. At least one rest day a week [WEEKLY_REST, P];
#: 11 h between shifts is policy (no national figure was found).
SHIFTS = {
    "early": ((9, 10, 9), 9),
    "late": ((15, 14, 15), 9),
    "middle": ((13, 12, 12), 9),
    "night": ((17, 17, 17), 9),
    "part_early": ((10, 9, 11), 6),
    "part_late": ((16, 15, 16), 6),
    "half_day": ((14, 16, 10), 4),
}

#: Agents of the pool open past midnight who take turns on the night shift; assumed.
NIGHT_ROTA = 6

#: First of two rest days (0 = Monday), dealt out in turn so that every weekday is staffed.
REST_STARTS = (5, 2, 6, 3, 0, 4, 1)

#: (kind, days) of each absence in the planned week; assumed, about 4 % of the agent-days.
ABSENCES = (
    ("leave", 3),
    ("leave", 2),
    ("leave", 1),
    ("sick", 2),
    ("sick", 1),
    ("training", 1),
    ("training", 1),
    ("training", 1),
)

#: Wishes in the planned week: how many of each, and how much they are worth; assumed.
WISHES = (("rest_day", 12), ("early", 4), ("late", 4))
WISH_WEIGHTS = (1, 1, 2, 3)

# --- Random streams -----------------------------------------------------------------------------

STREAM_COMMON, STREAM_SHOP, STREAM_EVENT, STREAM_ABSENCE, STREAM_WISH = range(5)


def _rng(stream: int, index: int = 0) -> np.random.Generator:
    """An own stream per purpose and shop: changing one shop leaves the others as they were."""
    return np.random.default_rng([SEED, stream, index])


# --- Calendar -----------------------------------------------------------------------------------


@cache
def _china() -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=(2025, 2026), language="en_US")


def statutory_days() -> dict[date, str]:
    """The days paid at 300 %, with their names: 13 a year.

    Raises
    ------
    ValueError
        If the `holidays` package does not know 13 of them in a year.
    """
    days = {
        day: name
        for day, name in sorted(_china().items())
        if "observed" not in name and "substituted" not in name
    }
    for year in (2025, 2026):
        if (count := sum(day.year == year for day in days)) != 13:
            raise ValueError(f"holidays knows {count} statutory days in {year}, expected 13")
    return days


def holiday_blocks() -> dict[date, str]:
    """Every day of a holiday block (weekends and swapped days included) with the block's name."""
    named = statutory_days()
    china = _china()
    blocks: dict[date, str] = {}
    for day, name in named.items():
        for step in (timedelta(days=-1), timedelta(days=1)):
            other = day
            while not china.is_working_day(other):
                blocks.setdefault(other, name)
                other += step
    return blocks


def acting_weekdays(days: Sequence[date]) -> npt.NDArray[np.int64]:
    """Weekday each day behaves like: a make-up workday counts as the day it replaces."""
    replaced: dict[date, int] = {}
    for day_off, name in _china().items():
        if match := re.search(r"substituted from (\d\d)/(\d\d)/(\d{4})", name):
            month, day, year = (int(part) for part in match.groups())
            replaced[date(year, month, day)] = day_off.weekday()
    return np.array([replaced.get(day, day.weekday()) for day in days], dtype=np.int64)


def _curve(at: Floats, points: Sequence[tuple[int, float]]) -> Floats:
    """Straight lines through ``points``; their ends go on level."""
    return np.interp(at, [x for x, _ in points], [y for _, y in points])


def holiday_levels(days: Sequence[date], category: str) -> Floats:
    """Volume of each day relative to an ordinary day, from the holidays alone."""
    blocks = holiday_blocks()
    level = np.array([HOLIDAY_LEVEL.get(blocks.get(day, ""), 1.0) for day in days])
    for day, name in statutory_days().items():
        offset = np.array([(other - day).days for other in days], dtype=float)
        if name == "Chinese New Year's Eve":
            depth = _curve(offset, SPRING_CURVE)
            level *= 1.0 - depth * (1.0 - CATEGORIES[category].spring_floor)
            if category == "snacks":
                level *= 1.0 + _curve(offset, SPRING_SNACKS)
        if name == "Mid-Autumn Festival" and category == "snacks":
            before = (offset < 0) & (offset >= -MID_AUTUMN_DAYS)
            level *= np.where(before, 1.0 + MID_AUTUMN_SNACKS, 1.0)
    return level


# --- Contacts -----------------------------------------------------------------------------------


def all_phases() -> tuple[Phase, ...]:
    """The promotion calendar: every event phase and the monthly member days, by start."""
    months = pd.period_range(*MEMBER_MONTHS, freq="M")
    member = tuple(
        Phase(
            name=f"Member Day {month.year}",
            shop_id=MEMBER_SHOP,
            phase="peak",
            start=f"{month}-{MEMBER_DAY:02d} 00:00",
            end=f"{date(month.year, month.month, MEMBER_DAY) + timedelta(days=1)} 00:00",
            source=ASSUMED,
        )
        for month in months
    )
    return tuple(sorted(EVENT_PHASES + member, key=lambda phase: (phase.start, phase.platform)))


def _concerns(phase: Phase, shop: Shop) -> bool:
    return (
        phase.platform == shop.platform
        or phase.shop_id == shop.shop_id
        or phase.category == shop.category
    )


def _responses(shop: Shop, index: int) -> dict[str, float]:
    """Extra volume of each edition of an event at one shop, relative to PHASE_UPLIFT."""
    rng = _rng(STREAM_EVENT, index)
    lasting = np.exp(rng.normal(0.0, SHOP_RESPONSE_SD))
    responses: dict[str, float] = {}
    for phase in all_phases():
        if phase.name not in responses:
            size = EVENT_SIZE[phase.event] * EVENT_AFFINITY.get((phase.event, shop.category), 1.0)
            once = np.exp(rng.normal(0.0, EVENT_RESPONSE_SD))
            responses[phase.name] = float(size * lasting * once)
    return responses


def promotion_factor(shop: Shop, index: int, starts: Stamps) -> Floats:
    """Volume relative to a day without promotions, per half hour.

    Parameters
    ----------
    shop, index
        The shop and its place in ``SHOPS`` (the random stream).
    starts
        Start of each half hour, any shape.

    Returns
    -------
    ndarray
        Same shape; 1 where no phase of ``all_phases`` that concerns the shop is running.
    """
    factor = np.ones(starts.shape)
    responses = _responses(shop, index)
    for phase in all_phases():
        if not _concerns(phase, shop):
            continue
        start, end = np.datetime64(phase.start), np.datetime64(phase.end)
        running = (starts >= start) & (starts < end)
        extra = responses[phase.name] * _extra(phase, starts[running])
        if phase.phase == "tail":
            extra *= 0.0 if shop.goods == "virtual" else TAIL_SHARE[shop.service]
        factor[running] *= 1.0 + extra
    return factor


def _extra(phase: Phase, starts: Stamps) -> Floats:
    """Extra volume of a phase of size 1 in half hours inside it; shape of ``starts``."""
    begin = np.datetime64(phase.start)
    uplift = np.array(PHASE_UPLIFT[phase.phase])
    days = (starts.astype("datetime64[D]") - begin.astype("datetime64[D]")).astype(int)
    extra: Floats = uplift[np.minimum(days, len(uplift) - 1)] - 1.0
    evening_start = int(phase.start[11:13]) == EVENING_START_HOUR
    if phase.phase in SELLING_PHASES:
        evening = _hour(starts) >= EVENING_START_HOUR
        later = evening & (days > 0) if evening_start else evening
        extra = np.where(later, (1.0 + extra) * EVENING_TILT - 1.0, extra)
    if evening_start:
        slot = ((starts - begin) / np.timedelta64(SLOT_MIN, "m")).astype(int)
        surge = np.array(EVENING_SURGE)
        first = slot < len(surge)
        extra[first] *= surge[slot[first]]
    return extra


def _hour(starts: Stamps) -> Floats:
    """Hour of the day, as a decimal."""
    minutes = (starts - starts.astype("datetime64[D]")) / np.timedelta64(1, "m")
    return np.asarray(minutes / 60.0, dtype=np.float64)


def intraday_profile(shop: Shop, quiet: Bools) -> Floats:
    """Share of a day's contacts in each half hour of the opening window.

    Parameters
    ----------
    shop
        The shop whose category and window count.
    quiet
        Per day: weekend or holiday.

    Returns
    -------
    ndarray
        Shape (days, slots); each row sums to 1.
    """
    opens, closes = shop.window_min
    hour = (np.arange(opens, closes, SLOT_MIN) + SLOT_MIN / 2) / 60.0
    weight = np.full(hour.shape, DAY_FLOOR)
    for centre, width, height in CATEGORIES[shop.category].peaks:
        weight += height * np.exp(-0.5 * ((hour - centre) / width) ** 2)
    slower = np.where(hour < 11, WEEKEND_MORNING, np.where(hour < 18, WEEKEND_AFTERNOON, 1.0))
    rows = np.where(quiet[:, None], weight * slower, weight)
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), dtype=np.float64)


def daily_level(shop: Shop, days: Sequence[date]) -> Floats:
    """Expected contacts of each day without promotions, trend and noise."""
    category = CATEGORIES[shop.category]
    week = np.array(category.week)[acting_weekdays(days)] / np.mean(category.week)
    middles = 15.0 + 365.25 / 12 * np.arange(12)
    ordinal = np.array([day.timetuple().tm_yday for day in days], dtype=float)
    season = np.interp(ordinal, middles, category.season, period=365.25)
    season /= np.mean(category.season)
    holiday = holiday_levels(days, shop.category)
    return np.asarray(VOLUME_SCALE * shop.ordinary * week * season * holiday, dtype=np.float64)


def _drift(rng: np.random.Generator, count: int) -> Floats:
    """A slow autoregressive walk of the log level with standing deviation DRIFT_SD."""
    steps = rng.normal(0.0, DRIFT_SD * np.sqrt(1.0 - DRIFT_MEMORY**2), count)
    walk = np.empty(count)
    level = rng.normal(0.0, DRIFT_SD)
    for day in range(count):
        level = DRIFT_MEMORY * level + steps[day]
        walk[day] = level
    return walk


def shop_history(shop: Shop, index: int, common: Floats) -> pd.DataFrame:
    """Contacts of one shop: columns shop_id, start, contacts.

    Parameters
    ----------
    shop, index
        The shop and its place in ``SHOPS``.
    common
        Log of the day's noise shared by all shops, one value per day of the history.
    """
    days = list(_days(HISTORY_START, HISTORY_END))
    rng = _rng(STREAM_SHOP, index)
    growth = rng.normal(GROWTH_MEAN, GROWTH_SD)
    years = np.array([(day - LEVEL_DATE).days / 365.25 for day in days])
    noise = common + rng.normal(0.0, SHOP_DAY_SD, len(days)) + _drift(rng, len(days))
    level = daily_level(shop, days) * np.exp(growth * years + noise)

    blocks = holiday_blocks()
    quiet = (acting_weekdays(days) >= 5) | np.array([day in blocks for day in days])
    opens, closes = shop.window_min
    offsets = np.arange(opens, closes, SLOT_MIN).astype("timedelta64[m]")
    starts = np.array(days, dtype="datetime64[m]")[:, None] + offsets
    mean = level[:, None] * intraday_profile(shop, quiet) * promotion_factor(shop, index, starts)

    # Rounding first keeps the draws the same where another machine's exp differs in the last bit.
    burst = rng.gamma(SLOT_SHAPE, 1.0 / SLOT_SHAPE, mean.shape)
    contacts = rng.poisson(np.round(mean * burst, 6))
    contacts[[day == OUTAGE.get(shop.shop_id) for day in days]] = 0
    kept = np.repeat([_has_rows(shop, day) for day in days], offsets.size)
    return pd.DataFrame(
        {
            "shop_id": shop.shop_id,
            "start": starts.ravel()[kept].astype("datetime64[ns]"),
            "contacts": contacts.ravel()[kept].astype(np.int64),
        }
    )


def _has_rows(shop: Shop, day: date) -> bool:
    closed = shop.statutory_days == "closed" and day in statutory_days()
    return day >= shop.since and not closed and day not in MISSING_DAYS.get(shop.shop_id, ())


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def history_table() -> pd.DataFrame:
    """Contacts of every shop and half hour: columns shop_id, start, contacts."""
    count = (HISTORY_END - HISTORY_START).days + 1
    common = _rng(STREAM_COMMON).normal(0.0, COMMON_DAY_SD, count)
    parts = [shop_history(shop, index, common) for index, shop in enumerate(SHOPS)]
    return pd.concat(parts, ignore_index=True)


def shops_table() -> pd.DataFrame:
    """One row per shop, in the columns of the workspace."""
    rows = []
    for shop in SHOPS:
        level, within_s = TARGET[shop.platform]
        rows.append(
            {
                "shop_id": shop.shop_id,
                "name": shop.name,
                "platform": shop.platform,
                "category": shop.category,
                "service": shop.service,
                "goods": shop.goods,
                "opens": shop.opens,
                "closes": shop.closes,
                "statutory_days": shop.statutory_days,
                "pool": shop.pool,
                "channel": shop.channel,
                "aht_s": shop.aht_s,
                "concurrency": shop.concurrency,
                "target_level": level,
                "answer_within_s": within_s,
                "patience_s": str(PATIENCE_S) if shop.knows_patience else "",
                "daily_cap": shop.daily_cap,
                "bot_deflection": shop.bot_deflection,
                "min_seats": shop.min_seats,
                "priority": shop.priority,
            }
        )
    return pd.DataFrame(rows)


def promotions_table() -> pd.DataFrame:
    """One row per phase; ``strength`` is blank: each event is as strong as its past editions."""
    return pd.DataFrame(
        [
            {
                "name": phase.name,
                "platform": phase.platform,
                "shop_id": phase.shop_id,
                "category": phase.category,
                "phase": phase.phase,
                "start": phase.start,
                "end": phase.end,
                "strength": "",
                "source": phase.source,
            }
            for phase in all_phases()
        ]
    )


# --- Agents and skills --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One invented agent; ``pools`` in the order they were learnt, the first hired for."""

    agent_id: str
    name: str
    started_on: date
    pools: tuple[str, ...]
    hours_per_week: int
    protected: str

    @property
    def is_new(self) -> bool:
        """Less than four weeks in the house when the plan is made."""
        return (AS_OF - self.started_on).days < NEW_DAYS

    @property
    def speed(self) -> float:
        """Work per hour relative to a trained agent."""
        weeks = (AS_OF - self.started_on).days // 7
        return NEW_SPEED[weeks] if self.is_new else 1.0

    @property
    def monthly_wage(self) -> int:
        """Yuan a month, as paid (part-timers pro rata)."""
        if self.is_new:
            full = WAGE_NEW
        else:
            tenured = (AS_OF - self.started_on).days >= LONG_TENURE_DAYS
            full = WAGE_BASE + WAGE_PER_EXTRA_POOL * (len(self.pools) - 1)
            full += WAGE_LONG_TENURE * tenured
        share = self.hours_per_week / HOURS_STANDARD
        return int(round(full * share / 10) * 10)

    def since(self, pool: str) -> date:
        """First day the agent takes the contacts of a pool."""
        step = self.pools.index(pool)
        return self.started_on + timedelta(days=TRAINING_DAYS + NEXT_POOL_DAYS * step)


def _start_dates(count: int) -> list[date]:
    """Mondays on which the agents began, oldest first: evenly spaced exponential quantiles."""
    quantile = (np.arange(count) + 0.5) / count
    tenure = np.round(-MEAN_TENURE_DAYS * np.log1p(-quantile)).astype(int)[::-1]
    starts = [AS_OF - timedelta(days=int(days)) for days in tenure]
    mondays = [start - timedelta(days=start.weekday()) for start in starts]
    return [min(monday, LAST_START) for monday in mondays]


def _dealt_pools() -> list[str]:
    """The pool each agent was hired for, mixed so that every pool has old and new agents."""
    places = [
        ((turn + 0.5) / heads, pool) for pool, heads in HIRED_FOR.items() for turn in range(heads)
    ]
    return [pool for _, pool in sorted(places)]


def _pools(hired_for: str, turn: int, known: int) -> tuple[str, ...]:
    """``known`` pools: the one hired for and the next ones on its list, from place ``turn`` on."""
    others = LEARNS_NEXT[hired_for]
    return (hired_for, *(others[(turn + step) % len(others)] for step in range(known - 1)))


def agents() -> list[Agent]:
    """The sixty agents, longest-serving first."""
    hired_for = _dealt_pools()
    people: list[Agent] = []
    for index, start in enumerate(_start_dates(len(hired_for))):
        agent_id = f"A{index + 1:03d}"
        pool = hired_for[index]
        known = 4 if index < KNOW_FOUR else 3 if index < KNOW_FOUR + KNOW_THREE else 2
        if (AS_OF - start).days < TRAINING_DAYS + NEXT_POOL_DAYS + NEW_DAYS:
            known = 1
        hours = HOURS_LONG if agent_id in LONG_AGENTS else HOURS_STANDARD
        people.append(
            Agent(
                agent_id=agent_id,
                name=SURNAMES[index % len(SURNAMES)] + GIVEN[(index * 7) % len(GIVEN)],
                started_on=start,
                pools=_pools(pool, hired_for[:index].count(pool), known),
                hours_per_week=HOURS_PART if agent_id in PART_AGENTS else hours,
                protected="",
            )
        )
    return _with_protection(people)


def _with_protection(people: list[Agent]) -> list[Agent]:
    """Mark the protected agents, spread over those who need not work past midnight."""
    able = [
        agent.agent_id
        for agent in people
        if agent.hours_per_week == HOURS_STANDARD
        and not agent.is_new
        and NIGHT_POOL not in agent.pools
    ]
    step = len(able) // len(PROTECTED)
    marks = dict(zip(able[step // 2 :: step], PROTECTED, strict=False))
    return [replace(agent, protected=marks.get(agent.agent_id, "")) for agent in people]


def agents_table(people: Sequence[Agent]) -> pd.DataFrame:
    """One row per agent, in the columns of the workspace."""
    return pd.DataFrame(
        [
            {
                "agent_id": agent.agent_id,
                "name": agent.name,
                "team": TEAM_OF_POOL[agent.pools[0]],
                "started_on": agent.started_on.isoformat(),
                "hours_per_week": agent.hours_per_week,
                "contract": "part_time" if agent.hours_per_week == HOURS_PART else "full_time",
                "monthly_wage": agent.monthly_wage,
                "protected": agent.protected,
                "max_concurrency": CHAT_CONCURRENCY,
            }
            for agent in people
        ]
    )


def skills_table(people: Sequence[Agent]) -> pd.DataFrame:
    """One row per agent and shop: whoever is trained for a pool answers all its shops."""
    return pd.DataFrame(
        [
            {
                "agent_id": agent.agent_id,
                "shop_id": shop.shop_id,
                "speed": agent.speed,
                "since": max(agent.since(shop.pool), shop.since).isoformat(),
            }
            for agent in people
            for shop in SHOPS
            if shop.pool in agent.pools
        ]
    )


# --- Rota, absences, wishes ---------------------------------------------------------------------


def _night_agents(people: Sequence[Agent]) -> list[str]:
    """Those who take turns on the night shift, agents hired for the pool first."""
    able = [
        agent
        for agent in people
        if NIGHT_POOL in agent.pools
        and agent.hours_per_week == HOURS_STANDARD
        and not agent.is_new
        and not agent.protected
    ]
    able.sort(key=lambda agent: agent.pools.index(NIGHT_POOL))
    return [agent.agent_id for agent in able[:NIGHT_ROTA]]


def _cycle(agent: Agent, night: Sequence[str]) -> tuple[str, ...]:
    """Kinds of shift an agent changes between, one per stretch of days between rest days."""
    if agent.agent_id in night:
        return ("night", "late")
    if agent.protected:
        return ("early", "middle")
    if agent.hours_per_week == HOURS_PART:
        return ("part_early", "part_late")
    # Early shifts also come from the new and the protected: two late ones to one even that out.
    return ("early",) if agent.is_new else ("early", "late", "late")


def _shift(agent: Agent, kinds: Sequence[str], rest: int, turn: int) -> tuple[int, int] | None:
    """Start hour and span of an agent's shift of a day; None on a rest day.

    The two rest days of a week are fixed, so nobody works more than six days on end, and the kind
    of shift only changes after them, so a late shift is never followed by an early one.

    Parameters
    ----------
    agent, kinds
        The agent and the kinds of shift they change between.
    rest
        Days since the first rest day, 0 to 6.
    turn
        Counts up at every first rest day.
    """
    if rest == 0 or (rest == 4 and agent.hours_per_week == HOURS_PART):
        return None
    kind = kinds[turn % len(kinds)]
    if rest == 1:
        if agent.hours_per_week != HOURS_LONG:
            return None
        kind = "half_day"
    starts, span_h = SHIFTS[kind]
    return starts[turn % len(starts)], span_h


def rosters_table(people: Sequence[Agent]) -> pd.DataFrame:
    """The shifts published for the two weeks before the planned one."""
    night = _night_agents(people)
    order = [*night, *(agent.agent_id for agent in people if agent.agent_id not in night)]
    rows = []
    for agent in people:
        place = order.index(agent.agent_id)
        # Night agents are dealt first, so that neighbours rest and change kind one after another;
        # the others change kind in groups of seven with all rest days in each.
        first_rest, turn = place, place
        if place >= len(night):
            first_rest, turn = REST_STARTS[place % len(REST_STARTS)], place // len(REST_STARTS)
        kinds = _cycle(agent, night)
        for offset in range(ROTA_DAYS):
            day = ROTA_START + timedelta(days=offset)
            weeks, rest = divmod(offset - first_rest, 7)
            shift = _shift(agent, kinds, rest, turn + weeks)
            if shift is None or day < agent.started_on:
                continue
            start = pd.Timestamp(day) + pd.Timedelta(hours=shift[0])
            rows.append(
                {
                    "agent_id": agent.agent_id,
                    "date": day.isoformat(),
                    "start": f"{start:%Y-%m-%d %H:%M}",
                    "end": f"{start + pd.Timedelta(hours=shift[1]):%Y-%m-%d %H:%M}",
                }
            )
    return pd.DataFrame(rows)


def absences_table(people: Sequence[Agent]) -> pd.DataFrame:
    """Leave, sickness and training in the planned week; training is for the newest agents."""
    rng = _rng(STREAM_ABSENCE)
    newest = [agent.agent_id for agent in people if agent.is_new]
    others = [agent.agent_id for agent in people if not agent.is_new]
    rng.shuffle(newest)
    rng.shuffle(others)
    rows = []
    for kind, days in ABSENCES:
        agent_id = (newest if kind == "training" else others).pop()
        first = int(rng.integers(0, PLAN_DAYS - days + 1))
        rows += [
            {
                "agent_id": agent_id,
                "date": (PLAN_START + timedelta(days=first + step)).isoformat(),
                "kind": kind,
            }
            for step in range(days)
        ]
    return pd.DataFrame(rows).sort_values(["date", "agent_id"], ignore_index=True)


def requests_table(people: Sequence[Agent], absences: pd.DataFrame) -> pd.DataFrame:
    """Wishes for the planned week, from agents who are not absent in it."""
    rng = _rng(STREAM_WISH)
    absent = set(absences["agent_id"])
    asking = [agent.agent_id for agent in people if agent.agent_id not in absent]
    rng.shuffle(asking)
    wishes = [wish for wish, count in WISHES for _ in range(count)]
    rows = [
        {
            "agent_id": agent_id,
            "date": (PLAN_START + timedelta(days=int(rng.integers(PLAN_DAYS)))).isoformat(),
            "wish": wish,
            "weight": int(rng.choice(WISH_WEIGHTS)),
        }
        for agent_id, wish in zip(asking, wishes, strict=False)
    ]
    return pd.DataFrame(rows).sort_values(["date", "agent_id"], ignore_index=True)


# --- Writing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A row of the parameter table of SOURCE.md."""

    parameter: str
    value: str
    fact: str


def _bases() -> tuple[Basis, ...]:
    """What each parameter leans on."""
    chat_aht = [category.aht_s for category in CATEGORIES.values()]
    floors = [category.spring_floor for category in CATEGORIES.values()]
    others = HOLIDAY_LEVEL.values()
    total = round(VOLUME_SCALE * sum(shop.ordinary for shop in SHOPS))
    first = 1 + (PHASE_UPLIFT["peak"][0] - 1) * EVENING_SURGE[0]
    rows = (
        ("contacts on an ordinary day", f"{total:,} in all, S01 {SHOPS[0].ordinary}",
         "500+ receptions a day at one outsourced shop (provider's case study, V); rest assumed"),
        ("handle time, chat", f"{min(chat_aht)}-{max(chat_aht)} s at {CHAT_CONCURRENCY} chats",
         f"general 3-5 min, complex 5-10 min: {HANDLE_TIME} (V); by category assumed"),
        ("handle time, telephone", f"{PHONE_AHT_S} s", f"general 3-5 min: {HANDLE_TIME} (V)"),
        ("simultaneous chats", f"{CHAT_CONCURRENCY}", f"2-5: {CONCURRENCY} (V)"),
        ("receptions per agent-day", f"at most {DAILY_CAP}, complex {DAILY_CAP_COMPLEX}",
         f"100-120 at 3,000 a day: {RECEPTIONS} (V)"),
        ("target on JD", "80 % within 30 s", f"{JD_30_S} (third-party repost of the rule)"),
        ("target elsewhere", "90 % within 180 s",
         f"3-minute reply rate: {THREE_MINUTES} (third party); {PDD_90} (V)"),
        ("patience", f"{PATIENCE_S} s or unknown", f"{PATIENCE} (V)"),
        ("opening hours", "9-24; one 10-22, one 18-02", f"{SHIFT_HOURS} (V); exceptions assumed"),
        ("peaks of the day", "10-12, 14-16, 20-23",
         f"9-11, 14-16, 19-21: {PROFILE_HOURS} (V); the later evening is assumed"),
        ("promotion days", f"Double 11 {max(PHASE_UPLIFT['peak'])}x a day, {first:.1f}x at 20:00",
         f"3-5x: {PROMO_MULTIPLE} (V); day and hour shape assumed"),
        ("evening of promotion days", f"x{EVENING_TILT} after 20:00",
         f"night share 45 %: {PROMO_NIGHT} (V); factor assumed"),
        ("after-sales tail", f"{PHASE_UPLIFT['tail'][0]}x falling to {PHASE_UPLIFT['tail'][-1]}x",
         f"after-sales peak after the event: {AFTER_SALES_PEAK} (V); size assumed"),
        ("promotion dates", "promotions.csv", "the `source` column, row by row"),
        ("weeks, seasons, trend, noise", "see generate.py", ASSUMED),
        ("holidays and swapped days", "`holidays` package",
         f"2025: {HOLIDAYS_2025} (P); 2026: {HOLIDAYS_2026} (P)"),
        ("volume on holidays",
         f"Spring Festival {min(floors)}-{max(floors)}, others {min(others)}-{max(others)}",
         ASSUMED),
        ("tenure", f"mean {MEAN_TENURE_DAYS} days, exponential", f"6 months: {TENURE} (V)"),
        ("speed of new agents", f"{min(NEW_SPEED)}-{max(NEW_SPEED)} for four weeks",
         f"{RAMP} (V); steps assumed"),
        ("wages", f"{WAGE_NEW}-{WAGE_BASE} yuan and allowances", f"3,500-6,000: {WAGES} (V)"),
        ("weekly hours", f"{HOURS_STANDARD}, {HOURS_LONG}, part time {HOURS_PART}",
         f"40 h: {DECREE_174} (P); 44 h: {LABOUR_LAW} (P)"),
        ("rest days", "one in every week Monday-Sunday at least", f"art. 38: {WEEKLY_REST} (P)"),
        ("rest between shifts", "11 h", "policy; no national figure found"),
        ("pregnant, nursing", "end by 22:00", f"art. 6 and 9: {FEMALE_WORKERS} (P)"),
        ("shifts", "9-18, 15-24 and neighbours", f"{SHIFT_HOURS} (V)"),
    )  # fmt: skip
    return tuple(Basis(parameter=row[0], value=row[1], fact=row[2]) for row in rows)


PREAMBLE = """\
# The demo workspace

Synthetic. Written by `generate.py` in this folder; shops, agents and volumes are invented, and no \
real person or merchant is meant. It may be used and shared under the licence of the project.

- Seed: {seed}. Regenerate with `python data/demo/generate.py [OUT_DIR]`; the tables and this page \
come out byte for byte with {versions}.
- History: {first} to {last}, half hours inside the opening windows, local wall time. Half hours \
after midnight carry their true date; they belong to the service day before.
- Contacts are counted before the bot: `bot_deflection` of them never reach an agent.
- To rescale the demo change `VOLUME_SCALE`.
- Plan the week {plan_first} to {plan_last}; `rosters.csv` is what was published for the two weeks \
before.
- Blemishes left in on purpose: {missing}; {outage} had a day of zeros (chat down). {closed} is \
closed on the statutory days; {late} began later than the rest.

## Tables

| file | rows | sha256 |
|---|---|---|
"""

PARAMETERS = """
## Parameters and what they lean on

Grades: P primary text or a reprint of it, V vendor marketing. Figures of grade V are priors, not \
measurements: expect a real shop to differ, and let its own history overrule them. None of the \
pages was measured or checked live.

| parameter | value | published fact |
|---|---|---|
"""


def source_page(rows: dict[str, int], folder: Path) -> str:
    """The text of SOURCE.md for tables already written into ``folder``."""
    lost = ", ".join(
        f"{shop_id} lacks {', '.join(day.isoformat() for day in days)}"
        for shop_id, days in MISSING_DAYS.items()
    )
    late = [f"{s.shop_id} ({s.since.isoformat()})" for s in SHOPS if s.since > HISTORY_START]
    page = PREAMBLE.format(
        seed=SEED,
        versions=", ".join(f"{name} {version(name)}" for name in VERSIONED),
        first=HISTORY_START.isoformat(),
        last=HISTORY_END.isoformat(),
        plan_first=PLAN_START.isoformat(),
        plan_last=(PLAN_START + timedelta(days=PLAN_DAYS - 1)).isoformat(),
        missing=lost,
        outage=", ".join(f"{shop_id} on {day.isoformat()}" for shop_id, day in OUTAGE.items()),
        closed=", ".join(shop.shop_id for shop in SHOPS if shop.statutory_days == "closed"),
        late=" and ".join(late),
    )
    for name, count in rows.items():
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        page += f"| {name} | {count:,} | `{digest}` |\n"
    page += PARAMETERS
    for basis in _bases():
        page += f"| {basis.parameter} | {basis.value} | {basis.fact} |\n"
    return page


#: Packages whose version can change a byte of the output.
VERSIONED = ("numpy", "pandas", "pyarrow", "holidays")


def write_workspace(folder: Path) -> None:
    """Write every table and SOURCE.md into ``folder``, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    people = agents()
    absences = absences_table(people)
    tables = {
        "shops": shops_table(),
        "agents": agents_table(people),
        "skills": skills_table(people),
        "promotions": promotions_table(),
        "absences": absences,
        "requests": requests_table(people, absences),
        "rosters": rosters_table(people),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    history = history_table()
    history.to_parquet(
        folder / "history.parquet", index=False, compression="zstd", use_dictionary=True
    )
    rows = {f"{name}.csv": len(table) for name, table in tables.items()}
    rows["history.parquet"] = len(history)
    page = source_page(rows, folder)
    (folder / "SOURCE.md").write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_workspace(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
