"""3. Distance to the nearest police station, season, day of the week, part of the day."""

from crime import step, tables
from crime.enrichment import enrich
from crime.portal.rows import check_stations


def work() -> str:
    year_at, out = step.place("input", "year"), step.place("output", "enriched")
    window = tables.latest(year_at)
    crimes = tables.read_csv(year_at + window["crimes"])
    stations = check_stations(tables.read_csv(f"{step.place('input', 'months')}{window['last']}/police_stations.csv"))
    enriched = enrich(crimes, stations)
    name = window["crimes"].replace("12m", "enriched")
    tables.write_csv(out + name, enriched)
    places = stations[["district", "latitude", "longitude"]].astype(float).values.tolist()
    tables.write_json(out + tables.LATEST, {**window, "crimes": name, "stations": places})
    return f"{len(enriched)} crimes, {enriched['distance_km'].median():.2f} km from a station in the median"


if __name__ == "__main__":
    step.main(work)
