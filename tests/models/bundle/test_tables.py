from __future__ import annotations

import numpy as np
import pytest

from models.bundle import Bundle, BundleError
from models.bundle.handmade import write_linear_bundle
from models.bundle.manifest import MANIFEST, encode
from models.bundle.tables import ITEMS, ItemTables, columns_of, packed
from models.bundle.write import write_bundle
from models.dataset import ENGAGEMENT
from models.train.tables import item_tables

HASHES = np.array([10, 20, 30, 40], np.uint64)
ROWS = (np.array([0, 2, 2, 3, 3]), np.array([1, 2, 0]), np.array([0.5, 0.25, 1.0]))


def files():
    return packed(HASHES, {"ease": ROWS})


def test_lists_are_looked_up_by_hash_in_their_order():
    table = ItemTables.of(columns_of(files()))["ease"]
    rows, item, score = table.lookup(np.array([30, 99, 10, 20], np.uint64), 9)
    assert rows.tolist() == [0, 2, 2]
    assert item.tolist() == [10, 20, 30]
    assert score.tolist() == [1.0, 0.5, 0.25]


def test_a_limit_keeps_the_first_of_each():
    table = ItemTables.of(columns_of(files()))["ease"]
    assert table.lookup(np.array([10], np.uint64), 1)[1].tolist() == [20]


def test_a_table_that_is_not_there_is_empty():
    table = ItemTables()["ease"]
    assert len(table) == 0
    assert len(table.lookup(np.array([10], np.uint64), 5)[0]) == 0


@pytest.mark.parametrize("broken", [ITEMS, "ease.item.u32"])
def test_columns_that_do_not_fit_are_refused(broken):
    columns = columns_of(files())
    columns[broken] = columns[broken][:-1]
    with pytest.raises(BundleError, match="fit"):
        ItemTables.of(columns)
    del columns[broken]
    with pytest.raises(BundleError, match="lacks"):
        ItemTables.of(columns)


def test_a_bundle_maps_its_tables_and_notices_a_changed_byte(tmp_path):
    manifest = write_linear_bundle(tmp_path / "plain", {"temporal_user": {"1": 1.0}})
    graphs = {"temporal_user": (tmp_path / "plain" / "temporal_user.onnx").read_bytes()}
    written = write_bundle(tmp_path / "b", manifest, graphs, tables=files())
    assert (tmp_path / "b" / MANIFEST).read_bytes() == encode(written)
    table = Bundle.load(tmp_path / "b").tables["ease"]
    assert isinstance(table.item, np.memmap)
    assert table.lookup(np.array([30], np.uint64), 5)[1].tolist() == [10]
    path = tmp_path / "b" / "ease.score.f32"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(BundleError, match=r"ease\.score\.f32"):
        Bundle.load(tmp_path / "b")


def engaged(*acts):
    rows = [(f"user{user}".ljust(16).encode(), item, ts) for ts, (user, item) in enumerate(acts)]
    return np.array(rows, ENGAGEMENT)


def test_training_says_what_follows_what():
    acts = [(user, item) for user in range(8) for item in (10, 20 + 10 * (user % 2), 40)]
    tables = ItemTables.of(columns_of(item_tables(engaged(*acts))))
    _, item, score = tables["followers"].lookup(np.array([10], np.uint64), 5)
    assert set(item.tolist()) == {20, 30, 40}
    assert score[0] <= 1
    assert len(tables["followers"].lookup(np.array([40], np.uint64), 5)[0]) == 0
    assert len(tables["ease"]) > 0


def test_a_log_in_which_nobody_did_anything_has_no_tables():
    assert item_tables(np.zeros(0, ENGAGEMENT)) == {}
