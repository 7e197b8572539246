"""The bundle that every shop begins with says nothing of the log that it was trained on."""

from __future__ import annotations

import re

import msgspec
import numpy as np
import pandas as pd
import pytest

from models.bundle import Bundle, reference_path
from models.forecast.plan import TOTAL
from schemas.globals import Epoch
from schemas.ids import hash64

FILES = sorted(reference_path().iterdir())
SAYS = ("number", "holds_from_ms", "activity")
"""Of the epoch's fields those that name nobody and nothing."""


def ids_of_the_log():
    frame = pd.read_parquet("examples/data/deskdrop.parquet", columns=["item_id", "user_id"])
    return {str(name) for column in frame for name in frame[column].unique()}


def test_its_epoch_has_no_item_category_name_trend_or_arrival():
    epoch = msgspec.msgpack.decode((reference_path() / "epoch.msgpack").read_bytes(), type=Epoch)
    bare = Epoch(**{name: getattr(epoch, name) for name in SAYS})
    assert epoch == bare


def test_it_has_no_item_tables_and_forecasts_no_category():
    bundle = Bundle.load(reference_path())
    assert not bundle.manifest.tables
    assert all(set(step.picks) <= {TOTAL} for step in bundle.forecasts.steps.values())


def test_it_holds_the_files_that_its_manifest_names_and_no_others():
    manifest = Bundle.load(reference_path()).manifest
    graphs = {graph.file for graph in manifest.graphs.values()}
    assert {path.name for path in FILES} == graphs | {
        "manifest.json", "epoch.msgpack", "forecast.msgpack",
    }  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_has_an_id_of_the_log_as_text_or_as_hash(path):
    data, names = path.read_bytes(), ids_of_the_log()
    assert len(names) > 4_000
    texts = {text.decode() for text in re.findall(rb"-?\d{6,}", data)}
    assert not texts & names
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, "u1"), 8)
    hashes = np.array([hash64(name) for name in names], np.uint64)
    for order in ("<u8", ">u8"):
        assert not np.isin(np.ascontiguousarray(windows).view(order).ravel(), hashes).any()
