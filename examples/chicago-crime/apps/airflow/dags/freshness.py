"""Whether the monthly pipeline has moved its window on; without Airflow, so that it can be tried alone."""

import json
from datetime import date, timedelta
from urllib.parse import urlsplit


def last_month(today: date) -> str:
    return (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def behind(latest: bytes, today: date) -> str | None:
    """What is wrong with `0-raw-data/data/latest.json` on that day; nothing where the month that is over is in it."""
    newest = max(json.loads(latest)["months"])
    month = last_month(today)
    return f"the window ends with {newest}, and {month} is over" if newest < month else None


def read(uri: str) -> bytes:
    """An object of S3 or Cloud Storage, by the clients that Airflow's image has."""
    where = urlsplit(uri)
    key = where.path.lstrip("/")
    if where.scheme == "s3":
        import boto3

        return boto3.client("s3").get_object(Bucket=where.netloc, Key=key)["Body"].read()
    if where.scheme == "gs":
        from google.cloud import storage

        return storage.Client().bucket(where.netloc).blob(key).download_as_bytes()
    raise ValueError(f"{uri} is no object of a bucket")
