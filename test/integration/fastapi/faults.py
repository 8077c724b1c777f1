# The two samples side by side, and what else a FastAPI server can do to its clients.
import asyncio

import level0
import level1
from fastapi import FastAPI, WebSocket

app = FastAPI()
app.mount("/level0", level0.app)
app.mount("/level1", level1.app)


@app.websocket("/refused")
async def refused(socket: WebSocket):
    """Before accept: uvicorn answers the upgrade with HTTP 403, and the code is lost."""
    await socket.close(4403)


@app.websocket("/forbidden")
async def forbidden(socket: WebSocket):
    await socket.accept()
    await socket.close(4403)


@app.websocket("/slow")
async def slow(socket: WebSocket):
    """Level 1, but three seconds late; asked to, it announces its end."""
    await socket.accept()
    await socket.receive_json()
    await asyncio.sleep(3)
    await socket.send_json(level1.READY)
    async for frame in socket.iter_json():
        if frame["type"] == "ping":
            await socket.send_json({"type": "pong", "timestamp": frame["timestamp"]})
        elif frame["type"] == "leave":
            await socket.send_json({"type": "rt.go_away", "code": "deploy", "reconnect": {"min": 0, "spread": 10}})
