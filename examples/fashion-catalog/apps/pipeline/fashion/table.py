"""The table `fashion_files`: what the catalog is asked for. It holds exactly what was cleaned last."""

import os
from collections.abc import Iterable
from dataclasses import astuple

import psycopg
from psycopg import sql

from fashion.garment import COLUMNS, Garment
from fashion.step import required

# The order of pages is that of the ids; each filter finds its rows in that order.
FILTERS = ("masterCategory", "gender", "baseColour", "season", "year")
TABLE = """
create table if not exists fashion_files (
  id bigint primary key, filename text not null, s3_path text not null, "masterCategory" text not null,
  "subCategory" text not null, "articleType" text not null, "baseColour" text not null, season text not null,
  year integer not null, usage text not null, gender text not null, "productDisplayName" text not null,
  dataset text not null, created_at timestamptz not null default now())
"""


def connect() -> psycopg.Connection:
    return psycopg.connect(
        host=required("DB_HOST"),
        port=os.environ.get("DB_PORT", "5432"),
        user=required("DB_USER"),
        password=required("DB_PASSWORD"),
        dbname=required("DB_DATABASE"),
        connect_timeout=10,
    )


def create(connection: psycopg.Connection) -> None:
    connection.execute(TABLE)
    for name in FILTERS:
        index = sql.Identifier(f"fashion_files_{name.lower()}")
        columns = sql.SQL("create index if not exists {} on fashion_files ({}, id)")
        connection.execute(columns.format(index, sql.Identifier(name)))


def put(connection: psycopg.Connection, garments: Iterable[Garment]) -> None:
    """Adds rows, or puts them in the place of those with their ids; created_at stays."""
    names = [sql.Identifier(name) for name in COLUMNS]
    statement = sql.SQL("insert into fashion_files ({}) values ({}) on conflict (id) do update set {}").format(
        sql.SQL(", ").join(names),
        sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in names[1:]),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [astuple(garment) for garment in garments])


def keep_only(connection: psycopg.Connection, ids: list[int]) -> int:
    """Removes every other row; how many there were."""
    return connection.execute("delete from fashion_files where id <> all(%s)", [ids]).rowcount


def analyze(connection: psycopg.Connection) -> None:
    connection.execute("analyze fashion_files")
