# Level 1: uvicorn level1:app --ws-max-size 65536
import asyncio
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
PAGE, TOKEN = "http://localhost:5173", "secret"
READY = {"type": "server_ready", "v": 1, "reconnect": {"window": 500}}


@app.websocket("/ws")
async def live(socket: WebSocket):
    await socket.accept()  # First of all: no page is told why an upgrade was refused.
    if socket.headers.get("origin", PAGE) != PAGE:
        return await socket.close(4403)
    try:
        hello = await asyncio.wait_for(socket.receive_json(), 10)
        if hello["type"] != "client_ready" or hello.get("auth") != {"token": TOKEN}:
            return await socket.close(4401)
        await socket.send_json(READY)
        await socket.send_json({"type": "queue", "data": {"waiting": 3}})
        while True:  # 90 s, because timers of a hidden page run once a minute.
            frame = await asyncio.wait_for(socket.receive_json(), 90)
            if frame["type"] == "ping":
                await socket.send_json({"type": "pong", "timestamp": frame["timestamp"]})
    except (asyncio.TimeoutError, KeyError, RecursionError, TypeError, ValueError) as error:
        await socket.close(4408 if isinstance(error, asyncio.TimeoutError) else 4400)
    except WebSocketDisconnect:
        pass
