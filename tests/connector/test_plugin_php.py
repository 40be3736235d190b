"""The companion Moodle plugin, as far as it can be judged without a Moodle: syntax, names, languages."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import connector
from connector.platforms.moodle.functions import CAPABILITIES, REST
from connector.platforms.moodle.functions import PLUGIN as FUNCTIONS

PLUGIN = Path(connector.__file__).parent / "platforms/moodle/plugin/local_thaksa"
PHP = sorted(path.relative_to(PLUGIN).as_posix() for path in PLUGIN.rglob("*.php"))
OWN = {"local_thaksa_get_changes", "local_thaksa_get_totals"}


def text(path: str) -> str:
    return (PLUGIN / path).read_text(encoding="utf-8")


def strings(language: str) -> dict[str, str]:
    found = re.findall(r"^\$string\['([^']+)'\] = '(.*)';$", text(f"lang/{language}/local_thaksa.php"), re.M)
    assert len(found) == text(f"lang/{language}/local_thaksa.php").count("$string[")
    return dict(found)


@pytest.mark.skipif(shutil.which("php") is None, reason="php is not installed: its syntax check needs it")
@pytest.mark.parametrize("path", PHP)
def test_php_syntax(path: str) -> None:
    run = subprocess.run(["php", "-l", PLUGIN / path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", PHP)
def test_every_file_carries_its_licence(path: str) -> None:
    assert "GNU General Public License" in text(path)
    assert "@license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later" in text(path)


def test_it_is_written_for_moodle_4_1_and_later() -> None:
    version = text("version.php")
    assert "$plugin->component = 'local_thaksa';" in version
    assert "$plugin->requires = 2022112800;" in version
    assert re.search(r"^\$plugin->version = 20\d{8};$", version, re.M)


def test_the_service_offers_what_the_connector_calls() -> None:
    services = text("db/services.php")
    listed = set(re.findall(r"^            '(\w+)',$", services, re.M))
    assert set(re.findall(r"^    '(local_\w+)' => \[$", services, re.M)) == OWN
    assert set(FUNCTIONS) == OWN
    assert listed == set(CAPABILITIES)
    for name in OWN:
        path = re.search(rf"'{name}' => \[\s+'classname' => '([^']+)'", services)
        assert path is not None
        assert (
            PLUGIN
            / f"classes/{path[1].removeprefix('local_thaksa').strip(chr(92)).replace(chr(92), '/')}.php"
        ).exists()


def test_the_role_has_the_capability_of_the_plugin() -> None:
    declared = set(re.findall(r"^    '(local/thaksa:\w+)' => \[$", text("db/access.php"), re.M))
    allowed = {element.text for element in ET.parse(PLUGIN / "role.xml").iterfind("permissions/allow")}
    used = set(re.findall(r"'capabilities' => '([^']+)'", text("db/services.php")))
    assert declared == used == {"local/thaksa:read"}
    assert declared | {REST} | {name for names in CAPABILITIES.values() for name in names} <= allowed


@pytest.mark.parametrize("name", sorted(OWN))
def test_the_readme_tells_every_parameter_and_field(name: str) -> None:
    readme = text("README.md")
    assert f"## `{name}`" in readme
    documented = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", readme))))
    source = text(f"classes/external/{name.removeprefix('local_thaksa_')}.php")
    fields = set(re.findall(r"'(\w+)' => (?:new external|self::)", source))
    assert len(fields) > 7
    assert fields <= documented


def test_the_readme_tells_every_kind_of_deletion() -> None:
    kinds = set(re.findall(r"const [A-Z]+ = '(\w+)';", text("classes/change_log.php")))
    kinds -= {"local_thaksa_change", "touched"}
    section = text("README.md").partition("Kinds of `gone`")[2].partition("\n## ")[0]
    assert kinds == set(re.findall(r"^\| `(\w+)` \| \w", section, re.M)) - {"kind"}


def test_every_observed_event_has_its_observer() -> None:
    events = set(re.findall(r"^        '(\w+)',$", text("db/events.php"), re.M))
    assert events == set(re.findall(r"public static function (\w+)\(", text("classes/observer.php")))
    assert "user_enrolment_deleted" in events


def test_english_and_thai_have_the_same_strings() -> None:
    english, thai = strings("en"), strings("th")
    assert list(english) == list(thai) == sorted(english)
    assert all(re.search("[ก-๛]", value) for value in thai.values())
    assert {"pluginname", "thaksa:read"} <= english.keys()


def test_every_string_that_is_asked_for_exists() -> None:
    english = strings("en")
    source = "".join(text(path) for path in PHP)
    asked = set(re.findall(r"(?:get_string|new lang_string)\('(\w+)', 'local_thaksa'\)", source))
    checks = re.findall(r"^            '(\w+)' =>", text("classes/checks.php"), re.M)
    asked |= {f"check_{name}" for name in checks}
    assert len(checks) > 5
    assert asked <= english.keys()
