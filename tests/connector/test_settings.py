import stat
from pathlib import Path

import pytest

from connector.settings import PlatformSettings, Settings, SettingsError, load, write_secret

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"| `{name}` |" not in text]
    assert missing == []
    assert all(f"\n{name} = " in text for name in PlatformSettings.model_fields)


def test_later_sources_win(tmp_path: Path) -> None:
    (tmp_path / "thaksa.toml").write_text('port = 1111\nlog_level = "debug"\nsync_minutes = 5\n')
    environ = {"THAKSA_DATA": str(tmp_path), "THAKSA_PORT": "2222", "THAKSA_LOG_LEVEL": "error", "HOME": "/"}
    settings = load(environ, port=3333, host=None)
    assert (settings.port, settings.log_level, settings.sync_minutes) == (3333, "error", 5)
    assert settings.database == f"sqlite:///{tmp_path.resolve()}/thaksa.db"


def test_attachments_are_in_the_data_folder_or_elsewhere(tmp_path: Path) -> None:
    assert load({}, data=tmp_path).attachments_folder == tmp_path / "attachments"
    elsewhere = tmp_path / "shared"
    assert load({"THAKSA_ATTACHMENTS": str(elsewhere)}, data=tmp_path).attachments_folder == elsewhere


@pytest.mark.parametrize(
    ("toml", "environ", "named"),
    [
        ("colour = 1", {}, "unknown setting colour"),
        ("", {"THAKSA_COLOUR": "1"}, "unknown setting THAKSA_COLOUR"),
        ('port = "many"', {}, "setting port"),
        ("port = 99999", {}, "setting port"),
        ("port = ", {}, "thaksa.toml cannot be read"),
        ('data = "elsewhere"', {}, "--data or THAKSA_DATA"),
        ('[platforms.x]\nkind = "moodle"\nurl = "ftp://x"', {}, "setting platforms.x.url"),
        (
            '[platforms.x]\nkind = "moodle"\nurl = "http://x"\ntoken = "t"',
            {},
            "unknown setting platforms.x.token",
        ),
        ("", {"THAKSA_HOST": "0.0.0.0"}, "loopback only"),
        ("", {"THAKSA_HOST": "example.org"}, "loopback only"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    tmp_path: Path, toml: str, environ: dict[str, str], named: str
) -> None:
    (tmp_path / "thaksa.toml").write_text(toml)
    with pytest.raises(SettingsError) as caught:
        load(environ, data=tmp_path)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secrets_stay_the_same_and_are_private(tmp_path: Path) -> None:
    first = load({}, data=tmp_path).secret("national-id")
    assert load({}, data=tmp_path).secret("national-id") == first
    assert load({}, data=tmp_path).secret("credentials") != first
    mode = (tmp_path / "secrets" / "thaksa.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_missing_token_says_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"secrets/obec\.token"):
        load({}, data=tmp_path).platform_token("obec")
    write_secret(tmp_path / "secrets" / "obec.token", "abc\n")
    assert load({}, data=tmp_path).platform_token("obec") == "abc"
