"""The workers of a round."""

from __future__ import annotations

from chaos.fleet import Fleet

from streams.settings import Settings


def test_two_faults_that_start_a_worker_of_one_name_have_one_each(tmp_path, monkeypatch):
    monkeypatch.setattr(Fleet, "_spawn", lambda *_: None)
    fleet = Fleet(Settings(), "", "count", tmp_path, {})
    one, other = fleet.start("late"), fleet.start("late")
    assert one.home != other.home
    assert [fleet.members[each.name] is each for each in (one, other)] == [True, True]
