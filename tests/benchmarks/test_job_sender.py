from __future__ import annotations

from benchmarks.job.sender import Part
from benchmarks.job.stream import made_up_stream


def test_parts_follow_each_other_without_the_catalogue() -> None:
    whole = Part(0, 900).records()
    assert {record.topic for record in whole} == {"clicks", "purchases", "context"}
    assert whole == [record for record in made_up_stream(900) if record.topic != "catalog"]
    assert Part(300, 900).records() == whole[300:]
