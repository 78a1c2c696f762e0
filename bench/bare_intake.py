"""What intake is measured against: FastAPI, a pydantic body, one acknowledged send, and no more."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiokafka
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

TOPIC = "bench-bare"


class Body(BaseModel):
    """The fields the form has."""

    email: str
    first_name: str
    last_name: str
    company: str
    job_title: str
    employees: int
    country: str
    message: str


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.producer = aiokafka.AIOKafkaProducer(bootstrap_servers=os.environ["BATON_KAFKA"], acks="all")
    await app.state.producer.start()
    yield
    await app.state.producer.stop()


app = FastAPI(lifespan=_lifespan)


@app.post("/submit", status_code=202)
async def submit(body: Body) -> dict[str, str]:
    """Send the body and answer when the broker has it."""
    await app.state.producer.send_and_wait(TOPIC, body.model_dump_json().encode(), key=body.email.encode())
    return {"status": "accepted"}


@app.get("/readyz")
async def ready() -> dict[str, str]:
    """Answer once started."""
    return {"status": "ready"}


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["BATON_HTTP_PORT"]), access_log=False, log_level="error"
    )
