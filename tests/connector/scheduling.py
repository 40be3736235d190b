"""Schedules in tests: a platform that does as it is told, and the scheduler beside the test."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, select

from connector.completion import Course, Fact, Learner, Observation
from connector.platforms import Asked, Cursor, PlatformError, Reading
from connector.schedule import Told, schedule
from connector.schedule_jobs import Planned
from connector.settings import Settings, load, write_secret
from connector.tables import platform, sync_run
from mappings.people import HashKeys

KIND = "scripted"


class Site:
    """A platform of one learner, whose name in the settings is in its address.

    `wrong`: what it fails with. `slow`: it says one page after another until it is let go. `state`: where
    its next sync goes on; None: it is read whole each time. `fulls`: whether each sync asked for everything.
    """

    def __init__(self, name: str) -> None:
        self.home_page = f"https://{name}.example"
        self.wrong: Exception | None = None
        self.slow = False
        self.state: str | None = None
        self.reading = threading.Event()
        self.fulls: list[bool] = []

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        if self.wrong:
            raise self.wrong
        self.fulls.append(asked.full)
        course = Course(self.home_page, "2", f"{self.home_page}/course/view.php?id=2", "C", "", "C", "")
        self.reading.set()
        while True:
            yield Observation(course, Learner(self.home_page, "7", "ชื่อ", None), Fact.ENROLLED)
            if not self.slow:
                break
            yield Cursor("7", 1, 2)
        yield Cursor(self.state, 1, 1)


class Sites:
    """The sites that the registry opens."""

    def __init__(self) -> None:
        self._sites: dict[str, Site] = {}

    def __getitem__(self, name: str) -> Site:
        return self._sites.setdefault(name, Site(name))

    def __call__(self, *, url: str, token: str, hash_keys: HashKeys, reading: Reading) -> Site:
        return self[url.removeprefix("https://").removesuffix(".example")]


def settings_of(data: Path, engine: Engine, platforms: dict[str, str], more: str = "") -> Settings:
    """The settings with these platforms: name -> further lines of its table."""
    url = engine.url.render_as_string(hide_password=False)
    lines = [f'database_url = "{url}"', more]
    for name, fields in platforms.items():
        lines += [f"[platforms.{name}]", f'kind = "{KIND}"', f'url = "https://{name}.example"', fields]
        write_secret(data / "secrets" / f"{name}.token", "token")
    (data / "thaksa.toml").write_text("\n".join(lines), encoding="utf-8")
    return load({}, data=data)


class Running:
    """A scheduler in a thread of the test."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.waiting = threading.Event()
        self.plans: list[Sequence[Planned]] = []
        self.ended: bool | None = None

    @property
    def told(self) -> Told:
        return Told(self.waiting.set, self.plans.append)


@contextmanager
def running(settings: Settings, engine: Engine) -> Iterator[Running]:
    here = Running()

    def run() -> None:
        here.ended = schedule(settings, engine, here.stop, here.told)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield here
    finally:
        here.stop.set()
        thread.join(30)
    assert not thread.is_alive()


def refuse(message: str = "it refuses", permanent: bool = False) -> PlatformError:
    return PlatformError(message, permanent)


def runs_of(engine: Engine, name: str) -> list[tuple[bool, str | None]]:
    """(whether it is finished, its error) of each run, in order."""
    query = (
        select(sync_run.c.finished_at, sync_run.c.error)
        .join(platform, platform.c.id == sync_run.c.platform_id)
        .where(platform.c.name == name)
        .order_by(sync_run.c.id)
    )
    with engine.begin() as conn:
        return [(row.finished_at is not None, row.error) for row in conn.execute(query)]
