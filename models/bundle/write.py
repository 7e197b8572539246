"""Write a bundle so that a reader sees a whole one or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from models.bundle.manifest import EPOCH, FORECAST, MANIFEST, Manifest, decode, encode


def write_bundle(
    out_dir: str | Path,
    manifest: Manifest,
    graphs: Mapping[str, bytes],
    epoch: bytes | None = None,
    forecast: bytes | None = None,
    tables: Mapping[str, bytes] | None = None,
) -> Manifest:
    """Write ``graphs`` (ONNX bytes by name), the manifest, epoch, forecast plan and tables.

    Returns the manifest; the hashes are filled in here. A bundle that already lies in ``out_dir`` is replaced.

    Raises:
        BundleError: the manifest would not load.
    """
    tables = tables or {}
    described = {
        name: msgspec.structs.replace(graph, sha256=_hash(graphs[name]))
        for name, graph in manifest.graphs.items()
    }
    manifest = msgspec.structs.replace(
        manifest,
        graphs=described,
        epoch_sha256=None if epoch is None else _hash(epoch),
        forecast_sha256=None if forecast is None else _hash(forecast),
        tables={name: _hash(data) for name, data in tables.items()},
    )
    decode(encode(manifest))
    files = {f"{name}.onnx": data for name, data in graphs.items()}
    files[MANIFEST] = encode(manifest)
    if epoch is not None:
        files[EPOCH] = epoch
    if forecast is not None:
        files[FORECAST] = forecast
    _replace(Path(out_dir), files | dict(tables))
    return manifest


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


def _replace(out: Path, files: Mapping[str, bytes]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    fresh.chmod(0o755)
    try:
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        if out.exists():
            old = fresh.with_name(fresh.name + "-old")
            out.rename(old)
            fresh.rename(out)
            shutil.rmtree(old)
        else:
            fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
