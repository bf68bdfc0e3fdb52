"""2. Crimes and police stations of the months that are not there yet: a year at first, later a month at a time."""

import os
from contextlib import ExitStack
from datetime import date

import pandas as pd

from crime import objects, step, tables
from crime.months import Month, last_month, window
from crime.portal import rows, stand_in
from crime.portal.client import Portal


def work() -> str:
    months_at, year_at = step.place("output", "months"), step.place("output", "year")
    try:
        last = last_month(step.text("month"), date.today())
    except ValueError as error:
        raise step.Refused(str(error)) from error
    wanted = window(last, int(step.number("window", 1, 60)))
    # A month is there when its stations are: they are written last.
    there = set(objects.names(months_at))
    absent = [month for month in wanted if f"{month}/police_stations.csv" not in there]
    with ExitStack() as stack:
        portal = _portal(stack) if absent else None
        for month in absent:
            print(_download(portal, month, months_at), flush=True)
    # Months were written by this step, all with the same header: they are put together as they are.
    months = [objects.read(f"{months_at}{month}/crimes.csv").partition(b"\n") for month in wanted]
    year = b"".join([months[0][0], b"\n", *(body for _, _, body in months)])
    name = f"crimes_12m_{last.last}.csv"
    objects.write(year_at + name, year, "text/csv")
    about = {"crimes": name, "months": [str(month) for month in wanted], "rows": year.count(b"\n") - 1, "last": str(last)}
    tables.write_json(year_at + tables.LATEST, about)
    return f"{len(absent)} of {len(wanted)} months downloaded, {about['rows']} crimes in the window to {last}"


def _download(portal: Portal, month: Month, folder: str) -> str:
    expected = portal.count(month)
    if expected == 0:
        raise step.Refused(
            f"the portal has no crimes for {month}: it is not published yet, or something broke there. "
            "Nothing of this month was written; run it again later, or name an earlier month"
        )
    pages = [rows.parse(page, rows.COLUMNS) for page in portal.crimes(month, expected)]
    texts, broken = pd.concat([page for page, _ in pages], ignore_index=True), sum(count for _, count in pages)
    if len(texts) + broken != expected:
        raise step.Refused(
            f"the portal counts {expected} crimes for {month}, but sent {len(texts) + broken}; run it again"
        )
    crimes, reasons = rows.check_crimes(texts, month)
    reasons |= {"another number of fields": broken} if broken else {}
    dropped = expected - len(crimes)
    rows.hold_share(dropped, expected, month, reasons)
    stations, _ = rows.parse(portal.stations(), rows.STATION_COLUMNS)
    tables.write_csv(f"{folder}{month}/crimes.csv", crimes)
    tables.write_csv(f"{folder}{month}/police_stations.csv", rows.check_stations(stations))
    why = "".join(f", {count} with {reason}" for reason, count in reasons.items())
    return f"{month}: {len(crimes)} crimes, {dropped} malformed rows left out{why}"


def _portal(stack: ExitStack) -> Portal:
    address, token = step.required("PORTAL"), os.environ.get("SOCRATA_APP_TOKEN")
    if not address.startswith(stand_in.SCHEME):
        return Portal(address, token)
    served = stack.enter_context(stand_in.serving(stand_in.parse_trouble(address)))
    return Portal(served, token, backoff=0.05)


if __name__ == "__main__":
    step.main(work)
