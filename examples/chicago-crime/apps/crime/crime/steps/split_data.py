"""4. 80 to 20, stratified."""

from crime import step, tables
from crime.splitting import is_test

# What a model may look at, and what tells rows apart.
KEPT = [
    *("id", "arrest", "primary_type", "location_description", "domestic", "district"),
    *("distance_km", "season", "day_of_week", "part_of_day"),
]


def work() -> str:
    source, out = step.place("input", "enriched"), step.place("output", "split")
    about = tables.latest(source)
    crimes = tables.read_csv(source + about["crimes"])
    judged = is_test(crimes, step.number("test-share", 0.05, 0.5))
    names = {side: about["crimes"].replace("crimes_enriched", side) for side in ("train", "test")}
    train, test = crimes.loc[~judged, KEPT], crimes.loc[judged, KEPT]
    for side, rows in (("train", train), ("test", test)):
        if rows["arrest"].nunique() < 2:
            raise step.Refused(f"the {len(rows)} rows to {side} all have the same outcome; take more months")
        tables.write_csv(out + names[side], rows)
    tables.write_json(out + tables.LATEST, {**about, **names})
    rates = [f"{rows['arrest'].mean():.1%}" for rows in (train, test)]
    return f"{len(train)} rows to learn from, {len(test)} to be judged on; arrests {rates[0]} and {rates[1]}"


if __name__ == "__main__":
    step.main(work)
