"""Predicts with the model that was rolled out; interactive documentation at /docs."""

import os
from datetime import datetime
from typing import Annotated

import pandas as pd
import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from crime.enrichment import enrich
from crime.model import Model
from crime.portal.rows import LATITUDES, LONGITUDES
from crime.registry import Pin, load_pinned, parse_pin

Text = Annotated[str, Field(min_length=1, max_length=200)]


class Crime(BaseModel):
    """A reported crime, in the words of the city's data portal."""

    model_config = ConfigDict(extra="forbid")
    date: Annotated[datetime, Field(examples=["2026-01-09T22:15:00"], description="Local time of the city")]
    primary_type: Annotated[Text, Field(examples=["NARCOTICS"])]
    location_description: Annotated[Text, Field(examples=["SIDEWALK"])] = "UNKNOWN"
    domestic: bool = False
    district: Annotated[int, Field(ge=1, le=99, examples=[11])]
    latitude: Annotated[float | None, Field(ge=LATITUDES[0], le=LATITUDES[1], examples=[41.87])] = None
    longitude: Annotated[float | None, Field(ge=LONGITUDES[0], le=LONGITUDES[1], examples=[-87.7])] = None


class Answer(BaseModel):
    arrest: bool
    score: Annotated[float, Field(description="P(arrest), 0 to 1")]
    because: Annotated[list[str], Field(description="What spoke most for an arrest")]
    model: str


def build(served: tuple[Pin, Model] | None) -> FastAPI:
    app = FastAPI(title="chicago-crime", description="Whether a reported crime leads to an arrest", version="1.0.0")

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/docs")

    @app.get("/health", summary="Whether it can take traffic, and with which model")
    async def health() -> dict:
        return {"status": "ok", "models": {} if served is None else {"arrest": str(served[0])}}

    @app.post("/predict", summary="Does this crime lead to an arrest?")
    def predict(crime: Crime) -> Answer:
        if served is None:
            raise HTTPException(503, "no model has been rolled out yet: sluice release")
        pin, model = served
        enriched = enrich(_table(crime), model.station_table())
        score = float(model.scores(enriched)[0])
        return Answer(
            arrest=score >= 0.5, score=round(score, 6), because=model.because(enriched), model=f"arrest {pin}"
        )

    return app


def _table(crime: Crime) -> pd.DataFrame:
    row = crime.model_dump()
    row |= {name: row[name].strip().upper() for name in ("primary_type", "location_description")}
    # A clock without its zone: what stands in the portal is the city's time.
    row["date"] = row["date"].replace(tzinfo=None)
    return pd.DataFrame([row]).astype({"latitude": float, "longitude": float, "domestic": "int8"})


if __name__ == "__main__":
    text = os.environ.get("SLUICE_MODEL_ARREST")
    pin = None if text is None else parse_pin(text)
    # Without its model it does not start: it would answer with something that nobody judged.
    served = None if pin is None else (pin, load_pinned("arrest", pin))
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8800"))
    uvicorn.run(build(served), host=host, port=port, log_level="warning")
