"""A made-up city with the shape of Chicago's data: the same rows for the same seed and month.

Whether a crime leads to an arrest depends on what it is first of all, then on where, when and how far from a station; some
of it is chance. The rates by type are near those of the public data of 2024.
"""

import numpy as np
import pandas as pd

from crime.months import Month

# type: (share of the reports, how many of them lead to an arrest)
TYPES = {
    "THEFT": (0.23, 0.06), "BATTERY": (0.18, 0.16), "CRIMINAL DAMAGE": (0.11, 0.03), "ASSAULT": (0.09, 0.12),
    "MOTOR VEHICLE THEFT": (0.085, 0.03), "OTHER OFFENSE": (0.066, 0.18), "DECEPTIVE PRACTICE": (0.065, 0.03),
    "ROBBERY": (0.035, 0.07), "WEAPONS VIOLATION": (0.032, 0.60), "BURGLARY": (0.031, 0.04),
    "NARCOTICS": (0.024, 0.94), "CRIMINAL TRESPASS": (0.019, 0.42), "OFFENSE INVOLVING CHILDREN": (0.007, 0.09),
    "CRIMINAL SEXUAL ASSAULT": (0.006, 0.05), "SEX OFFENSE": (0.005, 0.12), "PUBLIC PEACE VIOLATION": (0.004, 0.45),
    "HOMICIDE": (0.002, 0.42), "INTERFERENCE WITH PUBLIC OFFICER": (0.002, 0.95), "ARSON": (0.002, 0.10),
    "PROSTITUTION": (0.001, 0.97), "STALKING": (0.002, 0.06), "LIQUOR LAW VIOLATION": (0.001, 0.96),
}  # fmt: skip
# place: (share of the reports, what it adds to the log odds of an arrest)
PLACES = {
    "STREET": (0.27, 0.1), "APARTMENT": (0.19, -0.5), "RESIDENCE": (0.13, -0.6), "SIDEWALK": (0.06, 0.6),
    "SMALL RETAIL STORE": (0.05, 0.7), "PARKING LOT / GARAGE (NON RESIDENTIAL)": (0.05, -0.3), "RESTAURANT": (0.03, 0.0),
    "ALLEY": (0.03, 0.5), "DEPARTMENT STORE": (0.03, 1.4), "GROCERY FOOD STORE": (0.02, 1.1), "GAS STATION": (0.02, 0.3),
    "SCHOOL - PUBLIC BUILDING": (0.02, -0.2), "CTA TRAIN": (0.015, 0.2), "BAR OR TAVERN": (0.015, 0.2),
    "PARK PROPERTY": (0.01, 0.1), "HOSPITAL BUILDING / GROUNDS": (0.01, 0.3), "HOTEL / MOTEL": (0.01, 0.2),
    "BANK": (0.01, -0.4), "POLICE FACILITY / VEHICLE PARKING LOT": (0.005, 1.5), "AIRPORT": (0.005, 0.5), "": (0.01, 0.0),
}  # fmt: skip
# district: name, latitude, longitude; made up to lie where districts lie.
STATIONS = {
    1: ("Central", 41.8584, -87.6274), 2: ("Wentworth", 41.8018, -87.6306), 3: ("Grand Crossing", 41.7664, -87.6057),
    4: ("South Chicago", 41.7080, -87.5684), 5: ("Calumet", 41.6927, -87.6045), 6: ("Gresham", 41.7521, -87.6442),
    7: ("Englewood", 41.7796, -87.6609), 8: ("Chicago Lawn", 41.7790, -87.7089), 9: ("Deering", 41.8374, -87.6464),
    10: ("Ogden", 41.8567, -87.7084), 11: ("Harrison", 41.8736, -87.7054), 12: ("Near West", 41.8630, -87.6569),
    14: ("Shakespeare", 41.9211, -87.6976), 15: ("Austin", 41.8801, -87.7685), 16: ("Jefferson Park", 41.9741, -87.7661),
    17: ("Albany Park", 41.9664, -87.7281), 18: ("Near North", 41.9032, -87.6434), 19: ("Town Hall", 41.9474, -87.6513),
    20: ("Lincoln", 41.9796, -87.6928), 22: ("Morgan Park", 41.6914, -87.6685), 24: ("Rogers Park", 41.9998, -87.6713),
    25: ("Grand Central", 41.9186, -87.7656),
}  # fmt: skip
# Reports of an hour of the day, 0 to 23, relative to each other: midnight stands for "some time that day".
HOURS = (9, 3, 3, 2, 2, 2, 2, 3, 4, 5, 5, 5, 8, 5, 6, 6, 6, 7, 7, 6, 6, 6, 6, 5)
BY_MONTH = (0.93, 0.86, 0.97, 0.98, 1.06, 1.07, 1.11, 1.10, 1.04, 1.03, 0.96, 0.92)


def crimes(month: Month, rows: int, seed: int) -> pd.DataFrame:
    """About `rows` crimes, more in summer; columns as the portal has them, before they become text."""
    random = np.random.default_rng([seed, month.year, month.number])
    count = int(rows * BY_MONTH[month.number - 1])
    kinds, kind_share, kind_rate = _table(TYPES)
    places, place_share, place_odds = _table(PLACES)
    kind, place = random.choice(len(kinds), count, p=kind_share), random.choice(len(places), count, p=place_share)
    hour = random.choice(24, count, p=_shares(HOURS))
    day = random.integers(0, month.last.day, count)
    seconds = np.sort(day * 86_400 + hour * 3_600 + random.integers(0, 60, count) * 60)
    hour = (seconds // 3_600) % 24
    districts = np.array(list(STATIONS))
    centres = np.array([STATIONS[district][1:] for district in STATIONS])
    at = random.choice(len(districts), count, p=_shares(np.linspace(1.4, 0.6, len(districts))))
    offset = random.normal(0, [0.014, 0.018], (count, 2))
    domestic = random.random(count) < np.isin(np.array(kinds)[kind], ["BATTERY", "ASSAULT", "OTHER OFFENSE"]) * 0.45
    distance = np.hypot(*(offset * [111.2, 82.8]).T)
    odds = np.log(kind_rate[kind] / (1 - kind_rate[kind])) + place_odds[place] - 0.25 * (distance - 2)
    odds += 0.35 * ((hour >= 18) | (hour < 6)) + 0.3 * domestic - 0.15 * (seconds // 86_400 % 7 >= 5)
    where = centres[at] + offset
    where[random.random(count) < 0.012] = np.nan
    return pd.DataFrame(
        {
            # A million a month, so that no two months share one.
            "id": ((month.year - 2001) * 12 + month.number) * 1_000_000 + np.arange(1, count + 1) * 3,
            "date": pd.Timestamp(month.first) + pd.to_timedelta(seconds, unit="s"),
            "primary_type": np.array(kinds, dtype=object)[kind],
            "location_description": np.array(places, dtype=object)[place],
            "arrest": random.random(count) < 1 / (1 + np.exp(-odds)),
            "domestic": domestic,
            "beat": districts[at] * 100 + random.integers(11, 34, count),
            "district": districts[at],
            "latitude": where[:, 0].round(9),
            "longitude": where[:, 1].round(9),
        }
    )


def stations() -> pd.DataFrame:
    rows = [(number, *about) for number, about in STATIONS.items()]
    return pd.DataFrame(rows, columns=["district", "district_name", "latitude", "longitude"])


def _table(values: dict[str, tuple[float, float]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    pairs = np.array(list(values.values()))
    return list(values), _shares(pairs[:, 0]), pairs[:, 1]


def _shares(values) -> np.ndarray:
    return np.asarray(values, dtype=float) / np.sum(values)
