"""What is ours in the image of Airflow: where its database and cache are, and a graph."""

import ast
import json
import subprocess
import sys
import unittest
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

HERE = Path(__file__).resolve().parent.parent / "apps/airflow"
sys.path.insert(0, str(HERE / "dags"))

import freshness

VARIABLES = {
    **{"DB_HOST": "db.internal", "DB_PORT": "5432", "DB_USER": "sluice", "DB_PASSWORD": "p@ss:w/rd?%"},
    "VALKEY_URL": "rediss://cache.internal:6379",
}


def printed(kind: str, **more: str) -> str:
    command = [sys.executable, str(HERE / "connections.py"), kind]
    return subprocess.run(command, env={**VARIABLES, **more}, check=True, capture_output=True, text=True).stdout.strip()


class Connections(unittest.TestCase):
    def test_any_password_is_one_part_of_the_address(self):
        found = urlsplit(printed("database"))
        self.assertEqual(unquote(found.password), VARIABLES["DB_PASSWORD"])
        self.assertEqual((found.scheme, found.hostname, found.port), ("postgresql+psycopg2", "db.internal", 5432))
        self.assertEqual(found.path, "/airflow")

    def test_results_are_in_the_same_database_in_the_words_of_celery(self):
        self.assertEqual(printed("results"), "db+" + printed("database").replace("+psycopg2", ""))

    def test_the_broker_is_asked_for_its_certificate_over_tls_only(self):
        self.assertEqual(printed("broker"), "rediss://cache.internal:6379/0?ssl_cert_reqs=required")
        self.assertEqual(printed("broker", VALKEY_URL="redis://cache:6379"), "redis://cache:6379/0")

    def test_another_word_is_refused(self):
        with self.assertRaises(subprocess.CalledProcessError):
            printed("password")


class Freshness(unittest.TestCase):
    latest = json.dumps({"months": ["2025-12", "2026-01"]}).encode()

    def test_the_month_that_is_over_is_enough(self):
        self.assertIsNone(freshness.behind(self.latest, date(2026, 2, 5)))

    def test_a_month_later_it_is_not(self):
        self.assertEqual(
            freshness.behind(self.latest, date(2026, 3, 5)), "the window ends with 2026-01, and 2026-02 is over"
        )

    def test_the_month_before_january_is_december(self):
        self.assertEqual(freshness.last_month(date(2026, 1, 31)), "2025-12")

    def test_only_objects_of_buckets_are_read(self):
        with self.assertRaises(ValueError):
            freshness.read("file:///etc/passwd")


class Graph(unittest.TestCase):
    def test_it_is_python_and_asks_airflow_alone_for_more(self):
        tree = ast.parse((HERE / "dags/window_is_fresh.py").read_text())
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        self.assertEqual(modules, {"datetime", "airflow.decorators", "airflow.exceptions"})


if __name__ == "__main__":
    unittest.main()
