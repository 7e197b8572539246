"""An embedded broker whose workers come through a proxy that can be cut, stalled and shut."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.proxy import Proxy

from streams.operate.broker.broker import HOST, Broker

UP_TIMEOUT_S = 180.0


class ProxiedBroker(Broker):
    """A broker with a second listener that advertises the proxy's address instead of its own.

    Compaction runs often, so that a round need not wait for it.
    """

    def __init__(self, home: Path, advertised_port: int) -> None:
        super().__init__(home)
        self._advertised_port = advertised_port
        self.proxied_port = _free_port()

    def _configure(self, port: int, controller_port: int) -> None:
        super()._configure(port, controller_port)
        with self._config.open("a", encoding="utf-8") as config:
            config.write(  # of two lines with one name the last one holds
                f"listeners=PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}"
                f",PROXIED://{HOST}:{self.proxied_port}\n"
                f"advertised.listeners=PLAINTEXT://{HOST}:{port}"
                f",PROXIED://{HOST}:{self._advertised_port}\n"
                "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
                ",PROXIED:PLAINTEXT\n"
                "inter.broker.listener.name=PLAINTEXT\n"
                "log.cleaner.backoff.ms=200\n"
                "file.delete.delay.ms=100\n"
            )


class Cluster:
    """The broker of a chaos run. ``direct``: for what produces and checks; ``proxied``: workers."""

    copies = in_sync = 1

    def __init__(self, home: Path) -> None:
        self.proxy = Proxy()
        self._broker = ProxiedBroker(home, self.proxy.port)
        self.proxy.target_port = self._broker.proxied_port
        self.direct = self._broker.start(UP_TIMEOUT_S)
        self.proxied = f"{HOST}:{self.proxy.port}"

    def restart(self) -> None:
        """Stop the broker in order, start it on the same data and ports."""
        self._broker.stop(timeout_s=60)
        self._start_again()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Kill the broker with signal 9; start it again on the same data and ports at the end."""
        self._signal(signal.SIGKILL)
        while self._broker.status().running:
            time.sleep(0.05)
        try:
            yield
        finally:
            self._start_again()

    def pause(self, for_s: float) -> None:
        """Freeze the broker: connections stay, nothing is answered."""
        self._signal(signal.SIGSTOP)
        try:
            time.sleep(for_s)
        finally:
            self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop everything, delete the data."""
        self.proxy.close()
        self._broker.reset()

    def _signal(self, number: signal.Signals) -> None:
        pid = self._broker.status().pid
        assert pid is not None, "the broker does not run"
        os.kill(pid, number)

    def _start_again(self) -> None:
        assert self._broker.start(UP_TIMEOUT_S) == self.direct, "the broker came back elsewhere"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
