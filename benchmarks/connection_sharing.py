"""How two processes share connections to one port: why `serve` hands them out.

Opens 32 connections at once and counts how many each of two processes gets, of a
listening socket that both wait at, and of two with SO_REUSEPORT; then how many of 32
that wait are lost when one of two such sockets is closed, as at a reload.

    python benchmarks/connection_sharing.py
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time

import uvloop

CONNECTIONS, ROUNDS = 32, 6


class Counted(asyncio.Protocol):
    """A connection that nothing comes of."""

    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts it."""
        Counted.count += 1


def listening(port: int, *, reuse: bool) -> socket.socket:
    sock = socket.socket()
    if reuse:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(1_024)
    return sock


async def serve(sock: socket.socket, told: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await loop.create_server(Counted, sock=sock)
    os.write(told, b"+")
    await stop.wait()
    os.write(told, f" {Counted.count}".encode())


def started(sock: socket.socket, told: int) -> int:
    """The id of a process that serves a socket."""
    process = os.fork()
    if not process:
        uvloop.install()
        asyncio.run(serve(sock, told))
        os._exit(0)
    return process


def shares(*, reuse: bool) -> list[int]:
    """How many connections each of two processes gets."""
    first = listening(0, reuse=reuse)
    port = first.getsockname()[1]
    second = listening(port, reuse=True) if reuse else first
    reading, writing = os.pipe()
    processes = [started(sock, writing) for sock in (first, second)]
    first.close()
    second.close()
    ready = b""
    while len(ready) < len(processes):
        ready += os.read(reading, 8)
    clients = [
        socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)
    ]
    time.sleep(0.3)
    for process in processes:
        os.kill(process, signal.SIGTERM)
        os.waitpid(process, 0)
    for client in clients:
        client.close()
    return sorted(map(int, os.read(reading, 64).split()))


def lost() -> int:
    """How many waiting connections end with one of two sockets."""
    first = listening(0, reuse=True)
    port = first.getsockname()[1]
    second = listening(port, reuse=True)
    clients = [
        socket.create_connection(("127.0.0.1", port), timeout=0.02)
        for _ in range(CONNECTIONS)
    ]
    first.close()
    time.sleep(0.1)
    count = 0
    for client in clients:
        try:
            client.send(b"x")
            client.recv(1)
        except TimeoutError:
            pass  # It still waits.
        except OSError:
            count += 1
        client.close()
    second.close()
    return count


def main() -> None:
    for reuse, name in ((False, "one socket"), (True, "SO_REUSEPORT")):
        print(f"{name:13}", *(shares(reuse=reuse) for _ in range(ROUNDS)))
    print("lost of", CONNECTIONS, *(lost() for _ in range(ROUNDS)))


if __name__ == "__main__":
    main()
