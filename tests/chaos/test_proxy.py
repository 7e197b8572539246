"""The proxy passes everything on, until it is told not to."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest
from chaos.proxy import HOST, Proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1024):
            self.request.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with socketserver.ThreadingTCPServer((HOST, 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made = Proxy(server.server_address[1])
        yield made
        made.close()
        server.shutdown()


def ask(connection: socket.socket) -> bytes:
    connection.sendall(b"are you there?")
    return connection.recv(1024)


def is_gone(connection: socket.socket) -> bool:
    try:
        return ask(connection) == b""
    except OSError:
        return True


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=20)


def test_what_is_said_comes_back(proxy):
    with connected(proxy) as one, connected(proxy) as other:
        assert ask(one) == ask(other) == b"are you there?"


def test_a_cut_ends_connections_and_new_ones_work(proxy):
    with connected(proxy) as connection:
        ask(connection)
        assert proxy.cut() == 2, "one on either side"
        assert is_gone(connection)
    with connected(proxy) as connection:
        assert ask(connection) == b"are you there?"


def test_a_stall_holds_everything_back_and_loses_nothing(proxy):
    with connected(proxy) as connection:
        ask(connection)
        with proxy.stalled():
            connection.sendall(b"are you there?")
            assert select.select([connection], [], [], 0.2)[0] == []
        assert connection.recv(1024) == b"are you there?"


def test_nobody_behind_it_means_a_closed_connection(proxy):
    proxy.target_port = 1
    with connected(proxy) as connection:
        assert connection.recv(1) == b""
