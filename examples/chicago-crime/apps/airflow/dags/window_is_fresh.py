"""Fails on the fifth of a month, so that somebody looks, where the monthly pipeline has not moved its window on."""

import os
from datetime import datetime, timedelta

import freshness
from airflow.decorators import dag, task
from airflow.exceptions import AirflowException


@dag(schedule="0 6 5 * *", start_date=datetime(2026, 1, 1), catchup=False, tags=["crime"])
def window_is_fresh() -> None:
    @task(retries=2, retry_delay=timedelta(minutes=10))
    def look(data_interval_end: datetime | None = None) -> None:
        latest = freshness.read(f"{os.environ['DATA_URI']}/0-raw-data/data/latest.json")
        trouble = freshness.behind(latest, data_interval_end.date())
        if trouble is not None:
            raise AirflowException(trouble)

    look()


window_is_fresh()
