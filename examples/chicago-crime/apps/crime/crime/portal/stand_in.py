"""Stands in for the city's data portal: the same API, rows of city.py, and the troubles that the real one has.

`python -m crime.portal.stand_in 'stand-in:?rows=2000'` serves it by itself; a step that is given such an address starts one
for as long as it runs. What it can be asked for, all optional: `rows` a month, `seed`, `empty` months (comma-separated),
`malformed` share of the rows, `throttle` (requests that are let through before a 429, again and again), `errors` (every so
many requests fail with 500), `down=1` (all of them do).
"""

import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np

from crime.months import Month, parse_month
from crime.portal import city
from crime.tables import csv_bytes

SCHEME = "stand-in:"
WHERE = re.compile(r"date between '(\d{4}-\d{2})-01T00:00:00' and '(\d{4}-\d{2})-\d{2}T23:59:59.999'")


@dataclass(frozen=True)
class Trouble:
    rows: int = 22_000
    seed: int = 7
    empty: frozenset[Month] = field(default_factory=frozenset)
    malformed: float = 0.0
    throttle: int = 0
    errors: int = 0
    down: bool = False


def parse_trouble(address: str) -> Trouble:
    given = {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}
    unknown = set(given) - set(Trouble.__dataclass_fields__)
    if unknown:
        raise ValueError(f"the stand-in knows no {', '.join(sorted(unknown))}")
    whole = {name: int(given[name]) for name in ("rows", "seed", "throttle", "errors") if name in given}
    empty = frozenset(parse_month(text) for text in given.get("empty", "").split(",") if text)
    share = float(given.get("malformed", "0"))
    return Trouble(**whole, empty=empty, malformed=share, down=given.get("down") == "1")


@contextmanager
def serving(trouble: Trouble, port: int = 0) -> Iterator[str]:
    """Its address, on 127.0.0.1, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(trouble))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(trouble: Trouble) -> type[BaseHTTPRequestHandler]:
    asked = 0
    counting = threading.Lock()

    @lru_cache(maxsize=2)
    def lines(month: Month) -> tuple[bytes, list[bytes]]:
        return _lines(month, trouble)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A small answer is not held back to be sent together with the next one.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            nonlocal asked
            with counting:
                asked += 1
                number = asked
            if trouble.down or (trouble.errors and number % trouble.errors == 0):
                return self._fail(500, "internal error")
            if trouble.throttle and number % (trouble.throttle + 1) == 0:
                return self._fail(429, "too many requests; use an app token", ("Retry-After", "0"))
            url = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            match url.path:
                case "/resource/z8bn-74gv.csv":
                    return self._send(200, city.stations().to_csv(index=False).encode(), "text/csv")
                case "/resource/ijzp-q8t2.json" | "/resource/ijzp-q8t2.csv":
                    return self._crimes(query)
            self._fail(404, "dataset not found")

        def _crimes(self, query: dict[str, str]) -> None:
            where = WHERE.fullmatch(query.get("$where", ""))
            if where is None or where[1] != where[2]:
                return self._fail(400, f"query.soql.no-such-filter: {query.get('$where')}")
            header, found = lines(parse_month(where[1]))
            if query.get("$select") == "count(*)":
                return self._send(200, json.dumps([{"count": str(len(found))}]).encode(), "application/json")
            offset, limit = int(query.get("$offset", "0")), int(query.get("$limit", "1000"))
            self._send(200, b"".join([header, *found[offset : offset + limit]]), "text/csv")

        def _fail(self, status: int, message: str, *headers: tuple[str, str]) -> None:
            body = json.dumps({"error": True, "message": message}).encode()
            self._send(status, body, "application/json", *headers)

        def _send(self, status: int, body: bytes, kind: str, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in (("content-type", kind), ("content-length", str(len(body))), *headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The step that asks says what matters."""

    return Handler


def _lines(month: Month, trouble: Trouble) -> tuple[bytes, list[bytes]]:
    rows = city.crimes(month, trouble.rows, trouble.seed)
    if month in trouble.empty:
        rows = rows.iloc[:0]
    header, *found = csv_bytes(rows, "%Y-%m-%dT%H:%M:%S.000").splitlines(keepends=True)
    random = np.random.default_rng([trouble.seed, month.year, month.number, 1])
    for at in np.flatnonzero(random.random(len(found)) < trouble.malformed):
        fields = found[at].split(b",")
        # A field too few, a date that is none, and a flag that is neither.
        damaged = (fields[:-2], [fields[0], b"yesterday", *fields[2:]], [*fields[:4], b"maybe", *fields[5:]])
        found[at] = b",".join(damaged[at % 3]).rstrip(b"\n") + b"\n"
    return header, found


if __name__ == "__main__":
    with serving(parse_trouble(sys.argv[1] if len(sys.argv) > 1 else SCHEME), port=8090) as address:
        print(f"the stand-in answers at {address}/resource/ijzp-q8t2.csv", flush=True)
        threading.Event().wait()
