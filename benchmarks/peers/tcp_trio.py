"""Peer: a trio echo server, as in trio's tutorial: serve_tcp and a task per connection. argv: PORT."""

import sys

import trio


async def echo(stream: trio.SocketStream) -> None:
    try:
        async for data in stream:
            await stream.send_all(data)
    except trio.BrokenResourceError:
        pass


async def main() -> None:
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(
            lambda task_status: trio.serve_tcp(echo, int(sys.argv[1]), host="127.0.0.1", task_status=task_status)
        )
        print("ready", listeners[0].socket.getsockname()[1], flush=True)


trio.run(main)
