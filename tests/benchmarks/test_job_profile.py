from __future__ import annotations

from benchmarks.job.profile import cost_of, read_stacks, stage_of

LOOP = "MainThread;run_forever (asyncio/base_events.py:607);Engine._process (streams/engine/runner.py:9)"
PATH = "Pipeline.process (streams/pipeline/pipeline.py:54);Pipeline._decide (streams/pipeline/pipeline.py:80)"


def test_a_stage_is_what_the_pipeline_calls() -> None:
    stack = f"{LOOP};{PATH};score (streams/pipeline/experts/score.py:20);run (models/bundle/bundle.py:7)"
    assert stage_of(stack) == "score streams/pipeline/experts/score.py"
    assert cost_of(stack) == "run models/bundle/bundle.py"


def test_outside_of_the_path_it_is_the_engines_module_or_our_folder() -> None:
    assert stage_of(f"{LOOP};put (rocksdict/x.py:1)") == "streams/engine/runner.py"
    assert stage_of("Thread;absorb (streams/learner/learner.py:3)") == "streams/learner"


def test_where_none_of_ours_is_at_work_the_library_is_named() -> None:
    assert stage_of("MainThread;poll (aiokafka/client.py:3)") == "aiokafka (library)"


def test_threads_that_wait_are_no_cost(tmp_path) -> None:
    lines = (
        "a (x.py:1);b (y.py:2) 3",
        "a (x.py:1);b (y.py:2) 4",
        "a (x.py:1);EpollSelector.select (selectors.py:468) 9",
    )
    (tmp_path / "stacks").write_text("\n".join(lines))
    assert read_stacks(tmp_path / "stacks") == {"a (x.py:1);b (y.py:2)": 7}
