"""`thaksa platform …`: which platforms are in the settings, and what their service accounts may do."""

from collections.abc import Sequence

import typer
from rich.table import Table

from connector.command import OUT, Data
from connector.platforms import DOCTORS, Check, Verdict
from connector.settings import FILE, Settings, SettingsError, load

app = typer.Typer(no_args_is_help=True, help="Platforms of the settings.")

_STYLES = {Verdict.OK: "green", Verdict.MISSING: "bold red", Verdict.OPTIONAL: "yellow"}


@app.command("list")
def list_(data: Data = None) -> None:
    """Show the platforms of the settings; reads nothing from them."""
    settings = load(data=data)
    if not settings.platforms:
        OUT.print(f"No platform is set: add [platforms.NAME] to {settings.data / FILE}", markup=False)
        return
    for name, chosen in sorted(settings.platforms.items()):
        OUT.print(f"{name}: {chosen.kind} at {chosen.url}", markup=False, highlight=False)


@app.command("check")
def check(name: str = typer.Argument(help="A platform of the settings."), data: Data = None) -> None:
    """Try out what the platform's service account may do; exit status 1 if something needed is missing."""
    settings = load(data=data)
    checks = examine(settings, name)
    OUT.print(table(name, checks), soft_wrap=False)
    missing = sum(one.verdict is Verdict.MISSING for one in checks)
    if missing:
        OUT.print(f"{missing} missing: see what to do, then check again.", highlight=False)
        raise typer.Exit(1)
    OUT.print("All that is needed is there.", highlight=False)


def examine(settings: Settings, name: str) -> Sequence[Check]:
    """What a doctor finds at a platform of the settings."""
    if name not in settings.platforms:
        known = ", ".join(sorted(settings.platforms)) or "none"
        raise SettingsError(f"platform {name!r} is not in the settings (known: {known})")
    chosen = settings.platforms[name]
    doctor = DOCTORS[chosen.kind](url=chosen.url, token=settings.platform_token(name), reading=chosen.reading)
    return doctor.examine()


def table(name: str, checks: Sequence[Check]) -> Table:
    """Checks as an operator reads them."""
    found = Table(title=f"The service account of {name}")
    # Names of functions are searched for, and cannot be where they are cut.
    found.add_column("function or right", no_wrap=True, min_width=max(len(one.what) for one in checks))
    found.add_column("state", no_wrap=True)
    found.add_column("what to do", ratio=1)
    for one in checks:
        found.add_row(one.what, one.verdict.value, one.remedy, style=_STYLES.get(one.verdict, "dim"))
    return found
