"""The rhythm of the shoppers: how much attention a day gets, and how much has passed so far.

`attention(t)` is a clock that runs faster on busy days. Every curve of the world is a function of
it, which gives all of them weekly rhythm and sale days at no cost. All times are Unix seconds;
days are those of Jakarta (UTC+7, no summer time).
"""

from datetime import date, timedelta
from math import pi, sin

DAY = 86400
JAKARTA = 7 * 3600
FIRST = date(2018, 1, 1)
FIRST_DAY = (FIRST - date(1970, 1, 1)).days
WEEK = (0.92, 0.88, 0.91, 0.95, 1.03, 1.18, 1.13)  # Monday .. Sunday
SALES = {
    (1, 1): 1.25,
    (2, 14): 1.15,
    (3, 3): 1.2,
    (5, 5): 1.2,
    (6, 6): 1.3,
    (7, 7): 1.3,
    (8, 8): 1.35,
    (8, 17): 1.3,
    (9, 9): 1.6,
    (10, 10): 1.75,
    (11, 11): 2.3,
    (12, 12): 2.1,
    (12, 31): 1.25,
}
PAYDAY = 1.12  # 25th to 28th
EVENING = 0.5  # how much livelier the evening is than the morning
TURN = -2 * pi * 7 / 24  # puts the peak at 19:00


def weight(day: date) -> float:
    """Attention of one day; 1 is an ordinary one."""
    payday = PAYDAY if 25 <= day.day <= 28 else 1.0
    return WEEK[day.weekday()] * SALES.get((day.month, day.day), 1.0) * payday


def accumulate(days: int) -> tuple[list[float], list[float]]:
    """(weight of each day, attention passed before it), starting at FIRST."""
    weights = [weight(FIRST + timedelta(days=number)) for number in range(days)]
    passed, total = [], 0.0
    for value in weights:
        passed.append(total)
        total += value
    return weights, passed


WEIGHTS, PASSED = accumulate(365 * 40)


def attention(instant: float) -> float:
    """Attention passed since 2018: rises strictly with time, by about 1 a day."""
    day, rest = divmod(instant + JAKARTA, DAY)
    number = min(max(int(day) - FIRST_DAY, 0), len(WEIGHTS) - 1)
    part = rest / DAY
    shape = part - EVENING / (2 * pi) * (sin(2 * pi * part + TURN) - sin(TURN))
    return PASSED[number] + WEIGHTS[number] * shape
