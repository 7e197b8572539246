"""An error is named by type, place and a hash: the same error the same, and no value with it."""

from __future__ import annotations

import pytest

from streams.shared.blame import may_be_the_input, named
from streams.shared.text import search_words


def raised(work):
    try:
        work()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_the_innermost_place_of_ours_is_named_and_no_value():
    error = raised(lambda: search_words(7))  # type: ignore[arg-type]
    sentence = named(error)
    assert sentence.startswith(f"{type(error).__name__} in streams.shared.text:")
    assert "7" not in sentence.split(" (")[0]
    assert named(raised(lambda: int("a secret"))).startswith("ValueError in a library (traceback ")
    assert "secret" not in named(raised(lambda: int("a secret")))


def test_the_same_line_gives_the_same_hash_and_another_gives_another():
    def fails(deep):
        return 1 // 0 if not deep else fails(deep - 1)

    once, again, deeper = (named(raised(lambda n=n: fails(n))) for n in (0, 0, 1))
    assert once == again != deeper


class Panic(BaseException):
    """As pyo3 raises it."""


Panic.__module__ = "pyo3_runtime"


@pytest.mark.parametrize(
    ("error", "may_be"),
    [
        (ValueError(), True), (Panic(), True), (RecursionError(), True), (MemoryError(), False),
        (OSError(28, "full"), False), (KeyboardInterrupt(), False),
    ],
)  # fmt: skip
def test_the_machines_fault_is_never_the_inputs(error, may_be):
    assert may_be_the_input(error) == may_be
