"""Rows of the portal, checked where they enter. https://dev.socrata.com/foundry/data.cityofchicago.org/ijzp-q8t2"""

import io

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from crime.months import Month
from crime.step import Refused

COLUMNS = (
    *("id", "date", "primary_type", "location_description", "arrest", "domestic"),
    *("beat", "district", "latitude", "longitude"),
)
STATION_COLUMNS = ("district", "district_name", "latitude", "longitude")
# A box around the city. The portal has coordinates far outside of it, where an address was not found.
LATITUDES, LONGITUDES = (41.6, 42.1), (-88.0, -87.5)
# More malformed rows than this share mean that something has changed at the portal, not that somebody mistyped.
TOLERATED = 0.01


def parse(content: bytes, columns: tuple[str, ...]) -> tuple[pd.DataFrame, int]:
    """The rows as texts, and how many had another number of fields."""
    broken = 0

    def skip(_row: csv.InvalidRow) -> str:
        nonlocal broken
        broken += 1
        return "skip"

    texts = csv.ConvertOptions(
        column_types={name: pa.string() for name in columns}, strings_can_be_null=True, null_values=[""]
    )
    try:
        # One thread: the handler counts.
        table = csv.read_csv(
            io.BytesIO(content),
            read_options=csv.ReadOptions(use_threads=False),
            parse_options=csv.ParseOptions(invalid_row_handler=skip),
            convert_options=texts,
        )
    except pa.ArrowInvalid as error:
        raise Refused(f"the portal answered with something that is no CSV: {error}") from error
    lacking = [name for name in columns if name not in table.column_names]
    if lacking:
        raise Refused(f"the portal's rows have no {', '.join(lacking)}; they have {', '.join(table.column_names)}")
    return table.select(list(columns)).to_pandas(), broken


def check_crimes(rows: pd.DataFrame, month: Month) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows with types, and how many were dropped for which reason."""
    number = pd.to_numeric(rows["id"], errors="coerce")
    when = pd.to_datetime(rows["date"], format="%Y-%m-%dT%H:%M:%S.%f", errors="coerce")
    flags = {name: rows[name].map({"true": True, "false": False}) for name in ("arrest", "domestic")}
    wrong = {
        "no id": ~(number > 0),
        "no date": when.isna(),
        "date of another month": when.notna() & ((when.dt.year != month.year) | (when.dt.month != month.number)),
        "arrest or domestic is neither true nor false": flags["arrest"].isna() | flags["domestic"].isna(),
        "no primary_type": rows["primary_type"].isna(),
        "id seen before": number.notna() & number.duplicated(),
    }
    bad = pd.concat(wrong, axis=1).any(axis=1)
    latitude, longitude = (pd.to_numeric(rows[name], errors="coerce") for name in ("latitude", "longitude"))
    inside = latitude.between(*LATITUDES) & longitude.between(*LONGITUDES)
    district = pd.to_numeric(rows["district"], errors="coerce").fillna(0)
    checked = pd.DataFrame(
        {
            "id": number,
            "date": when,
            "primary_type": rows["primary_type"].str.strip().str.upper(),
            "location_description": rows["location_description"].fillna("UNKNOWN").str.strip().str.upper(),
            "arrest": flags["arrest"],
            "domestic": flags["domestic"],
            "beat": rows["beat"].fillna(""),
            "district": district.astype("int64"),
            "latitude": latitude.where(inside),
            "longitude": longitude.where(inside),
        }
    )[~bad]
    kinds = {"id": "int64", "arrest": "int8", "domestic": "int8"}
    counts = {reason: int(hit.sum()) for reason, hit in wrong.items() if hit.any()}
    return checked.astype(kinds).sort_values("id", ignore_index=True), counts


def check_stations(rows: pd.DataFrame) -> pd.DataFrame:
    """Stations with coordinates; the headquarters is no district's."""
    places = {name: pd.to_numeric(rows[name], errors="coerce") for name in ("latitude", "longitude")}
    stations = rows.assign(**places).dropna(subset=["latitude", "longitude"])
    if stations.empty:
        raise Refused("the portal has no police station with coordinates; nothing was written")
    return stations.reset_index(drop=True)


def hold_share(dropped: int, rows: int, month: Month, reasons: dict[str, int]) -> None:
    if dropped <= TOLERATED * rows:
        return
    why = ", ".join(f"{reason}: {count}" for reason, count in reasons.items())
    raise Refused(
        f"{dropped} of {rows} rows of {month} are malformed ({why}); at most {TOLERATED:.0%} are tolerated. "
        "Nothing of this month was written; see what the portal changed"
    )
