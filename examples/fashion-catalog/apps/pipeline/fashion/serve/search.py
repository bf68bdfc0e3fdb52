"""Finds garments by text and by picture with the model that was rolled out. The APIs of the catalog ask it, nobody else."""

import os
from typing import Annotated

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from fashion import clip, index
from fashion.pictures import MAX_BYTES, NotAPicture, decode
from fashion.registry import Files, Pin, load_pinned, parse_pin

MODEL = "search-model"
Limit = Annotated[int, Field(ge=1, le=100)]


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(min_length=1, max_length=500)]
    limit: Limit = 50


class Hit(BaseModel):
    id: int
    score: Annotated[float, Field(description="Cosine similarity, -1 to 1")]


class Searcher:
    def __init__(self, files: Files) -> None:
        self._index = index.from_bytes(files[index.FILE])
        self._clip = clip.from_files({name: content for name, content in files.items() if name != index.FILE})

    def by_text(self, text: str, limit: int) -> list[Hit]:
        return self._hits(self._clip.of_texts([text])[0], limit)

    def by_picture(self, content: bytes, limit: int) -> list[Hit]:
        return self._hits(self._clip.of_pictures([decode(content)])[0], limit)

    def _hits(self, vector, limit: int) -> list[Hit]:
        return [Hit(id=number, score=score) for number, score in self._index.nearest(vector, limit)]


def build(served: tuple[Pin, Searcher] | None) -> FastAPI:
    app = FastAPI(title="fashion-catalog search", version="1.0.0")

    @app.get("/health")
    async def health() -> dict:
        return {"status": "ok", "models": {} if served is None else {MODEL: str(served[0])}}

    @app.post("/text", summary="Garments whose pictures show what the text says")
    def text(question: Question) -> list[Hit]:
        return _searcher(served).by_text(question.text, question.limit)

    @app.post("/picture", summary="Garments whose pictures look like the one in the body")
    async def picture(request: Request, limit: Limit = 50) -> list[Hit]:
        searcher = _searcher(served)
        content = await _body(request)
        try:
            return await run_in_threadpool(searcher.by_picture, content, limit)
        except NotAPicture as error:
            raise HTTPException(422, str(error)) from error

    return app


def _searcher(served: tuple[Pin, Searcher] | None) -> Searcher:
    if served is None:
        raise HTTPException(503, "no model has been rolled out yet: sluice release")
    return served[1]


async def _body(request: Request) -> bytes:
    """At most `MAX_BYTES`: what is longer is refused before it is in memory."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BYTES:
            raise HTTPException(413, f"a picture of at most {MAX_BYTES} bytes is taken")
    return bytes(content)


if __name__ == "__main__":
    text = os.environ.get("SLUICE_MODEL_SEARCH_MODEL")
    pin = None if text is None else parse_pin(text)
    # Without its model it does not start: it would answer with something that nobody judged.
    served = None if pin is None else (pin, Searcher(load_pinned(MODEL, pin)))
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8802"))
    uvicorn.run(build(served), host=host, port=port, log_level="warning")
