from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from models.bundle import Bundle, BundleError, files
from models.bundle.handmade import write_linear_bundle

GRAPH = "temporal_user.onnx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_linear_bundle(tmp_path / "b", {"temporal_user": {"1": 1.0}}, epoch=b"warm")
    return tmp_path / "b"


@pytest.mark.parametrize("name", ["../b/epoch.msgpack", "/etc/passwd", "", ".", "..", "a/b", "a\0"])
def test_a_name_that_leaves_the_folder_is_refused_before_anything_is_opened(
    folder: Path, name: str
) -> None:
    with pytest.raises(BundleError, match="is not the name of a file in the bundle"):
        files.read(folder, name)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"tables": {name: "0" * 64}}))
    (folder / GRAPH).unlink()
    with pytest.raises(BundleError, match="is not the name of a file in the bundle"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["manifest.json", GRAPH, "epoch.msgpack"])
def test_a_link_is_refused_even_to_the_right_file(folder: Path, name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)
    with pytest.raises(BundleError, match=f"cannot read .*{name}"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["manifest.json", GRAPH, "epoch.msgpack"])
def test_a_pipe_or_a_folder_is_refused_and_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match="it is no plain file"):
        Bundle.load(folder)
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(BundleError, match="it is no plain file"):
        Bundle.load(folder)


def test_a_file_is_not_read_before_its_size_is_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.truncate(folder / GRAPH, files.MOST_BYTES + 1)  # a hole: it takes no room
    with pytest.raises(BundleError, match="at most 268,435,456 are read"):
        Bundle.load(folder)


def test_a_bundle_behind_a_link_is_used(folder: Path) -> None:
    current = folder.parent / "current"
    current.symlink_to(folder)
    assert Bundle.load(current).epoch == b"warm"
