from __future__ import annotations

from streams.engine.catalogue_lag import CatalogueLag


def test_a_batch_waits_for_the_catalogue_as_for_a_topic_that_lags_and_no_longer():
    lag = CatalogueLag(wait_s=2.0)
    assert not lag.holds_up(100.0)
    lag.note(True, 100.0)
    assert lag.holds_up(101.9)
    lag.note(True, 101.9)  # still the same lag
    assert not lag.holds_up(102.0)
    lag.note(False, 103.0)
    lag.note(True, 104.0)
    assert lag.holds_up(104.0)
    lag.note(False, 104.1)
    assert not lag.holds_up(104.1)
