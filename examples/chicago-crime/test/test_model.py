"""What becomes of a crime on its way to a number."""

import math
import unittest
from datetime import date

import numpy as np
import pandas as pd
from crime import recipe
from crime.enrichment import EARTH, enrich
from crime.model import Model, parse_model
from crime.months import last_month, parse_month, window
from crime.portal import city
from crime.registry import parse_pin
from crime.splitting import is_test
from crime.step import Refused


def crimes(month: str = "2025-05", rows: int = 2000) -> pd.DataFrame:
    found = city.crimes(parse_month(month), rows, 7)
    return found.assign(arrest=found["arrest"].astype("int8"), domestic=found["domestic"].astype("int8"))


class MonthsTest(unittest.TestCase):
    def test_the_window_rolls_over_the_years(self):
        months = [str(month) for month in window(parse_month("2026-01"), 12)]
        self.assertEqual((months[0], months[-1], len(months)), ("2025-02", "2026-01", 12))

    def test_latest_is_the_last_month_that_is_over(self):
        self.assertEqual(str(last_month("latest", date(2026, 1, 1))), "2025-12")
        self.assertEqual(str(parse_month("2024-02").last), "2024-02-29")

    def test_a_month_that_is_not_over_or_no_month_is_refused(self):
        for text in ("2026-01", "2025-13", "December", ""):
            with self.subTest(text), self.assertRaises(ValueError):
                last_month(text, date(2026, 1, 31))


class EnrichmentTest(unittest.TestCase):
    STATIONS = pd.DataFrame({"latitude": [41.8, 41.9], "longitude": [-87.6, -87.7]})

    def at(self, text: str, latitude: float = 41.8, longitude: float = -87.6) -> pd.Series:
        row = {"date": pd.Timestamp(text), "latitude": latitude, "longitude": longitude}
        return enrich(pd.DataFrame([row]), self.STATIONS).iloc[0]

    def test_says_season_day_and_part_of_the_day(self):
        kinds = ["season", "day_of_week", "part_of_day"]
        self.assertEqual(self.at("2025-12-01T00:00:00")[kinds].tolist(), ["Winter", 0, "Night"])
        self.assertEqual(self.at("2025-03-02T06:00:00")[kinds].tolist(), ["Spring", 6, "Morning"])
        self.assertEqual(self.at("2025-08-31T12:00:00")[kinds].tolist(), ["Summer", 6, "Afternoon"])
        self.assertEqual(self.at("2025-11-30T23:59:00")[kinds].tolist(), ["Autumn", 6, "Evening"])

    def test_measures_to_the_nearest_station_along_the_sphere(self):
        self.assertEqual(self.at("2025-01-01")["distance_km"], 0)
        # A hundredth of a degree of latitude.
        self.assertAlmostEqual(self.at("2025-01-01", 41.81)["distance_km"], EARTH * math.radians(0.01), places=5)
        self.assertLess(self.at("2025-01-01", 41.9, -87.7)["distance_km"], 1e-6)

    def test_a_crime_without_a_place_has_no_distance(self):
        self.assertTrue(math.isnan(self.at("2025-01-01", math.nan, math.nan)["distance_km"]))


class SplitTest(unittest.TestCase):
    def test_takes_the_share_of_every_stratum(self):
        rows = pd.concat([crimes("2025-05"), crimes("2025-06")], ignore_index=True)
        judged = is_test(rows, 0.2)
        for _, stratum in judged.groupby([rows["date"].dt.month, rows["arrest"]]):
            self.assertAlmostEqual(stratum.mean(), 0.2, delta=0.5 / len(stratum))

    def test_a_row_stays_on_its_side_as_the_window_moves_on(self):
        may, june = crimes("2025-05"), crimes("2025-06")
        before = is_test(may, 0.2)
        after = is_test(pd.concat([june, may], ignore_index=True), 0.2)[len(june) :]
        self.assertEqual(before.tolist(), after.tolist())


class RecipeTest(unittest.TestCase):
    def setUp(self):
        self.rows = enrich(crimes(), city.stations())
        distance = recipe.fit_distance(self.rows["distance_km"])
        bounded = recipe.bound(self.rows, distance)
        self.values = recipe.fit_values(bounded, least=0.01)
        self.encoded = recipe.encode(bounded, self.values)
        mean, deviation = self.encoded.mean().tolist(), [1.0] * self.encoded.shape[1]
        self.recipe = recipe.Recipe(distance, self.values, mean, deviation)

    def test_sets_one_column_a_value_and_none_for_a_rare_one(self):
        types = [name for name in self.encoded.columns if name.startswith("primary_type=")]
        rare = ~self.rows["primary_type"].isin(self.values["primary_type"])
        self.assertTrue(0 < rare.sum() < 200)
        self.assertEqual(self.encoded[types].sum(axis=1).tolist(), (~rare).astype(float).tolist())

    def test_a_missing_or_absurd_distance_is_bounded(self):
        distance = self.recipe.distance
        odd = self.rows.head(3).assign(distance_km=[math.nan, 900.0, 0.0])
        wanted = np.log1p([distance.fill, distance.high, distance.low])
        np.testing.assert_allclose(recipe.bound(odd, distance)["log_distance"], wanted)

    def test_a_model_survives_its_file_and_scores_one_row_as_it_scores_many(self):
        columns = self.recipe.columns()
        stations = city.stations()[["district", "latitude", "longitude"]].values.tolist()
        model = Model(self.recipe, columns[:9], [0.1 * at for at in range(9)], -1.0, stations, "2025-05")
        again = parse_model(model.to_bytes())
        self.assertEqual(again, model)
        together = again.scores(self.rows)
        one = again.scores(self.rows.iloc[[17]])
        self.assertAlmostEqual(one[0], together[17], places=9)

    def test_a_damaged_model_and_a_pin_without_a_digest_are_refused(self):
        model = Model(self.recipe, ["domestic"], [], 0.0, [], "2025-05")
        with self.assertRaisesRegex(ValueError, "damaged"):
            parse_model(model.to_bytes())
        stranger = Model(self.recipe, ["season=Rain"], [1.0], 0.0, [], "2025-05")
        with self.assertRaisesRegex(ValueError, "makes no season=Rain"):
            parse_model(stranger.to_bytes())
        with self.assertRaisesRegex(ValueError, "unknown model schema"):
            parse_model(b"{}")
        with self.assertRaisesRegex(Refused, "is no model pin"):
            parse_pin("champion")


if __name__ == "__main__":
    unittest.main()
