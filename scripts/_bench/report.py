"""What is reported: figures of several runs as medians, and the bars they are held against."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

# Numbers, texts, and figures within each other; every run has the same keys.
Figures = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and what it is held against; `bar` says which side is right, such as "at most 3"."""

    name: str
    value: float
    bar: str
    met: bool


def at_most(name: str, value: float, bar: float) -> Bar:
    """A figure that should not exceed the bar."""
    return Bar(name, value, f"at most {bar:g}", value <= bar)


def at_least(name: str, value: float, bar: float) -> Bar:
    """A figure that should reach the bar."""
    return Bar(name, value, f"at least {bar:g}", value >= bar)


def below(name: str, value: float, bar: float) -> Bar:
    """A figure that should stay below the bar."""
    return Bar(name, value, f"below {bar:g}", value < bar)


def repeated(run: Callable[[int], Figures], times: int, bars: Callable[[Figures], Sequence[Bar]]) -> Figures:
    """The medians of so many runs, the bars held against them, and under `runs` every run's own figures."""
    runs = [run(number) for number in range(times)]
    middle = medians(runs)
    return {**middle, "bars": [asdict(bar) for bar in bars(middle)], "runs": runs}


def medians(runs: Sequence[Any]) -> Any:
    """Figures of the runs' own shape: of each number the median, of anything else the first."""
    first = runs[0]
    if isinstance(first, dict):
        return {key: medians([run[key] for run in runs]) for key in first}
    if all(run == first for run in runs) or not isinstance(first, int | float):
        return first
    return round(median(runs), 3)


def ratio(one: float, other: float) -> float:
    """Rounded to three places."""
    return round(one / other, 3)
