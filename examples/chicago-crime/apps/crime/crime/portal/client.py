"""The city's data portal, over Socrata's API: pages, an order that is stable, and patience that ends.

https://dev.socrata.com/docs/queries/ and https://dev.socrata.com/docs/app-tokens.html
"""

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError

from crime.months import Month
from crime.portal import rows
from crime.step import Refused

CRIMES, STATIONS = "ijzp-q8t2", "z8bn-74gv"
PAGE = 50_000
ATTEMPTS = 7
# Without a token the portal lets few requests through in an hour; it says how long to wait, up to this many seconds.
LONGEST_WAIT = 120


class Portal:
    def __init__(self, url: str, token: str | None = None, backoff: float = 0.5) -> None:
        """`backoff` is the first wait after a failure, in seconds; each further one is twice as long, with jitter."""
        retries = urllib3.Retry(
            total=ATTEMPTS - 1,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=("GET",),
            backoff_factor=backoff,
            backoff_jitter=backoff,
            backoff_max=30,
            retry_after_max=LONGEST_WAIT,
        )
        headers = {"accept": "text/csv", **({"X-App-Token": token} if token else {})}
        timeout = urllib3.Timeout(connect=10, read=120)
        self._http = urllib3.PoolManager(headers=headers, retries=retries, timeout=timeout)
        self._url = url.rstrip("/")

    def count(self, month: Month) -> int:
        content = self._get(CRIMES, "json", {"$select": "count(*)", "$where": _during(month)})
        try:
            return int(next(iter(json.loads(content)[0].values())))
        except (ValueError, LookupError, AttributeError) as error:
            raise Refused(f"the portal did not say how many crimes {month} has: {content[:200]!r}") from error

    def crimes(self, month: Month, expected: int) -> Iterator[bytes]:
        """CSV pages, each with its header."""
        for offset in range(0, expected, PAGE):
            fields = {"$select": ",".join(rows.COLUMNS), "$where": _during(month), "$order": "id"}
            yield self._get(CRIMES, "csv", {**fields, "$limit": str(PAGE), "$offset": str(offset)})

    def stations(self) -> bytes:
        return self._get(STATIONS, "csv", {"$select": ",".join(rows.STATION_COLUMNS), "$order": "district"})

    def _get(self, dataset: str, kind: str, query: dict[str, str]) -> bytes:
        url = f"{self._url}/resource/{dataset}.{kind}?{urlencode(query)}"
        try:
            answer = self._http.request("GET", url)
        except MaxRetryError as error:
            raise Refused(f"the portal did not answer in {ATTEMPTS} attempts: {error.reason}. {_REMEDY}") from error
        except HTTPError as error:
            raise Refused(f"the portal's answer broke off: {error}. {_REMEDY}") from error
        if answer.status != 200:
            raise Refused(f"the portal answered {answer.status}: {answer.data[:300].decode(errors='replace')}")
        return answer.data


_REMEDY = "Nothing of this month was written; run it again later, or with a token (SOCRATA_APP_TOKEN)"


def _during(month: Month) -> str:
    return f"date between '{month.first}T00:00:00' and '{month.last}T23:59:59.999'"
