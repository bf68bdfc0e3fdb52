"""The API as a client sees it, and what stands between a pin and an answer."""

import json
import threading
import unittest
from http.client import HTTPConnection
from unittest import mock

import uvicorn
from crime import objects, recipe, registry
from crime.enrichment import enrich
from crime.model import Model
from crime.months import parse_month
from crime.portal import city
from crime.registry import Pin, digest, load_verified
from crime.serve.api import build
from crime.step import Refused

CRIME = {
    **{"date": "2026-01-09T22:15:00", "primary_type": " narcotics", "location_description": "SIDEWALK"},
    **{"district": 11, "latitude": 41.87, "longitude": -87.7},
}


def a_model() -> Model:
    rows = enrich(city.crimes(parse_month("2025-12"), 2000, 7), city.stations())
    rows = rows.assign(domestic=rows["domestic"].astype("int8"))
    distance = recipe.fit_distance(rows["distance_km"])
    values = recipe.fit_values(rows)
    width = len(recipe.columns_of(values))
    steps = recipe.Recipe(distance, values, [0.5] * width, [1.0] * width)
    stations = city.stations()[["district", "latitude", "longitude"]].values.tolist()
    return Model(steps, ["primary_type=NARCOTICS", "season=Winter"], [4.0, 1.0], -1.0, stations, "2025-12")


class ApiTest(unittest.TestCase):
    def serve(self, served):
        server = uvicorn.Server(uvicorn.Config(build(served), port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(lambda: setattr(server, "should_exit", True))
        while not server.started:
            self.assertTrue(thread.is_alive())
        self.port = server.servers[0].sockets[0].getsockname()[1]

    def ask(self, path: str, body=None):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.addCleanup(connection.close)
        content = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, content, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_predicts_with_what_it_serves_and_says_which_version_that_is(self):
        pin = Pin("3", f"sha256:{'a' * 64}")
        self.serve((pin, a_model()))
        self.assertEqual(json.loads(self.ask("/health")[1])["models"], {"arrest": str(pin)})
        status, text = self.ask("/predict", CRIME)
        answer = json.loads(text)
        self.assertEqual((status, answer["arrest"], answer["model"]), (200, True, f"arrest {pin}"))
        self.assertEqual(answer["because"], ["primary_type=NARCOTICS", "season=Winter"])
        self.assertLess(json.loads(self.ask("/predict", {**CRIME, "primary_type": "THEFT"})[1])["score"], 0.5)
        self.assertEqual(self.ask("/predict", {**CRIME, "latitude": None, "longitude": None})[0], 200)

    def test_bad_questions_are_refused_by_name(self):
        self.serve((Pin("3", f"sha256:{'a' * 64}"), a_model()))
        wrong = {"date": "yesterday", "latitude": 12, "district": "x", "primary_type": "", "arrest": True}
        for name, value in wrong.items():
            with self.subTest(name):
                status, text = self.ask("/predict", {**CRIME, name: value})
                self.assertEqual((status, json.loads(text)["detail"][0]["loc"]), (422, ["body", name]))

    def test_without_a_model_it_is_healthy_and_does_not_guess(self):
        self.serve(None)
        self.assertEqual(json.loads(self.ask("/health")[1]), {"status": "ok", "models": {}})
        self.assertEqual(self.ask("/predict", CRIME)[0], 503)


class PinTest(unittest.TestCase):
    def test_bytes_with_another_digest_are_not_served(self):
        content = a_model().to_bytes()
        with mock.patch.object(objects, "read", return_value=content):
            self.assertEqual(load_verified("s3://b/m", Pin("1", digest(content))).to_bytes(), content)
            with self.assertRaisesRegex(Refused, "it is not used"):
                load_verified("s3://b/m", registry.Pin("1", digest(content + b" ")))


if __name__ == "__main__":
    unittest.main()
