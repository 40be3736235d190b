"""What settings say of the addresses that the service is reached at, and by whom. Pure."""

import re
from ipaddress import ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

_NAME = r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"{_NAME}|\[[0-9A-Fa-f:.]+\]")
_ADDRESS = re.compile(rf"https?://(?:{_NAME}|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9._~-]+)*")


def base_path(address: str) -> str:
    """The path that an address ends in, such as "/thaksa"; "" for none."""
    return urlsplit(address).path


def host_name(address: str) -> str:
    """The name or number of the machine in an address, as `Host` has it, without a port."""
    return urlsplit(address).netloc.rsplit("@")[-1].removesuffix(f":{urlsplit(address).port}")


def _split(value: Any) -> Any:
    """A variable holds a list as text, with commas."""
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _is_address(value: str) -> str:
    value = value.rstrip("/")
    if value and ("*" in value or _ADDRESS.fullmatch(value) is None):
        raise ValueError(
            "must be what browsers show, as https://skills.example or https://obec.example/thaksa"
        )
    return value


def _are_hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(_HOST.fullmatch(one) for one in values):
        raise ValueError('must be a list of names without scheme and port, as ["skills.example"]')
    return values


def _are_networks(values: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for one in values:
            ip_network(one)
    except ValueError:
        raise ValueError('must be IP addresses or networks, as ["127.0.0.1", "10.0.0.0/24"]') from None
    return values


PublicAddress = Annotated[str, AfterValidator(_is_address)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_are_hosts)]
Networks = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_are_networks)]
