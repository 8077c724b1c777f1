# Level 2: uvicorn level2:app --ws-max-size 65536
import asyncio
import json
import re
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
PAGE, TOKEN = "http://localhost:5173", "secret"
READY = {"type": "server_ready", "v": 1, "reconnect": {"window": 500}, "max_message_bytes": 65536}
READY |= {"caps": ["channels", "ack"], "ack": "received", "limits": {"channels": 128}}
CHANNEL, ID = re.compile(r"chat(:[a-z0-9-]{1,60})?"), re.compile(r"[A-Za-z0-9_-]{1,64}")
links = set()


class Link:
    def __init__(self):
        self.refs = {}  # The channels it has subscribed to, each with the id of that subscribe.
        self.outbox = asyncio.Queue(1000)  # One queue for answers and messages keeps them in order.


@app.websocket("/ws")
async def live(socket: WebSocket):
    await socket.accept()  # First of all: no page is told why an upgrade was refused.
    if socket.headers.get("origin", PAGE) != PAGE:
        return await socket.close(4403)
    link = Link()
    reader = asyncio.create_task(read(socket, link))
    link.writer = asyncio.create_task(write(socket, link))
    links.add(link)
    await asyncio.wait({reader, link.writer}, return_when=asyncio.FIRST_COMPLETED)
    links.remove(link)
    code = reader.result() if reader.done() else 4429 if link.writer.cancelled() else None
    for task in (reader, link.writer):
        task.cancel()
    await asyncio.gather(reader, link.writer, return_exceptions=True)
    if code is not None:
        await socket.close(code)


async def read(socket, link):
    try:
        hello = await asyncio.wait_for(socket.receive_json(), 10)
        if hello["type"] != "client_ready" or hello.get("auth") != {"token": TOKEN}:
            return 4401
        push(link, READY)
        while True:  # 90 s, because timers of a hidden page run once a minute.
            answer = respond(link, await asyncio.wait_for(socket.receive_json(), 90))
            if answer is not None:
                push(link, answer)
    except asyncio.TimeoutError:
        return 4408
    except (KeyError, RecursionError, TypeError, ValueError):
        return 4400
    except WebSocketDisconnect:
        return None


async def write(socket, link):
    while True:
        await socket.send_text(await link.outbox.get())


def push(link, frame):
    if link.outbox.full():
        link.writer.cancel()  # It does not read: better gone than in everybody's way.
    else:
        link.outbox.put_nowait(json.dumps(frame, allow_nan=False))


def respond(link, frame):
    kind, id, channel = frame["type"], frame.get("id"), frame.get("channel")
    if kind == "ping":
        return {"type": "pong", "timestamp": frame["timestamp"]}
    if not isinstance(id, str) or not ID.fullmatch(id) or kind == "client_ready":
        return None  # Nobody waits for an answer.
    if kind not in ("rt.subscribe", "rt.unsubscribe", "rt.publish"):
        unknown = {"type": "rt.error", "id": id, "code": "rejected", "message": "Nobody knows."}
        return None if str(kind).startswith("rt.") else unknown
    # The same answer for what is forbidden and for what does not exist. Say here who may do what.
    if not isinstance(channel, str) or not CHANNEL.fullmatch(channel):
        return {"type": "rt.error", "id": id, "code": "forbidden", "message": "Not for you."}
    if kind == "rt.unsubscribe":
        link.refs.pop(channel, None)
        return {"type": "rt.unsubscribed", "id": id, "channel": channel}
    if kind == "rt.publish":
        for other in [other for other in links if channel in other.refs]:
            message = {"type": "rt.message", "channel": channel, "ref": other.refs[channel]}
            push(other, {**message, "data": frame["data"]})
        return {"type": "rt.ack", "id": id}
    if len(link.refs) >= 128 and channel not in link.refs:
        return {"type": "rt.error", "id": id, "code": "limit", "message": "128 are enough."}
    link.refs[channel] = id
    return {"type": "rt.subscribed", "id": id, "channel": channel}
