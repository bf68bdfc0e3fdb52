"""Months as the portal and the objects name them: `2025-12`."""

import re
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, order=True)
class Month:
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return self.after(1).first - timedelta(days=1)

    def after(self, months: int) -> "Month":
        total = self.year * 12 + self.number - 1 + months
        return Month(total // 12, total % 12 + 1)


def parse_month(text: str) -> Month:
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if found is None:
        raise ValueError(f'"{text}" is no month; expected one like 2025-12')
    return Month(int(found[1]), int(found[2]))


def last_month(text: str, today: date) -> Month:
    """The month that a run is about: the one that is named, or, for `latest`, the last one that is over."""
    if text == "latest":
        return Month(today.year, today.month).after(-1)
    month = parse_month(text)
    if month.last >= today:
        raise ValueError(f"{month} is not over yet; the last month that is: {last_month('latest', today)}")
    return month


def window(last: Month, months: int) -> list[Month]:
    """The months of the rolling window, the oldest first."""
    return [last.after(back) for back in range(1 - months, 1)]
