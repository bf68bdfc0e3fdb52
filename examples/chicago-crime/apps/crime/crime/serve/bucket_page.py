"""A page to look into the buckets it is connected to: folders, objects, and the first lines of a text. It writes nothing."""

import os
from html import escape
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse, Response

from crime import objects

SHOWN = 20_000
TEXTS = (".csv", ".json")
# Bucket's name here -> URI.
BUCKETS = {name.removesuffix("_URI").lower(): uri for name, uri in os.environ.items() if name.endswith("_URI")}
BUCKETS = {name: uri for name, uri in BUCKETS.items() if uri.startswith(("s3://", "gs://"))}
app = FastAPI(title="buckets", docs_url=None, redoc_url=None, openapi_url=None)


@app.middleware("http")
async def locked(request, call_next) -> Response:
    answer = await call_next(request)
    answer.headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    answer.headers["x-content-type-options"] = "nosniff"
    return answer


@app.get("/health")
async def health() -> dict:
    return {"status": "ok", "buckets": sorted(BUCKETS)}


@app.get("/")
def home() -> HTMLResponse:
    return _page("Buckets", [(name, f"/{name}/", "") for name in sorted(BUCKETS)])


@app.get("/{bucket}/{path:path}")
def look(bucket: str, path: str) -> Response:
    if bucket not in BUCKETS:
        raise HTTPException(404, "there is no such bucket")
    uri = f"{BUCKETS[bucket].rstrip('/')}/{path}"
    if path and not path.endswith("/"):
        return _object(uri)
    folders, found = objects.level(uri)
    rows = [(f"{name}/", f"/{bucket}/{path}{name}/", "") for name in folders]
    rows += [(name, f"/{bucket}/{path}{name}", f"{size:,} bytes") for name, size in found]
    return _page(f"{bucket}/{path}", rows)


def _object(uri: str) -> Response:
    if not uri.endswith(TEXTS):
        raise HTTPException(415, f"only {' and '.join(TEXTS)} are shown")
    try:
        content = objects.read(uri)
    except objects.Missing as error:
        raise HTTPException(404, "there is no such object") from error
    return Response(content[:SHOWN], media_type="text/plain; charset=utf-8")


def _page(title: str, rows: list[tuple[str, str, str]]) -> HTMLResponse:
    lines = [
        f'<tr><td><a href="{escape(quote(link))}">{escape(name)}</a></td><td>{escape(size)}</td></tr>'
        for name, link, size in rows
    ]
    return HTMLResponse(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.6 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
td {{ border-bottom: 1px solid #8884; padding: .3rem .8rem .3rem 0 }}
td + td {{ text-align: right; font-variant-numeric: tabular-nums }}
</style></head><body><h1>{escape(title)}</h1>
<table><tbody>{"".join(lines) or "<tr><td>Nothing lies here.</td></tr>"}</tbody></table>
</body></html>
"""
    )


if __name__ == "__main__":
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "9001"))
    uvicorn.run(app, host=host, port=port, log_level="warning")
