"""The portal's client against the stand-in, with the troubles that the real portal has."""

import unittest

from crime.months import parse_month
from crime.portal import rows
from crime.portal.client import ATTEMPTS, Portal
from crime.portal.stand_in import parse_trouble, serving
from crime.step import Refused

MAY = parse_month("2025-05")


def fetch(address: str, token: str | None = None):
    with serving(parse_trouble(address)) as url:
        portal = Portal(url, token, backoff=0.001)
        expected = portal.count(MAY)
        pages = [rows.parse(page, rows.COLUMNS) for page in portal.crimes(MAY, expected)]
    return expected, pages


class PortalTest(unittest.TestCase):
    def test_gives_as_many_rows_as_it_counts_and_the_same_for_the_same_seed(self):
        expected, [(first, broken)] = fetch("stand-in:?rows=500&seed=3")
        _, [(again, _)] = fetch("stand-in:?rows=500&seed=3")
        _, [(other, _)] = fetch("stand-in:?rows=500&seed=4")
        self.assertEqual((len(first), broken), (expected, 0))
        self.assertTrue(first.equals(again))
        self.assertFalse(first["latitude"].equals(other["latitude"]))

    def test_waits_out_a_429_and_tries_again_after_a_500(self):
        expected, [(found, _)] = fetch("stand-in:?rows=200&throttle=1&errors=3")
        self.assertEqual(len(found), expected)

    def test_gives_up_after_a_number_of_attempts_and_says_what_to_do(self):
        with self.assertRaises(Refused) as caught:
            fetch("stand-in:?rows=200&down=1")
        self.assertRegex(str(caught.exception), f"did not answer in {ATTEMPTS} attempts.*SOCRATA_APP_TOKEN")

    def test_counts_nothing_for_a_month_that_is_not_published(self):
        self.assertEqual(fetch("stand-in:?rows=200&empty=2025-05")[0], 0)

    def test_refuses_what_it_does_not_know(self):
        with self.assertRaisesRegex(ValueError, "knows no speed"):
            parse_trouble("stand-in:?speed=9")


class RowsTest(unittest.TestCase):
    HEADER = ",".join(rows.COLUMNS)
    GOOD = "7,2025-05-03T10:00:00.000,THEFT,STREET,true,false,1111,11,41.87,-87.7"

    def check(self, *lines: str):
        texts, broken = rows.parse("\n".join([self.HEADER, *lines, ""]).encode(), rows.COLUMNS)
        return *rows.check_crimes(texts, MAY), broken

    def test_takes_a_good_row_with_its_types(self):
        found, reasons, broken = self.check(self.GOOD)
        self.assertEqual((reasons, broken), ({}, 0))
        self.assertEqual(found.loc[0, ["id", "arrest", "domestic", "district"]].tolist(), [7, 1, 0, 11])

    def test_leaves_out_malformed_rows_each_with_its_reason(self):
        bad = {
            "no id": self.GOOD.replace("7,", "x,", 1),
            "no date": self.GOOD.replace("2025-05-03T10:00:00.000", "yesterday"),
            "date of another month": self.GOOD.replace("2025-05", "2025-06"),
            "arrest or domestic is neither true nor false": self.GOOD.replace("true", "maybe"),
            "no primary_type": self.GOOD.replace("THEFT", ""),
            "id seen before": self.GOOD,
        }
        for reason, line in bad.items():
            with self.subTest(reason):
                found, reasons, _ = self.check(self.GOOD, line.replace("7,", "8,", 1) if "seen" not in reason else line)
                self.assertEqual((len(found), reasons), (1, {reason: 1}))

    def test_counts_rows_with_another_number_of_fields(self):
        found, _, broken = self.check(self.GOOD, "8,2025-05-03T10:00:00.000,THEFT")
        self.assertEqual((len(found), broken), (1, 1))

    def test_does_not_believe_coordinates_outside_of_the_city(self):
        found, reasons, _ = self.check(self.GOOD.replace("41.87,-87.7", "36.61,-91.68"))
        self.assertEqual(reasons, {})
        self.assertTrue(found[["latitude", "longitude"]].isna().all(axis=None))

    def test_tolerates_one_row_in_a_hundred_and_no_more(self):
        rows.hold_share(10, 1000, MAY, {"no id": 10})
        with self.assertRaisesRegex(Refused, "11 of 1000 rows of 2025-05 are malformed .no id: 11."):
            rows.hold_share(11, 1000, MAY, {"no id": 11})

    def test_names_columns_that_the_portal_no_longer_has(self):
        with self.assertRaisesRegex(Refused, "have no date"):
            rows.parse(b"id\n7\n", ("id", "date"))

    def test_refuses_a_list_of_stations_without_a_place(self):
        texts, _ = rows.parse(b"district,district_name,latitude,longitude\n1,Central,,\n", rows.STATION_COLUMNS)
        with self.assertRaisesRegex(Refused, "no police station"):
            rows.check_stations(texts)


if __name__ == "__main__":
    unittest.main()
