"""A TCP proxy between workers and broker, in a thread of its own, that can fail like a network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536


class Proxy:
    """Listens on ``port`` of the loopback interface, passes everything to ``target_port``."""

    def __init__(self, target_port: int = 0) -> None:
        self.target_port = target_port
        self._pipes: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refuses = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._flows, self._server = self._call(self._open())
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self, down_s: float = 0.0) -> int:
        """Drop all connections, refuse new ones for ``down_s`` seconds; return how many dropped."""
        return self._call(self._cut(down_s))

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Pass nothing on while the block runs; connections stay open."""
        self._loop.call_soon_threadsafe(self._flows.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flows.set)

    def close(self) -> None:
        """Drop everything and stop listening."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> tuple[asyncio.Event, asyncio.Server]:
        flows = asyncio.Event()
        flows.set()
        return flows, await asyncio.start_server(self._serve, HOST, 0)

    async def _close(self) -> None:
        self._server.close()
        self._flows.set()
        self._drop()
        await asyncio.gather(*self._tasks)

    async def _cut(self, down_s: float) -> int:
        self._refuses = True
        dropped = self._drop()
        await asyncio.sleep(down_s)
        self._refuses = False
        return dropped

    def _drop(self) -> int:
        for writer in self._pipes:
            writer.transport.abort()
        return len(self._pipes)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._connect(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target_port)
        except OSError:
            return  # the broker is down: so are we
        mine = {writer, far_writer}
        self._pipes |= mine
        try:
            await asyncio.wait(
                [
                    asyncio.ensure_future(self._pump(reader, far_writer)),
                    asyncio.ensure_future(self._pump(far_reader, writer)),
                ]
            )
        finally:
            self._pipes -= mine
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on until either side ends, then end the other."""
        try:
            while data := await reader.read(CHUNK_BYTES):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # cut
        finally:
            writer.close()
