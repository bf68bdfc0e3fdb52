"""Tables as objects: CSV where people read them, Parquet between steps; and which file of a folder is the newest one."""

import io
import json

import pandas as pd

from crime import objects
from crime.step import Refused

LATEST = "latest.json"


def write_csv(uri: str, table: pd.DataFrame) -> None:
    objects.write(uri, csv_bytes(table), "text/csv")


def csv_bytes(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    # Times are written by hand: pandas would leave the time of day out where it is midnight everywhere.
    written = {
        name: table[name].dt.strftime("%Y-%m-%dT%H:%M:%S") for name in table.select_dtypes("datetime").columns
    }
    table.assign(**written).to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue()


def read_csv(uri: str, **options) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(objects.read(uri)), engine="pyarrow", **options)


def write_parquet(uri: str, table: pd.DataFrame) -> None:
    buffer = io.BytesIO()
    table.to_parquet(buffer, engine="pyarrow", index=False)
    objects.write(uri, buffer.getvalue(), "application/vnd.apache.parquet")


def read_parquet(uri: str) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(objects.read(uri)), engine="pyarrow")


def write_json(uri: str, value: dict) -> None:
    objects.write(uri, json.dumps(value, indent=2).encode() + b"\n", "application/json")


def read_json(uri: str) -> dict:
    return json.loads(objects.read(uri))


def latest(folder: str) -> dict:
    """What the step before said of its newest files; a folder keeps those of earlier months too."""
    try:
        return read_json(folder + LATEST)
    except objects.Missing as error:
        raise Refused(f"{folder} has no {LATEST}: the step that writes it has not run") from error
