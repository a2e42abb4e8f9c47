"""FastAPI behind rescind.fastapi.current_token: PORT CONFIG"""

import json
import sys
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI

import rescind
import rescind.fastapi

r = rescind.open(json.loads(sys.argv[2]))
current_token = rescind.fastapi.current_token(r)


@asynccontextmanager
async def lifespan(_):
    with r:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/orders")
def orders(claims: Annotated[rescind.Claims, Depends(current_token)]):
    return {"sub": claims.subject}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
