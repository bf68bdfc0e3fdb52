"""What a crime's place and time say: the same for the pipeline and for a question to the API."""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

# Mean radius of the Earth, km. IUGG, https://doi.org/10.1007/s001900050278
EARTH = 6371.0088
SEASONS = ("Winter", "Spring", "Summer", "Autumn")
PARTS = ("Night", "Morning", "Afternoon", "Evening")


def enrich(crimes: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """Adds distance_km, season, day_of_week (0 is Monday) and part_of_day; columns date, latitude, longitude are read."""
    when = crimes["date"].dt
    return crimes.assign(
        distance_km=nearest_km(crimes, stations),
        # Meteorological seasons: December to February is winter.
        season=np.array(SEASONS, dtype=object)[(when.month % 12 // 3).to_numpy()],
        day_of_week=when.day_of_week.astype("int8"),
        # Six hours each; Night begins at midnight.
        part_of_day=np.array(PARTS, dtype=object)[(when.hour // 6).to_numpy()],
    )


def nearest_km(crimes: pd.DataFrame, stations: pd.DataFrame) -> np.ndarray:
    """Great-circle distance to the nearest station, km; NaN where a crime has no place."""
    tree = cKDTree(_on_sphere(stations))
    placed = crimes["latitude"].notna().to_numpy() & crimes["longitude"].notna().to_numpy()
    chord, _ = tree.query(_on_sphere(crimes[placed]))
    distance = np.full(len(crimes), np.nan)
    # The nearest by the chord is the nearest by the arc.
    distance[placed] = 2 * EARTH * np.arcsin(np.clip(chord / 2, 0, 1))
    return distance.round(6)


def _on_sphere(places: pd.DataFrame) -> np.ndarray:
    latitude, longitude = np.radians(places["latitude"].to_numpy()), np.radians(places["longitude"].to_numpy())
    around = np.cos(latitude)
    return np.column_stack([around * np.cos(longitude), around * np.sin(longitude), np.sin(latitude)])
