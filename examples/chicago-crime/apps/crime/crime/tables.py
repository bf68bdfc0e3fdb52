"""Tables as objects: CSV where people read them, Parquet between steps; and which file of a folder is the newest one."""

import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from crime import objects
from crime.step import Refused

LATEST = "latest.json"


def write_csv(uri: str, table: pd.DataFrame) -> None:
    objects.write(uri, csv_bytes(table), "text/csv")


def csv_bytes(table: pd.DataFrame, times: str = "%Y-%m-%dT%H:%M:%S") -> bytes:
    """With a header, missing values empty. Ten times as fast as pandas writes it."""
    columns = pa.Table.from_pandas(table, preserve_index=False)
    for at, column in enumerate(columns.schema):
        if pa.types.is_timestamp(column.type):
            seconds = columns[at].cast(pa.timestamp("s"))
            columns = columns.set_column(at, column.name, pc.strftime(seconds, times))
    buffer = io.BytesIO(",".join(table.columns).encode() + b"\n")
    buffer.seek(0, io.SEEK_END)
    csv.write_csv(columns, buffer, csv.WriteOptions(include_header=False))
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
