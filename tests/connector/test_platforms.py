"""What every platform must do, whatever it reads: one line here for each in the registry."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from connector.completion import Fact, Observation
from connector.platforms import DOCTORS, PLATFORMS, Asked, Cursor, Platform, PlatformError, Reading
from connector.platforms.loopback import LoopbackSite
from connector.platforms.moodle.replay import Replay
from connector.platforms.openedx.replay import Replay as OpenEdxReplay
from tests.connector.conftest import FIXTURES, HASH_KEYS, RECORDING, TOKEN

PLUGIN_RECORDING = FIXTURES.parent / "moodle_plugin" / "before.jsonl.gz"

OPENEDX_RECORDING = FIXTURES.parent / "openedx" / "site.json"
# A client of Open edX has two parts; Moodle takes any text.
CLIENT = f"{TOKEN}:{TOKEN}"
WRONG = "f00d" * 8 + ":" + "f00d" * 8

RECORDED: Mapping[str, tuple[str, Callable[[], LoopbackSite]]] = {
    "moodle": ("moodle", lambda: Replay(RECORDING, CLIENT)),
    "moodle with the plugin": ("moodle", lambda: Replay(PLUGIN_RECORDING, CLIENT)),
    "openedx": ("openedx", lambda: OpenEdxReplay(OPENEDX_RECORDING, CLIENT, page_size=2)),
}
"""Site -> its kind, and its recording as a context manager with `url`, opened by CLIENT."""


@contextmanager
def recorded(name: str, token: str = CLIENT) -> Iterator[Platform]:
    kind, site = RECORDED[name]
    with site() as running:
        yield PLATFORMS[kind](url=running.url, token=token, hash_keys=HASH_KEYS, reading=Reading())


@pytest.fixture(params=RECORDED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def platform(name: str) -> Iterator[Platform]:
    with recorded(name) as platform:
        yield platform


def test_every_kind_is_recorded() -> None:
    assert {kind for kind, _ in RECORDED.values()} == PLATFORMS.keys()


def test_every_kind_has_a_doctor() -> None:
    assert DOCTORS.keys() == PLATFORMS.keys()


def observations(platform: Platform) -> list[Observation]:
    return [item for item in platform.observe(None, Asked()) if isinstance(item, Observation)]


def test_observes_the_same_twice(platform: Platform) -> None:
    assert list(platform.observe(None, Asked())) == list(platform.observe(None, Asked()))


def test_ends_with_a_cursor_that_ends_the_pass(platform: Platform) -> None:
    last = list(platform.observe(None, Asked()))[-1]
    assert isinstance(last, Cursor)
    assert last.ends_pass
    assert last.done == last.total > 0


def test_everything_is_of_its_home_page(platform: Platform) -> None:
    said = observations(platform)
    assert {one.course.home_page for one in said} == {platform.home_page}
    assert {one.learner.home_page for one in said} == {platform.home_page}
    assert all(one.course.activity_iri.startswith(platform.home_page) for one in said)


def test_facts_do_not_contradict(platform: Platform) -> None:
    said: dict[tuple[str, str], list[Fact]] = {}
    for one in observations(platform):
        said.setdefault((one.learner.account_name, one.course.external_id), []).append(one.fact)
    assert any(Fact.COMPLETED in facts for facts in said.values())
    for facts in said.values():
        assert len(facts) == len(set(facts))
        assert not {Fact.COMPLETED, Fact.NOT_COMPLETED} <= set(facts)


def test_times_are_aware_and_shares_are_shares(platform: Platform) -> None:
    for one in observations(platform):
        assert one.at is None or one.at.utcoffset() is not None
        assert one.progress is None or 0 <= one.progress <= 1
        assert one.grade is None or -1 <= one.grade <= 1


def test_titles_hold_no_markup(platform: Platform) -> None:
    titles = {one.course.title for one in observations(platform)}
    assert not any("&amp;" in title or "<" in title for title in titles)


def test_wrong_token_is_a_permanent_error_in_one_line(name: str) -> None:
    with recorded(name, token=WRONG) as platform, pytest.raises(PlatformError) as caught:
        _ = platform.home_page
    assert caught.value.permanent
    assert "\n" not in str(caught.value)
    assert "f00d" not in str(caught.value)
