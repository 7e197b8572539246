from __future__ import annotations

import pytest

from streams.operate.commands.recover import sentence
from streams.operate.tools.recover import Standing
from streams.settings import Settings

WHOLE = {"clicks": 9, "context": 4}


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(0, WHOLE, WHOLE, 20), "fine"),
        (Standing(0, {}, {}, -1), "fine"),
        (Standing(0, WHOLE, WHOLE, 20, WHOLE, 20), "fine"),
        (Standing(0, WHOLE, WHOLE, 20, WHOLE, 21), "of a log that is gone, --repair removes it"),
        (
            Standing(0, WHOLE, WHOLE, 20, WHOLE, 9, is_of_another=True),
            "of a log that is gone, --repair removes it",
        ),
        (Standing(0, WHOLE, {}, 4, open_at=5), "--partition 0 --start-offset 5`"),
        (Standing(0, WHOLE, {"clicks": 9}, 5, WHOLE, 21), "is whole: --repair writes it back"),
        (Standing(0, WHOLE, {}, -1, {"clicks": 8, "context": 4}, 21), "13 records are counted"),
        (Standing(0, WHOLE, {"clicks": 6, "context": 5}, 8), "3 records are counted"),
    ],
)
def test_each_standing_has_its_sentence(standing: Standing, said: str) -> None:
    assert said in sentence(standing, Settings(data_dir="here"))
