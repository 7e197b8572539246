"""The Faust app: `faust -A streams.app worker -l info`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from streams.engine.agents import register_engine, register_knowledge
from streams.engine.app import KairosApp
from streams.engine.lineage import claim_outputs
from streams.engine.options import TABLE, Options
from streams.engine.processor import Processor
from streams.engine.producer import MAX_BATCH_BYTES, compression
from streams.engine.prompt import PromptTableManager, PromptWorker
from streams.engine.ready import register_ready
from streams.engine.runner import Engine
from streams.engine.store import StateTable
from streams.engine.topics import refuse_problems
from streams.engine.web import web_settings
from streams.settings import Settings, SettingsError, load_settings

STREAM_BUFFER = 64
"""Batches in the stream's queue; the engine's own cap per partition is far below."""


async def prepare_topics(settings: Settings) -> None:
    """Do nothing if the topics fit, and are this app id's to write.

    Raises:
        RefusalError: they do not, or are not.
    """
    await refuse_problems(settings)
    await claim_outputs(settings)


def create_app(
    settings: Settings,
    processor: Processor | None = None,
    options: Options | None = None,
    prepare: Callable[[Settings], Awaitable[None]] = prepare_topics,
) -> KairosApp:
    """Return the worker's app; it runs the pipeline unless another job is given.

    Another job is a ``processor``, perhaps with ``options`` and with a ``prepare`` of its own,
    which runs before the first start.
    """
    app = KairosApp(
        settings.app_id,
        broker=[f"kafka-batch://{server.strip()}" for server in settings.broker.split(",")],
        **_faust_settings(settings),
    )
    if settings.web_port:
        register_ready(app)
    else:
        app.boot_strategy.enable_web = False  # `faust worker` turns conf.web_enabled on by default
    app.settings = settings
    app.prepare = prepare
    app.options = options or Options.of(settings)
    app.epoch_asks = lambda *_: False  # no epochs without the pipeline
    table = app.tables.add(StateTable(app, name=TABLE, partitions=settings.partitions))
    app.engine = Engine(app, table, processor or _add_pipeline(app), app.options)
    if processor is not None:
        app.engine.ready.set()  # no shared knowledge to wait for
    register_engine(app)
    return app


def _add_pipeline(app: KairosApp) -> Processor:
    # heavy imports, and not for those who only ask for the app's name
    from streams.learner.learner import Learner
    from streams.learner.start import Start
    from streams.pipeline.accept import catalogue_letters, secret_problem
    from streams.pipeline.assemble import assemble

    settings = app.settings
    if problem := secret_problem(settings):
        raise SettingsError(problem)
    pipeline = assemble(settings)
    start = Start.of(pipeline.bundle)
    word = pipeline.vault.word
    served = "none" if pipeline.bundle is None else pipeline.bundle.title()
    register_knowledge(
        app,
        pipeline.knowledge,
        lambda: Learner(settings, start=start, word=word),
        served,
        lambda record: catalogue_letters(record, settings.topic_prefix),
    )
    return pipeline


def _faust_settings(settings: Settings) -> dict[str, Any]:
    return {
        "processing_guarantee": "exactly_once",
        "store": "rocksdb://",
        "datadir": Path(settings.data_dir) / "worker",
        "topic_partitions": settings.partitions,
        "topic_replication_factor": settings.replication,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "autodiscover": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.instance_id or None,
        "consumer_max_fetch_size": 4 * 1024 * 1024,
        "broker_max_poll_records": settings.batch_records,
        "broker_session_timeout": settings.session_timeout_ms / 1000,
        "broker_heartbeat_interval": settings.session_timeout_ms / 6_000,
        "broker_commit_interval": 60.0,
        "producer_max_batch_size": MAX_BATCH_BYTES,
        "producer_compression_type": compression(),
        "producer_linger": 0.0,
        "stream_buffer_maxsize": STREAM_BUFFER,
        "stream_wait_empty": True,
        "recovery_consistency_check": False,  # `CheckedRecovery` does it, in better words
        "TableManager": PromptTableManager,
        "Worker": PromptWorker,
        **web_settings(settings),
    }


def __getattr__(name: str) -> Any:
    """Make ``app`` from the environment when it is first asked for, not on import."""
    if name != "app":
        raise AttributeError(name)
    made = create_app(load_settings())
    globals()["app"] = made
    return made
