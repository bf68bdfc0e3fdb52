"""CLIP, its index, how it is judged, and what stands between a pin and an answer."""

import json
import threading
import unittest
from http.client import HTTPConnection
from random import Random
from unittest import mock

import numpy as np
import uvicorn
from fashion import clip, drawing, index, objects, registry
from fashion.judging import Scores, questions, recall_at, relevant, rows
from fashion.pictures import MAX_BYTES, decode
from fashion.registry import Pin, digest_of, load_verified, parse_pin
from fashion.serve.search import Searcher, build
from fashion.step import Refused
from fashion.tuning import fine_tune, fitting, some_words


def catalog(count: int):
    items = drawing.catalog(count, 1)
    return [garment for garment, _ in items], [decode(picture) for _, picture in items]


class ModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.garments, cls.pictures = catalog(32)
        cls.captions = [garment.productDisplayName for garment in cls.garments]

    def learned(self, epochs: int):
        model = clip.start(clip.TINY, self.captions, 1)
        return model, fine_tune(model, self.pictures, self.captions, epochs, clip.TINY, 1)

    def test_more_epochs_learn_more_and_the_same_seed_learns_the_same(self):
        (model, long), (again, repeated), (_, short) = self.learned(12), self.learned(12), self.learned(1)
        self.assertLess(long, short)
        self.assertEqual(long, repeated)
        self.assertEqual(model.files(), again.files())

    def test_pictures_are_prepared_once_for_the_tiny_model_and_by_the_batch_for_published_weights(self):
        pictures, captions = self.pictures * 3, self.captions * 3
        for base, calls in [(clip.TINY, 6), ("openai/clip-vit-base-patch32", 4)]:
            model = clip.start(clip.TINY, captions, 1)
            with mock.patch.object(clip.Clip, "pixels", autospec=True, side_effect=clip.Clip.pixels) as prepared:
                fine_tune(model, pictures, captions, 2, base, 1)
            self.assertEqual(prepared.call_count, calls, base)

    def test_a_model_comes_back_from_its_files_as_it_was(self):
        model = clip.start(clip.TINY, self.captions, 1)
        back = clip.from_files(model.files())
        np.testing.assert_allclose(back.of_texts(["red boots"]), model.of_texts(["red boots"]), atol=1e-6)
        np.testing.assert_allclose(back.of_pictures(self.pictures[:2]), model.of_pictures(self.pictures[:2]), atol=1e-6)

    def test_vectors_have_length_one_whatever_the_text(self):
        model = clip.start(clip.TINY, self.captions, 1)
        lengths = np.linalg.norm(model.of_texts(["", "unheard of", "red " * 500, "RED boots"]), axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-5)

    def test_a_text_fits_every_caption_with_all_of_its_words(self):
        self.assertEqual(fitting(["blue", "blue tie"], ["a blue tie", "a blue bag"]), [[1, 1], [1, 0]])

    def test_some_words_are_words_of_the_caption_in_their_order_and_never_none(self):
        random = Random(1)
        for _ in range(200):
            words = some_words("a b c d", random).split()
            self.assertTrue(words and words == sorted(words) and set(words) <= set("abcd"))

    def test_the_index_finds_the_closest_first_equal_ones_by_id(self):
        there = index.Index(np.array([9, 3, 5]), np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32))
        back = index.from_bytes(there.to_bytes())
        self.assertEqual(back.nearest(np.array([1, 0], dtype=np.float32), 2), [(3, 1.0), (9, 1.0)])

    def test_questions_are_the_same_for_the_same_garments_and_hold_what_is_asked(self):
        asked = questions(self.garments, 7)
        self.assertEqual(asked, questions(self.garments, 7))
        for question in asked:
            self.assertIn(question.asked, question.among)
            self.assertEqual(len({garment.id for garment in question.among}), len(question.among))

    def test_the_right_pictures_in_front_are_recall_one_and_behind_are_zero(self):
        asked = questions(self.garments, 7)
        at = {garment.id: place for place, garment in enumerate(self.garments)}
        right = np.array([[float(relevant(one, other)) for other in self.garments] for one in self.garments])
        self.assertEqual(recall_at(10, asked, Scores(at, right)), 1.0)
        self.assertEqual(recall_at(5, asked, Scores(at, -right)), 0.0)
        written = list(rows(asked, {"challenger": Scores(at, right)}))
        self.assertEqual({row["label"] == row["challenger"] for row in written}, {True})
        self.assertEqual(len({row["id"] for row in written}), 32 * 32)


class PinTest(unittest.TestCase):
    def test_the_digest_of_files_is_the_one_that_sluice_computes(self):
        listed = '[{"digest":"%s","path":"a","size":3},{"digest":"%s","path":"b","size":0}]'
        expected = listed % (registry.digest(b"one"), registry.digest(b""))
        self.assertEqual(digest_of({"b": b"", "a": b"one"}), registry.digest(expected.encode()))

    def test_a_pin_that_is_none_is_refused(self):
        for text in ("", "7", "7@sha256:12", "latest@sha256:" + "0" * 64, "7@sha256:" + "0" * 64 + " "):
            with self.subTest(text), self.assertRaisesRegex(Refused, "no model pin"):
                parse_pin(text)

    def test_files_that_are_not_the_pinned_ones_are_not_used(self):
        files = {"a": b"one"}
        with mock.patch.object(registry, "load", return_value=files):
            self.assertEqual(load_verified("s3://m/", Pin("1", digest_of(files))), files)
            with self.assertRaisesRegex(Refused, "it is not used"):
                load_verified("s3://m/", Pin("1", "sha256:" + "0" * 64))

    def test_only_buckets_are_read(self):
        with self.assertRaisesRegex(ValueError, "no s3:// or gs:// URI"):
            objects.read("file:///etc/passwd")


class SearchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        garments, pictures = catalog(8)
        model = clip.start(clip.TINY, [garment.productDisplayName for garment in garments], 1)
        entries = index.Index(np.array([garment.id for garment in garments]), model.of_pictures(pictures))
        cls.searcher = Searcher({**model.files(), index.FILE: entries.to_bytes()})
        cls.picture = drawing.catalog(8, 1)[4][1]

    def serve(self, served):
        server = uvicorn.Server(uvicorn.Config(build(served), port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(setattr, server, "should_exit", True)
        while not server.started:
            thread.join(0.01)
        return server.servers[0].sockets[0].getsockname()[1]

    def ask(self, port, path, body=None, kind="application/json"):
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET" if body is None else "POST", path, body, {"content-type": kind})
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        return found

    def test_a_picture_of_the_index_finds_itself_and_health_names_the_model(self):
        pin = Pin("3", "sha256:" + "a" * 64)
        port = self.serve((pin, self.searcher))
        status, hits = self.ask(port, "/picture?limit=2", self.picture)
        self.assertEqual((status, len(hits), hits[0]["id"]), (200, 2, 5))
        self.assertEqual(self.ask(port, "/health")[1], {"status": "ok", "models": {"search-model": str(pin)}})
        status, hits = self.ask(port, "/text", json.dumps({"text": "red boots", "limit": 8}))
        self.assertEqual((status, sorted(hit["id"] for hit in hits)), (200, list(range(1, 9))))

    def test_bad_questions_are_refused(self):
        port = self.serve((Pin("3", "sha256:" + "a" * 64), self.searcher))
        for path, body, expected in (
            ("/picture", b"no picture", 422),
            ("/picture?limit=0", self.picture, 422),
            ("/picture", bytes(MAX_BYTES + 1), 413),
            ("/text", json.dumps({"text": ""}), 422),
            ("/text", json.dumps({"text": "x", "limit": 10**9}), 422),
            ("/text", json.dumps({"text": "x" * 501}), 422),
        ):
            with self.subTest(path=path, expected=expected):
                self.assertEqual(self.ask(port, path, body)[0], expected)

    def test_without_a_model_it_says_so(self):
        port = self.serve(None)
        self.assertEqual(self.ask(port, "/health")[1], {"status": "ok", "models": {}})
        self.assertEqual(self.ask(port, "/text", json.dumps({"text": "x"}))[0], 503)


if __name__ == "__main__":
    unittest.main()
