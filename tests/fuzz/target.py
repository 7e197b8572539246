"""A target: makes inputs, and raises where one of them breaks a promise; findings, minimised."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from streams.shared.blame import named

Inputs = list[Any]
TRIALS = 400
"""So often a finding is tried while it is made smaller."""
SHOWN_CHARACTERS = 2_000


class BrokenPromiseError(AssertionError):
    """What should hold for any input does not."""


@dataclass(frozen=True, slots=True)
class Target:
    """``make``: the inputs of a batch; ``check`` takes any selection of them, in their order.

    ``share``: of the inputs of a run, in ten-thousandths. Both are functions of their arguments alone.
    """

    make: Callable[[random.Random], Inputs]
    check: Callable[[Inputs], None]
    share: int


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind``: what raised and where; ``place``: how the batch is made again."""

    kind: str
    place: str
    inputs: Inputs
    trace: str

    def __str__(self) -> str:
        """All that somebody needs who is to mend it."""
        return f"{self.place}\n{self.trace}{repr(self.inputs)[:SHOWN_CHARACTERS]}"


def inputs_of(name: str, target: Target, seed: int, batch: int) -> Inputs:
    """Return the inputs of a batch: always the same."""
    return target.make(random.Random(f"{seed}/{name}/{batch}"))


def findings_of(
    name: str, target: Target, seed: int, batch: int, inputs: Inputs, known: Collection[str]
) -> list[Finding]:
    """Return what a batch brings to light, each kind once with as few inputs as show it.

    ``known``: kinds that were found before. What is behind one of them waits until it is mended.
    """
    found: dict[str, Finding] = {}
    waiting = inputs
    while waiting and (kind := _kind(target, waiting)) is not None:
        told = f"{name}: {kind}"
        if told in found or told in known:
            break
        few = minimised(waiting, lambda some, kind=kind: _kind(target, some) == kind)
        numbers = [_number(inputs, one) for one in few]
        place = f"make fuzz ONLY={name} SEED={seed} BATCH={batch}  # inputs {numbers[:20]}"
        found[told] = Finding(told, place, few, _trace(target, few))
        waiting = [one for one in waiting if not any(one is culprit for culprit in few)]
    return list(found.values())


def minimised(inputs: Inputs, fails: Callable[[Inputs], bool]) -> Inputs:
    """Return as few of the inputs as still fail (delta debugging, without its complements)."""
    size, left = max(len(inputs) // 2, 1), TRIALS
    while size:
        at = 0
        while at < len(inputs) and left:
            rest, left = inputs[:at] + inputs[at + size :], left - 1
            if rest and fails(rest):
                inputs = rest
            else:
                at += size
        size //= 2
    return inputs


def _kind(target: Target, inputs: Inputs) -> str | None:
    """What a check raises, None if it does not."""
    try:
        target.check(inputs)
    except BrokenPromiseError as error:
        return str(error)
    except Exception as error:
        return named(error)
    return None


def _trace(target: Target, inputs: Inputs) -> str:
    try:
        target.check(inputs)
    except Exception:
        return traceback.format_exc()
    return "It does not happen again: something was kept from one check to the next.\n"


def _number(inputs: Inputs, one: Any) -> int:
    return next(number for number, each in enumerate(inputs) if each is one)


def promise(holds: bool, broken: str, *numbers: object) -> None:
    """Raise unless something holds; ``broken`` names the kind, the same for every input."""
    if not holds:
        error = BrokenPromiseError(broken)
        for number in numbers:
            error.add_note(repr(number)[:300])
        raise error


def refused(sentence: str | None, secrets: Sequence[str]) -> None:
    """Check what is said of an input that was refused: a sentence, and nothing of a value."""
    promise(isinstance(sentence, str | None), "a refusal is no sentence", sentence)
    if sentence:
        told = [secret for secret in secrets if secret in sentence]
        promise(not told, "a refusal repeats a value", sentence)
