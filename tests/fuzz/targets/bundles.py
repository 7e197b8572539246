"""Bundles: every file of one may hold any bytes, and its manifest may say anything."""

from __future__ import annotations

import json
import random
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.mutate import flipped, spoilt_json
from fuzz.target import Inputs, Target

from models.bundle import Bundle, BundleError, reference_path

MANIFEST = "manifest.json"


def _make(rng: random.Random) -> Inputs:
    """One file that is spoilt; half of the time the manifest names its new checksum."""
    if rng.random() < 0.4:
        manifest = json.loads((reference_path() / MANIFEST).read_bytes())
        return [(MANIFEST, spoilt_json(rng, manifest), False)]
    name = rng.choice(sorted(each.name for each in reference_path().iterdir()))
    return [(name, flipped(rng, (reference_path() / name).read_bytes()), rng.random() < 0.5)]


def _check(files: Inputs) -> None:
    """A bundle is loaded or refused as a bundle."""
    for name, data, signed in files:
        with TemporaryDirectory() as folder:
            _lay(Path(folder), name, data, signed)
            try:
                Bundle.load(folder)
            except BundleError:
                continue


def _lay(folder: Path, name: str, data: bytes, signed: bool) -> None:
    for each in reference_path().iterdir():
        (folder / each.name).write_bytes(each.read_bytes())
    (folder / name).write_bytes(data)
    if signed:
        before = sha256((reference_path() / name).read_bytes()).hexdigest()
        manifest = folder / MANIFEST
        text = manifest.read_text(encoding="utf-8", errors="surrogateescape")
        now = text.replace(before, sha256(data).hexdigest())
        manifest.write_text(now, encoding="utf-8", errors="surrogateescape")


TARGETS = {"bundles": Target(_make, _check, 1)}
