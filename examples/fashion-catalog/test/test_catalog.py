"""What becomes of a row and its picture before a model sees it."""

import csv
import io
import json
import tempfile
import threading
import unittest
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from fashion import datasets, drawing
from fashion.cleaning import clean
from fashion.features import difference_hash, features
from fashion.garment import parse_garment, read_garments, to_csv
from fashion.pictures import MAX_BYTES, NotAPicture, decode
from fashion.splitting import split
from fashion.step import Refused
from PIL import Image

ROW = {
    **{"id": "7", "filename": "7.jpg", "s3_path": "s3://data/images/7.jpg", "masterCategory": "Apparel"},
    **{"subCategory": "Topwear", "articleType": "Shirts", "baseColour": "Blue", "season": "Fall", "year": "2012.0"},
    **{"usage": "Casual", "gender": "Men", "productDisplayName": "Aldo  Men Blue Shirt", "dataset": "d"},
}


def garments(count: int):
    return [replace(garment, s3_path="s3://x") for garment, _ in drawing.catalog(count, 1)]


class RowTest(unittest.TestCase):
    def test_a_row_is_read_with_its_year_and_single_spaces(self):
        garment = parse_garment(ROW)
        self.assertEqual((garment.id, garment.year, garment.productDisplayName), (7, 2012, "Aldo Men Blue Shirt"))

    def test_a_row_without_id_name_or_sane_year_is_none(self):
        for change in ({"id": "x"}, {"id": "-1"}, {"productDisplayName": " "}, {"year": "12"}, {"year": "inf"}, {"year": ""}):
            with self.subTest(change):
                self.assertIsNone(parse_garment({**ROW, **change}))

    def test_text_that_postgresql_cannot_hold_is_none(self):
        self.assertIsNone(parse_garment({**ROW, "baseColour": "Bl\x00ue"}))

    def test_rows_come_back_from_csv_as_they_were_quotes_and_lines_too(self):
        told = parse_garment({**ROW, "productDisplayName": 'A "blue", shirt'})
        self.assertEqual(read_garments(to_csv([told])), [told])

    def test_cleaning_keeps_the_last_row_of_an_id_one_spelling_and_nothing_empty(self):
        first = parse_garment({**ROW, "baseColour": "Gray", "usage": ""})
        again = parse_garment({**ROW, "baseColour": "Gray", "usage": "NA", "season": "Autumn"})
        (cleaned,) = clean([first, again])
        self.assertEqual((cleaned.baseColour, cleaned.usage, cleaned.season), ("Grey", "Unknown", "Fall"))


class PictureTest(unittest.TestCase):
    def test_drawn_garments_are_the_same_for_the_same_seed(self):
        self.assertEqual(drawing.catalog(5, 1), drawing.catalog(5, 1))
        self.assertNotEqual(drawing.catalog(5, 1), drawing.catalog(5, 2))

    def test_a_picture_decodes_in_rgb(self):
        picture = decode(drawing.catalog(1, 1)[0][1])
        self.assertEqual((picture.mode, picture.size), ("RGB", (64, 64)))

    def test_what_does_not_decode_is_refused(self):
        whole = drawing.catalog(1, 1)[0][1]
        for content in (b"", b"<svg/>", b"GIF89a" + bytes(20), whole[: len(whole) // 2], bytes(100)):
            with self.subTest(content[:8]), self.assertRaisesRegex(NotAPicture, "not a picture: expected JPEG, PNG, WEBP"):
                decode(content)

    def test_too_many_bytes_are_refused_unread(self):
        with self.assertRaisesRegex(NotAPicture, "at most 5242880"):
            decode(bytes(MAX_BYTES + 1))

    def test_a_small_file_of_a_huge_picture_is_refused_before_it_is_decoded(self):
        buffer = io.BytesIO()
        Image.new("1", (6_000, 6_000)).save(buffer, "PNG")
        with mock.patch.object(Image.Image, "convert", side_effect=AssertionError("decoded")):
            with self.assertRaisesRegex(NotAPicture, "6000 x 6000"):
                decode(buffer.getvalue())

    def test_the_hash_is_the_same_in_another_size_and_differs_between_garments(self):
        one, other = (decode(picture) for _, picture in drawing.catalog(2, 1))
        self.assertEqual(difference_hash(one), difference_hash(one.copy()))
        self.assertNotEqual(difference_hash(one), difference_hash(other))
        self.assertEqual(features(3, Image.new("RGB", (4, 2), (10, 20, 30)))["green"], 20)


class SplitTest(unittest.TestCase):
    def test_pictures_that_look_the_same_are_on_one_side(self):
        found = garments(200)
        hashes = {garment.id: str(garment.id // 2) for garment in found}
        train, test = split(found, hashes, 0.5, 1)
        sides = {hashes[one.id] for one in train} & {hashes[one.id] for one in test}
        self.assertEqual((sides, len(train) + len(test)), (set(), 200))

    def test_a_garment_stays_on_its_side_when_others_join(self):
        found = garments(300)
        hashes = {garment.id: f"h{garment.id}" for garment in found}
        few, many = split(found[:100], hashes, 0.25, 1), split(found, hashes, 0.25, 1)
        self.assertEqual(few[1], [one for one in many[1] if one.id <= 100])
        self.assertTrue(50 < len(many[1]) < 100)


class Portal(BaseHTTPRequestHandler):
    """The data set viewer, as https://huggingface.co/docs/dataset-viewer/rows describes it."""

    troubles: list[int] = []

    def do_GET(self):
        asked = urlsplit(self.path)
        if self.troubles:
            self.send_response(self.troubles.pop())
            self.send_header("retry-after", "0.01")
            self.end_headers()
            return
        if asked.path == "/rows":
            words = parse_qs(asked.query)
            first, length = int(words["offset"][0]), int(words["length"][0])
            source = f"http://127.0.0.1:{self.server.server_port}/picture"
            rows = [{"row": {"id": at, "year": 2012.0, "image": {"src": source}}} for at in range(first, min(first + length, 130))]
            body = json.dumps({"rows": rows}).encode()
        else:
            body = b"picture"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        pass


class DatasetTest(unittest.TestCase):
    def setUp(self):
        self.server = HTTPServer(("127.0.0.1", 0), Portal)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def test_the_public_set_is_read_page_by_page_to_its_end(self):
        found = list(datasets.items("public", 1000, 1, self.url))
        self.assertEqual([int(row["id"]) for row, _ in found], list(range(130)))
        self.assertEqual((found[0][1], found[0][0]["dataset"]), (b"picture", datasets.PUBLIC))

    def test_no_more_than_the_limit_are_asked_for(self):
        self.assertEqual(len(list(datasets.items("public", 3, 1, self.url))), 3)

    def test_429_and_500_are_asked_again(self):
        with mock.patch.object(Portal, "troubles", [500, 429]):
            self.assertEqual(len(list(datasets.items("public", 1, 1, self.url))), 1)

    def test_a_server_that_keeps_failing_or_knows_no_such_set_stops_the_step(self):
        for troubles, says in (([429] * 9, "answered 429"), ([404], "answered 404")):
            with mock.patch.object(Portal, "troubles", troubles), self.assertRaisesRegex(Refused, says):
                list(datasets.items("public", 1, 1, self.url))

    def test_a_folder_is_read_and_a_missing_picture_is_empty(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "images").mkdir()
            (Path(folder) / "images/1.jpg").write_bytes(b"one")
            with open(Path(folder) / "styles.csv", "w", newline="") as lines:
                csv.writer(lines).writerows([["id", "year"], ["1", "2012"], ["2", "2013"], ["../../etc/passwd", "2014"]])
            found = list(datasets.items(folder, 10, 1, ""))
        self.assertEqual([picture for _, picture in found], [b"one", b"", b""])

    def test_another_word_is_refused_with_the_known_ones(self):
        with self.assertRaisesRegex(Refused, "expected public, drawn or the absolute path"):
            datasets.items("publc", 1, 1, "")


if __name__ == "__main__":
    unittest.main()
