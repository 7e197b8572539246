"""Settings: defaults, sources, bounds, and a bad value that names itself."""

from __future__ import annotations

import pytest

from streams.settings import PREFIX, Settings, SettingsError, describe_settings, load_settings


def test_defaults_are_cautious():
    settings = load_settings({})
    assert (settings.consent_default, settings.publish) == ("denied", "live")


def test_an_argument_wins_over_the_environment_and_that_over_the_file(tmp_path):
    path = tmp_path / "kairos.toml"
    path.write_text("cap_per_day = 1\nmin_gap_ms = 5\nquiet_end = '09:00'\n")
    environ = {"KAIROS_CONFIG": str(path), "KAIROS_MIN_GAP_MS": "6", "KAIROS_CAP_PER_DAY": "2"}
    settings = load_settings(environ, cap_per_day=3)
    assert (settings.cap_per_day, settings.min_gap_ms, settings.quiet_end) == (3, 6, "09:00")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cap_per_day", "-1"),
        ("cap_per_day", "many"),
        ("publish", "perhaps"),
        ("lambda_t", "11"),
        ("quiet_start", "25:00"),
        ("quiet_end", "8:00"),
        ("default_timezone", "Mars/Olympus"),
        ("default_timezone", "localtime"),
        ("event_names", "{"),
        ("event_names", '{"pv": "stare"}'),
        ("holdout_share", "1.5"),
    ],
)
def test_a_bad_value_stops_the_start_with_the_settings_name(name, value):
    with pytest.raises(SettingsError, match=f"^{name}:"):
        load_settings({PREFIX + name.upper(): value})


def test_a_file_that_names_an_unknown_setting_is_refused(tmp_path):
    path = tmp_path / "kairos.toml"
    path.write_text("cap_per_dya = 1\n")
    with pytest.raises(SettingsError, match=r"^cap_per_dya: .*did you mean cap_per_day\?$"):
        load_settings({"KAIROS_CONFIG": str(path)})


def test_a_variable_that_names_an_unknown_setting_is_refused():
    with pytest.raises(
        SettingsError, match=r"^KAIROS_CAP_PER_DYA: .*did you mean KAIROS_CAP_PER_DAY\?$"
    ):
        load_settings({"KAIROS_CAP_PER_DYA": "1"})


def test_what_is_like_no_setting_is_refused_without_a_guess():
    with pytest.raises(SettingsError, match=r"^KAIROS_ZZZ: there is no such setting$"):
        load_settings({"KAIROS_ZZZ": "1"})


def test_variables_of_others_are_left_alone():
    assert load_settings({"KAFKA_BROKER": "x", "KAIROS_DATA": "x"}) == Settings()


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(SettingsError, match=r"^config: "):
        load_settings({"KAIROS_CONFIG": "nowhere.toml"})


def test_an_empty_lambda_means_that_bundle_or_epoch_decide():
    assert load_settings({"KAIROS_LAMBDA_T": ""}).lambda_t is None


def test_every_setting_has_a_unit_a_sentence_and_a_source():
    rows = list(describe_settings({"KAIROS_TENANT": "shop"}))
    assert [row.name for row in rows] == list(Settings.__struct_fields__)
    assert all(row.unit and row.sentence.endswith(".") for row in rows)
    assert {row.source for row in rows} == {"default", "KAIROS_TENANT"}


@pytest.mark.parametrize("name", ["PORT", "PORT_6066_TCP_ADDR", "SERVICE_HOST", "SERVICE_PORT_WEB"])
def test_what_kubernetes_says_of_a_service_called_kairos_is_left_alone(name):
    assert load_settings({f"KAIROS_{name}": "10.0.0.7"}) == load_settings({})
