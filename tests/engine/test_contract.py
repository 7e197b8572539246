"""The private names of Faust, mode and aiokafka that the engine stands on.

A failure here means a dependency changed: read the module named in the test before moving a pin.
"""

from __future__ import annotations

import inspect
import textwrap
from importlib.metadata import entry_points, version
from typing import Any

import mode
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import SubscriptionState, TopicPartitionState
from aiokafka.producer import sender
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.producer.transaction_manager import TransactionManager
from faust import App
from faust.app.base import BootStrategy
from faust.stores import rocksdb
from faust.tables import TableManager
from faust.tables.base import Collection
from faust.tables.recovery import Recovery
from faust.transport import consumer as faust_consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from faust.worker import Worker
from mode.threads import QueueServiceThread
from mode.utils.queues import FlowControlEvent

from streams.engine.app import KairosApp
from streams.engine.checked_recovery import CheckedRecovery
from streams.engine.consumer import BatchConsumer
from streams.engine.fetch import FetchThread
from streams.engine.producer import (
    PromptAddPartitions,
    PromptProducer,
    PromptSender,
    compression,
)
from streams.engine.prompt import PromptTableManager, PromptWorker
from streams.engine.store import StateStore, StateTable
from streams.engine.transactions import BatchTransactions
from streams.engine.transport import Transport


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def source(thing: Any) -> str:
    return textwrap.dedent(inspect.getsource(thing))


def attributes_set_by(cls: type) -> set[str]:
    """Names that a class and its bases define or assign to self."""
    names = set(dir(cls))
    for base in cls.__mro__:
        if base.__module__.split(".")[0] in ("faust", "mode", "aiokafka"):
            for line in source(base).splitlines():
                target = line.strip().split("=")[0].split(":")[0].strip()
                if target.startswith("self."):
                    names.add(target[5:])
    return names


@pytest.mark.parametrize(
    ("package", "pinned"),
    [("faust-streaming", "0.15.3"), ("mode-streaming", "0.7.1"), ("aiokafka", "0.14.0")],
)
def test_the_pinned_versions_are_installed(package: str, pinned: str) -> None:
    assert version(package) == pinned


def test_faust_finds_the_transport_by_its_scheme() -> None:
    (found,) = entry_points(group="faust.transports", name="kafka-batch")
    assert found.load() is Transport


@pytest.mark.parametrize(
    ("ours", "theirs", "names"),
    [
        (FetchThread, driver.AIOKafkaConsumerThread,
         ["_create_worker_consumer", "_highwaters", "_fetch_records", "seek_to_committed"]),
        (BatchConsumer, driver.Consumer,
         ["_new_consumer_thread", "resume_flow", "getmany", "wait_empty", "_commit", "_add_gap"]),
        (BatchTransactions, faust_consumer.TransactionManager,
         ["on_partitions_revoked", "on_rebalance", "on_stop"]),
        (StateStore, rocksdb.Store, ["apply_changelog_batch", "persisted_offset", "_open_for_partition"]),
        (StateTable, Collection, ["_new_store"]),
        (PromptSender, sender.Sender, ["_do_add_partitions_to_txn"]),
        (PromptAddPartitions, sender.AddPartitionsToTxnHandler, ["handle_response"]),
        (CheckedRecovery, Recovery, ["_build_offsets"]),
        (PromptTableManager, TableManager, ["on_start"]),
        (PromptWorker, Worker, ["_sentinel_task", "_stop_on_signal", "on_setup_root_logger"]),
        (KairosApp, App, ["on_first_start", "worker_init_post_autodiscover"]),
    ],
)  # fmt: skip
def test_what_is_overridden_still_has_its_signature(
    ours: type, theirs: type, names: list[str]
) -> None:
    for name in names:
        mine, original = (inspect.signature(getattr(cls, name)) for cls in (ours, theirs))
        assert len(mine.parameters) == len(original.parameters), name
        kinds = [[p.kind for p in each.parameters.values()] for each in (mine, original)]
        assert kinds[0] == kinds[1], name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cls", "names"),
    [
        # fetch.py
        (Fetcher, ["_records", "_subscriptions", "_closed", "_notify", "_wait_consume_future",
                   "_create_fetch_waiter", "_fetch_waiters", "seek_to", "_fetch_max_wait_ms",
                   "_fetch_min_bytes"]),
        (FetchResult, ["_partition_records", "_assignment", "getall", "has_more"]),
        (PartitionRecords, ["next_fetch_offset", "_consumer_record"]),
        (SubscriptionState, ["fetch_context", "reassignment_in_progress", "wait_for_assignment",
                             "is_assigned", "subscription"]),
        (TopicPartitionState, ["_position", "lso", "highwater", "timestamp"]),
        (AIOKafkaConsumer, ["_fetcher", "_closed", "_subscription", "_fetch_max_wait_ms",
                            "end_offsets", "committed", "_coordinator"]),
        # starts.py
        (GroupCoordinator, ["fetch_committed_offsets", "commit_offsets"]),
        (driver.AIOKafkaConsumerThread, ["_ensure_consumer"]),
        (QueueServiceThread, ["call_thread", "thread_loop"]),
        # consumer.py
        (driver.Consumer, ["_thread", "_read_offset", "_active_partitions", "flow_active",
                           "perform_seek", "_getmany", "_get_active_partitions", "should_stop",
                           "assignment", "earliest_offsets", "highwaters", "transactions"]),
        # transactions.py, producer.py
        (driver.Producer, ["_new_producer", "_producer_type"]),
        (faust_consumer.TransactionManager, ["producer", "consumer"]),
        (AIOKafkaProducer, ["_sender", "_txn_manager", "create_batch", "send_batch",
                            "send_offsets_to_transaction"]),
        (sender.Sender, ["client", "_acks", "_txn_manager", "_message_accumulator",
                         "_retry_backoff", "_request_timeout_ms", "_find_coordinator"]),
        (TransactionManager, ["maybe_add_partition_to_txn", "transactional_id"]),
        (BatchBuilder, ["_builder", "_relative_offset", "close", "record_count"]),
        # store.py
        (rocksdb.Store, ["_db_for_partition", "offset_key", "_dbs", "partition_path"]),
        # app.py, runner.py
        (App, ["consumer_generation_id", "rebalancing", "in_recovery", "crash", "boot_strategy",
               "on_first_start", "BootStrategy"]),
        (BootStrategy, ["enable_web"]),
        (App, ["worker_init_post_autodiscover", "on_worker_init", "web_server_driver_version",
               "_extra_services", "_on_agent_error", "agents"]),
        # prompt.py
        (TableManager, ["_update_channels", "recovery", "_recovery", "beacon", "should_stop"]),
    ],
)  # fmt: skip
def test_the_names_still_exist(cls: type, names: list[str]) -> None:
    assert set(names) <= attributes_set_by(cls)


def test_the_sender_is_built_from_what_aiokafka_gives_its_own() -> None:
    assert parameters(sender.Sender.__init__) == [
        "self", "client", "acks", "txn_manager", "message_accumulator", "retry_backoff_ms",
        "request_timeout_ms",
    ]  # fmt: skip


async def test_a_producer_of_ours_has_a_prompt_sender_with_the_same_parts() -> None:
    producer = PromptProducer(transactional_id="contract", retry_backoff_ms=70)
    try:
        assert type(producer._sender) is PromptSender
        assert producer._sender._message_accumulator is producer._message_accumulator
        assert producer._sender._txn_manager is producer._txn_manager
        assert producer._sender._retry_backoff == 0.07
    finally:
        await producer.stop()


def test_aiokafka_waits_20_ms_for_the_previous_transaction_and_nothing_else_uses_it() -> None:
    assert sender.BACKOFF_OVERRIDE == 0.02
    assert source(sender).count("BACKOFF_OVERRIDE") == 2
    assert "return BACKOFF_OVERRIDE" in source(sender.AddPartitionsToTxnHandler.handle_response)


def test_offsets_are_committed_when_the_partitions_have_been_added() -> None:
    """Why a transaction that took offsets takes records of its partitions, too."""
    code = source(sender.Sender._maybe_do_transactional_request)
    steps = ["partitions_to_add", "consumer_group_to_add", "offsets_to_commit"]
    assert [code.index(step) for step in steps] == sorted(code.index(step) for step in steps)
    assert "if txn_task is None or txn_task.done()" in source(sender.Sender._sender_routine)


def test_partitions_are_added_by_the_method_we_replace() -> None:
    assert "AddPartitionsToTxnHandler(self, tps)" in source(sender.Sender._do_add_partitions_to_txn)


def test_aiokafka_gives_positions_the_way_ranges_are_computed() -> None:
    assert "consumed_to(self._partition_records.next_fetch_offset)" in source(
        FetchResult._update_position
    )
    assert "position != self._partition_records.next_fetch_offset" in source(
        FetchResult.check_assignment
    )


def test_the_codec_of_the_changelog_is_installed() -> None:
    assert compression() == "snappy"


def test_records_are_made_by_the_method_that_we_replace_on_each_fetched_piece() -> None:
    assert "self._consumer_record(tp, record)" in source(PartitionRecords._unpack_records)
    assert parameters(PartitionRecords._consumer_record) == ["self", "tp", "record"]
    assert "__slots__" not in source(PartitionRecords)


def test_the_waits_left_out_are_nothing_but_waits() -> None:
    assert source(TableManager.on_start).splitlines()[2:] == [
        "    await self.sleep(1.0)",
        "    if not self.should_stop:",
        "        await self._update_channels()",
        "        await self.recovery.start()",
    ]
    assert source(mode.Worker._sentinel_task).splitlines()[1:] == ["    await asyncio.sleep(1.0)"]


def test_faust_loads_its_web_server_here_whether_wanted_or_not() -> None:
    assert source(App.worker_init_post_autodiscover).splitlines()[-3:] == [
        "    if self._web_server_service is None:",
        "        self.web.init_server()",
        "    self.on_worker_init.send()",
    ]


def test_faust_adds_agents_and_services_as_we_do_but_for_the_scanner() -> None:
    assert source(App.service).splitlines()[-3:] == [
        "    venusian.attach(cls, category=SCAN_SERVICE)",
        "    self._extra_services.append(cls)",
        "    return cls",
    ]
    assert source(App.agent).splitlines()[-8:] == [
        "        self.agents[agent.name] = agent",
        "        # This connects the agent to the topic conductor",
        "        # to make the graph more pretty.",
        "        self.topics.beacon.add(agent)",
        "        venusian.attach(agent, category=SCAN_AGENT)",
        "        return agent",
        "",
        "    return _inner",
    ]


def test_faust_hands_the_thread_a_live_set_and_calls_it_by_these_names() -> None:
    called = source(driver.AIOKafkaConsumerThread.getmany)
    assert "self._fetch_records" in called
    assert "max_records=_consumer._max_poll_records" in called


def test_aiokafka_does_not_seek_where_nothing_was_committed() -> None:
    """Why `FetchThread` does."""
    assert "if offset and offset > 0:" in source(AIOKafkaConsumer.seek_to_committed)
    assert "self._thread.seek_to_committed()" in source(driver.Consumer.seek_to_committed)


def test_faust_still_drops_messages_by_its_read_offset() -> None:
    drained = source(faust_consumer.Consumer._drain_messages)
    assert "r_offset is None or offset >= r_offset" in drained


def test_faust_resumes_flow_after_emptying_the_queues() -> None:
    """Why `resume_flow` is where everything is fetched again."""
    completed = source(Recovery.on_recovery_completed)
    emptied = completed.index("flow_control.resume()")
    assert completed.index("consumer.perform_seek()") < emptied
    assert emptied < completed.index("consumer.resume_flow()")
    assert "self.clear()" in source(FlowControlEvent.resume)


def test_faust_starts_transactions_before_it_looks_at_the_tables() -> None:
    """Fencing comes first: the offsets read afterwards are final."""
    assigned = source(App._on_partitions_assigned)
    assert assigned.index("consumer.transactions.on_rebalance") < assigned.index(
        "self.tables.on_rebalance"
    )


def test_faust_waits_for_streams_before_it_closes_the_state() -> None:
    stopped = source(App._stop_consumer)
    assert stopped.index("_consumer_wait_empty") < stopped.index("self.tables.stop()")
    assert "consumer.wait_empty()" in source(App._consumer_wait_empty)


def test_faust_compares_recovered_offsets_with_the_end_minus_one() -> None:
    """Why restored offsets count the markers of transactions."""
    assert "value - 1" in source(Recovery._build_highwaters)
    assert "highwater - offsets[tp]" in source(Recovery.active_remaining)


def test_faust_builds_offsets_before_it_seeks_to_them() -> None:
    """Where `CheckedRecovery` compares local state with its changelog."""
    restarted = source(Recovery._restart_recovery.fun)
    assert restarted.index("self._build_offsets") < restarted.index("self._seek_offsets")


def test_topics_without_acks_leave_faust_nothing_to_commit() -> None:
    assert "self._acking_topics.add(topic)" in source(type(App("contract").topics)._update_indices)


def test_a_message_takes_these_arguments() -> None:
    assert parameters(ConsumerMessage.__init__)[1:13] == [
        "topic", "partition", "offset", "timestamp", "timestamp_type", "headers", "key", "value",
        "checksum", "serialized_key_size", "serialized_value_size", "tp",
    ]  # fmt: skip
    assert "generation_id" in parameters(ConsumerMessage.__init__)
