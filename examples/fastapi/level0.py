# Level 0, complete: uvicorn level0:app
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws")
async def live(socket: WebSocket):
    await socket.accept()
    async for frame in socket.iter_json():
        if frame.get("type") == "client_ready":
            await socket.send_json({"type": "queue", "data": {"waiting": 3}})
        elif frame.get("type") == "ping":
            await socket.send_json({"type": "pong", "timestamp": frame.get("timestamp")})
