"""1. Writes down the layout of objects that the other steps follow. Buckets and their expiry are `sluice apply`'s."""

from crime import step, tables

LAYOUT = {
    "schema": "chicago-crime.layout/v1",
    "raw months": "0-raw-data/monthly-data/{YYYY-MM}/crimes.csv, police_stations.csv",
    "raw window": "0-raw-data/data/crimes_12m_{YYYY-MM-DD}.csv",
    "enriched": "1-enriched-data/crimes_enriched_{YYYY-MM-DD}.csv",
    "processed": "2-processed-data/train_{YYYY-MM-DD}.csv, test_{YYYY-MM-DD}.csv",
    "temporary": "bucket scratch, gone after 60 days",
}


def work() -> str:
    tables.write_json(step.place("output", "layout"), LAYOUT)
    return f"a layout of {len(LAYOUT) - 1} kinds of objects"


if __name__ == "__main__":
    step.main(work)
