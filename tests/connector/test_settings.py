import re
import stat
import traceback
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from connector.app import watched_by
from connector.platforms import Reading
from connector.report.syncs import Watched
from connector.runs import open_platform
from connector.settings import PlatformSettings, Settings, SettingsError, load, write_secret
from connector.settings_openid import OpenIdSettings
from connector.settings_smtp import SmtpSettings
from connector.settings_target import TargetSettings

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"
# Looks like a token: whatever is wrong with settings, it must not be told.
SECRET = "f00dfeed" * 4
MOODLE = '[platforms.x]\nkind = "moodle"\nurl = "http://x"\n'


def rows(text: str) -> dict[str, str]:
    """Name -> default of a table's rows."""
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", text, re.MULTILINE))


SECTIONS: Mapping[str, type[BaseModel]] = {
    "Settings": Settings,
    "Platforms": PlatformSettings,
    "Targets": TargetSettings,
    "SMTP": SmtpSettings,
    "OpenID": OpenIdSettings,
}


def section(title: str) -> dict[str, str]:
    """Name -> default of the table below a title."""
    found = re.search(
        rf"^#+ {title}\n(.*?)(?=^## |\Z)", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    return rows(found[1])


@pytest.mark.parametrize(("title", "model"), SECTIONS.items())
def test_every_setting_is_documented_and_nothing_else(title: str, model: type[BaseModel]) -> None:
    assert list(section(title)) == list(model.model_fields)


@pytest.mark.parametrize(("title", "model"), SECTIONS.items())
def test_the_documented_defaults_are_the_real_ones(title: str, model: type[BaseModel]) -> None:
    documented = section(title)
    for name, field in model.model_fields.items():
        if isinstance(field.default, bool | int | float) and documented[name].startswith("`"):
            assert documented[name] == f"`{str(field.default).lower()}`", name


def test_the_documented_example_loads(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "thaksa.toml").write_text(example)
    settings = load({}, data=tmp_path)
    assert set(settings.platforms) == {"obec-moodle", "academy"}
    given = (
        settings.platforms["obec-moodle"].model_fields_set | settings.platforms["academy"].model_fields_set
    )
    assert given == set(PlatformSettings.model_fields)
    assert settings.targets["ministry"].model_fields_set == set(TargetSettings.model_fields)
    assert settings.smtp is not None
    assert settings.smtp.model_fields_set == set(SmtpSettings.model_fields)
    assert settings.openid is not None
    assert settings.openid.model_fields_set == set(OpenIdSettings.model_fields)
    assert settings.platforms["obec-moodle"].courses == ("DL101", "TH-DL102", "17")


def test_later_sources_win(tmp_path: Path) -> None:
    (tmp_path / "thaksa.toml").write_text('port = 1111\nlog_level = "debug"\nsync_minutes = 5\n')
    environ = {"THAKSA_DATA": str(tmp_path), "THAKSA_PORT": "2222", "THAKSA_LOG_LEVEL": "error", "HOME": "/"}
    settings = load(environ, port=3333, host=None)
    assert (settings.port, settings.log_level, settings.sync_minutes) == (3333, "error", 5)
    assert settings.database == f"sqlite:///{tmp_path.resolve()}/thaksa.db"


def test_a_public_address_names_host_and_path(tmp_path: Path) -> None:
    environ = {
        "THAKSA_PUBLIC_ADDRESS": "https://a.example:8443/x/thaksa/",
        "THAKSA_ALLOWED_HOSTS": "b.example, [::2]",
    }
    settings = load(environ, data=tmp_path)
    assert (settings.public_address, settings.base_path) == ("https://a.example:8443/x/thaksa", "/x/thaksa")
    assert settings.hosts == ["127.0.0.1", "localhost", "[::1]", "a.example", "b.example", "[::2]"]
    assert load({}, data=tmp_path).base_path == ""


def test_attachments_are_in_the_data_folder_or_elsewhere(tmp_path: Path) -> None:
    assert load({}, data=tmp_path).attachments_folder == tmp_path / "attachments"
    elsewhere = tmp_path / "shared"
    assert load({"THAKSA_ATTACHMENTS": str(elsewhere)}, data=tmp_path).attachments_folder == elsewhere


def mistakes(
    tmp_path: Path, toml: str, environ: Mapping[str, str] | None = None, **options: Any
) -> list[str]:
    (tmp_path / "thaksa.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(environ or {}, data=tmp_path, **options)
    assert SECRET not in repr(caught.value) + "".join(traceback.format_exception(caught.value))
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize(
    ("toml", "environ", "named"),
    [
        ("\ncolour = 1", {}, "thaksa.toml line 2: colour: unknown setting"),
        ("prot = 1", {}, "thaksa.toml line 1: prot: unknown setting; did you mean port?"),
        ("", {"THAKSA_COLOUR": "1"}, "THAKSA_COLOUR: unknown setting"),
        ('# A\n\nport = "many"', {}, "thaksa.toml line 3: port: must be a whole number"),
        ("port = 99999", {}, "thaksa.toml line 1: port: must be 65535 or less"),
        ("", {"THAKSA_PORT": "many"}, "THAKSA_PORT: must be a whole number"),
        ("port = 1\nhost = ,", {}, "thaksa.toml cannot be read: Invalid value (at line 2"),
        ('data = "elsewhere"', {}, "thaksa.toml line 1: data: is the folder this file stands in"),
        ("platforms = 1", {}, "thaksa.toml line 1: platforms: must be tables"),
        ("[platforms]\nx = 1", {}, "thaksa.toml line 2: platforms.x: must be a table"),
        ("", {"THAKSA_PLATFORMS": "x"}, "THAKSA_PLATFORMS: "),
        ("", {"THAKSA_HOST": "0.0.0.0"}, "THAKSA_HOST: pages and API answer on loopback only"),
        ("", {"THAKSA_HOST": "example.org"}, "loopback only"),
        ('public_address = "obec.example"', {}, "thaksa.toml line 1: public_address: must be what browsers"),
        ('public_address = "https://a.example/x?y"', {}, "line 1: public_address: must be what browsers"),
        ("", {"THAKSA_ALLOWED_HOSTS": "a.example,*"}, "THAKSA_ALLOWED_HOSTS: must be a list of names"),
        ("", {"THAKSA_TRUSTED_PROXIES": "127.0.0.1, *"}, "THAKSA_TRUSTED_PROXIES: must be IP addresses"),
        ('access = "open"\nallowed_hosts = ["a.example"]', {}, 'line 1: access: must be "users"'),
        (
            '[platforms."x y"]\nkind = "moodle"\nurl = "http://x"',
            {},
            "line 1: platforms.x y: must be",
        ),
        ('[platforms.x]\nkind = "moodle"', {}, "thaksa.toml line 1: platforms.x.url: is missing"),
        (
            '[platforms.x]\nkind = "moo"\nurl = "http://x"',
            {},
            "line 2: platforms.x.kind: must be",
        ),
        (
            '[platforms.x]\nkind = "moodle"\nurl = "ftp://x"',
            {},
            "line 3: platforms.x.url: must be the site's",
        ),
        (
            f'[platforms.x]\nkind = "moodle"\nurl = "http://x?wstoken={SECRET}"',
            {},
            "line 3: platforms.x.url: must be the site's address alone",
        ),
        (
            f'[platforms.x]\nkind = "moodle"\nurl = "http://me:{SECRET}@x"',
            {},
            "line 3: platforms.x.url: must be the site's address alone",
        ),
        (f'{MOODLE}token = "{SECRET}"', {}, "line 4: platforms.x.token: unknown setting: name the file"),
        (f'{MOODLE}token_env = "{SECRET}-"', {}, "line 4: platforms.x.token_env: must be the name"),
        (f'{MOODLE}token_env = "A"\ntoken_file = "b"', {}, "line 5: platforms.x.token_file: the token comes"),
        (f"{MOODLE}every_minutes = 0", {}, "line 4: platforms.x.every_minutes: must be 1 or more"),
        (
            f'{MOODLE}every_minutes = 5\ncron = "0 2 * * *"',
            {},
            "line 5: platforms.x.cron: every_minutes",
        ),
        (f'{MOODLE}cron = "0 2 * *"', {}, "line 4: platforms.x.cron: must have five fields"),
        (f'{MOODLE}cron = "0 25 * * *"', {}, "line 4: platforms.x.cron: is no crontab expression"),
        (f'{MOODLE}cron = "0 2 * * 1"', {}, "line 4: platforms.x.cron: names the day of the week by number"),
        (f'{MOODLE}cron = "0 2 30 2 *"', {}, "line 4: platforms.x.cron: never comes round"),
        (f"{MOODLE}courses = [\n  1,\n  true,\n]", {}, "line 4: platforms.x.courses.1: must be text"),
        (f'{MOODLE}courses = "DL101"', {}, "line 4: platforms.x.courses: must be a list"),
        (f"{MOODLE}calls_at_once = 17", {}, "line 4: platforms.x.calls_at_once: must be 16 or less"),
        (f'{MOODLE}grades = "yes"', {}, "line 4: platforms.x.grades: must be true or false"),
        (f"{MOODLE}shrink_share = 20", {}, "line 4: platforms.x.shrink_share: must be 1 or less"),
        (f"{MOODLE}every_minute = 1", {}, "line 4: platforms.x.every_minute: unknown setting; did you mean"),
        (f"platforms.x.kind = 'moodle'\nplatforms.x.url = 'x:{SECRET}'", {}, "line 2: platforms.x.url: must"),
        (
            f'{MOODLE}\n[platforms.y]\nkind = "moodle"\nurl = "HTTP://X/"',
            {},
            "line 7: platforms.y.url: is the address of platforms.x too",
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_it_and_its_line(
    tmp_path: Path, toml: str, environ: dict[str, str], named: str
) -> None:
    [line] = mistakes(tmp_path, toml, environ)
    assert named in line


def test_all_mistakes_are_listed_in_the_order_of_the_file(tmp_path: Path) -> None:
    toml = '\ufeff# ไทย\nsync_minutes = 0\n[platforms.a]\nurl = """\nhttp://a\n"""\nkind = "x"\n'
    toml += "[platforms.b]\n"
    found = mistakes(tmp_path, toml, {"THAKSA_JSON_DEPTH": "1"}, port=-1)
    assert [line.split(": ")[:2] for line in found] == [
        ["THAKSA_JSON_DEPTH", "must be 10 or more"],
        ["--port", "must be 0 or more"],
        ["thaksa.toml line 2", "sync_minutes"],
        ["thaksa.toml line 4", "platforms.a.url"],
        ["thaksa.toml line 7", "platforms.a.kind"],
        ["thaksa.toml line 8", "platforms.b.kind"],
        ["thaksa.toml line 8", "platforms.b.url"],
    ]


def test_secrets_stay_the_same_and_are_private(tmp_path: Path) -> None:
    first = load({}, data=tmp_path).secret("national-id")
    assert load({}, data=tmp_path).secret("national-id") == first
    assert load({}, data=tmp_path).secret("credentials") != first
    mode = (tmp_path / "secrets" / "thaksa.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("", "secrets/x.token"),
        ('token_file = "here"', "here"),
        ('token_env = "THAKSA_X_TOKEN"', "variable THAKSA_X_TOKEN"),
    ],
)
def test_a_missing_or_empty_token_says_where_to_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, place: str
) -> None:
    (tmp_path / "thaksa.toml").write_text(MOODLE + field)
    # A variable that is named for a token is no unknown setting.
    settings = load({"THAKSA_X_TOKEN": SECRET} if "env" in field else {}, data=tmp_path)
    with pytest.raises(SettingsError, match=re.escape(place)):
        settings.check_tokens()
    write_secret(tmp_path / place, " \n")
    monkeypatch.setenv("THAKSA_X_TOKEN", "")
    with pytest.raises(SettingsError, match=re.escape(place)):
        settings.check_tokens()
    write_secret(tmp_path / place, f"{SECRET}\n")
    monkeypatch.setenv("THAKSA_X_TOKEN", SECRET)
    settings.check_tokens()
    assert settings.platform_token("x") == SECRET
    assert SECRET not in repr(settings)


def test_every_missing_token_is_named(tmp_path: Path) -> None:
    (tmp_path / "thaksa.toml").write_text(MOODLE + MOODLE.replace(".x", ".y").replace("//x", "//y"))
    with pytest.raises(SettingsError) as caught:
        load({}, data=tmp_path).check_tokens()
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["platform x", "platform y"]


def test_how_a_platform_is_read_is_a_setting(tmp_path: Path) -> None:
    fields = "calls_at_once = 2\ngrades = false\nactivities = true\nbadges = true\n"
    (tmp_path / "thaksa.toml").write_text(MOODLE + fields)
    write_secret(tmp_path / "secrets" / "x.token", SECRET)
    settings = load({}, data=tmp_path)
    assert settings.platforms["x"].reading == Reading(2, grades=False, activities=True, badges=True)
    assert open_platform(settings, "x")


@pytest.mark.parametrize(
    ("general", "fields", "said", "hours"),
    [
        ("", "", "every 15 min, 360 where all is read", 24),
        ("sync_minutes = 600\n", "", "every 600 min", 30),
        ("read_all_minutes = 30\n", "every_minutes = 5", "every 5 min", 24),
        ("", 'cron = "0 2 * * *"', "cron 0 2 * * *", 69),
        ("", "every_minutes = 5\nstale_after_hours = 1", "every 5 min", 1),
    ],
)
def test_a_platform_has_its_own_timetable(
    tmp_path: Path, general: str, fields: str, said: str, hours: int
) -> None:
    (tmp_path / "thaksa.toml").write_text(general + MOODLE + fields)
    settings = load({}, data=tmp_path)
    assert str(settings.timetable("x")) == said
    assert watched_by(settings)["x"] == Watched("moodle", timedelta(hours=hours))
