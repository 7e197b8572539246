"""The `kafka-batch://` transport: Faust on Kafka, one merged micro-batch at a time."""

from __future__ import annotations

from typing import ClassVar

from faust.transport.drivers import aiokafka

from streams.engine.consumer import BatchConsumer
from streams.engine.producer import BatchProducer
from streams.engine.transactions import BatchTransactions


class Transport(aiokafka.Transport):
    """Registered in the entry-point group `faust.transports` under the scheme's name."""

    Consumer: ClassVar[type[BatchConsumer]] = BatchConsumer
    Producer: ClassVar[type[BatchProducer]] = BatchProducer
    TransactionManager: ClassVar[type[BatchTransactions]] = BatchTransactions
