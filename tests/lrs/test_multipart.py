"""Communication 1.5.2, RFC 2046: multipart/mixed, read and written as a stream."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.multipart import Mixed, Part, Reader, boundary_of

BODY = (
    b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n"
    b"--b\r\nX-Experience-API-Hash:abc\r\ncontent-transfer-encoding:  binary \r\n\r\none\r\ntwo\r\n"
    b"--b--\r\n"
)
PARTS = [
    ({"content-type": "application/json"}, b"{}"),
    ({"x-experience-api-hash": "abc", "content-transfer-encoding": "binary"}, b"one\r\ntwo"),
]

Parts = list[tuple[Mapping[str, str], bytes]]


async def _chunks(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _read(pieces: Sequence[bytes], boundary: str) -> Parts:
    reader = Reader(_chunks(pieces), boundary)
    found: Parts = []
    while (headers := await reader.part()) is not None:
        found.append((headers, b"".join([piece async for piece in reader.data()])))
    return found


def read(*pieces: bytes, boundary: str = "b") -> Parts:
    return asyncio.run(_read(pieces, boundary))


def part(content: bytes, **headers: str) -> Part:
    return Part(headers, len(content), lambda: [content])


class TestBoundary:
    @pytest.mark.parametrize(
        ("content_type", "boundary"),
        [
            ("multipart/mixed; boundary=abc", "abc"),
            ('multipart/mixed; charset=utf-8; boundary="a b:c"', "a b:c"),
            ("Multipart/Mixed; Boundary=-------314159265358979323846", "-------314159265358979323846"),
        ],
    )
    def test_is_the_parameter(self, content_type: str, boundary: str) -> None:
        assert boundary_of(content_type) == boundary

    @pytest.mark.parametrize(
        "content_type",
        [
            "multipart/mixed",
            "multipart/mixed;",
            "multipart/mixed; boundary=",
            'multipart/mixed; boundary=""',
            f"multipart/mixed; boundary={'b' * 71}",
            'multipart/mixed; boundary="a "',
            'multipart/mixed; boundary="ä"',
            'multipart/mixed; boundary="a\rb"',
        ],
    )
    def test_is_needed(self, content_type: str) -> None:
        with pytest.raises(BadRequest, match=r"must name a boundary \(xAPI Communication 1\.5\.2"):
            boundary_of(content_type)


class TestRead:
    def test_in_one_piece(self) -> None:
        assert read(BODY) == PARTS

    def test_octet_by_octet(self) -> None:
        assert read(*(BODY[at : at + 1] for at in range(len(BODY)))) == PARTS

    def test_a_blank_line_before_the_first_boundary(self) -> None:
        assert read(b"\r\n", BODY) == PARTS

    def test_what_follows_the_closing_boundary_is_never_read(self) -> None:
        assert read(BODY, b"--b\r\n\r\nmore") == PARTS

    def test_no_part_at_all(self) -> None:
        assert read(b"--b--\r\n") == []

    def test_a_part_without_content(self) -> None:
        assert read(b"--b\r\nA: 1\r\n\r\n\r\n--b--") == [({"a": "1"}, b"")]

    def test_lines_that_look_like_the_boundary(self) -> None:
        content = b"--b\n--b\r--bc\r\n--\r\n-b--b--\r\n--c"
        assert read(b"--b\r\n\r\n" + content + b"\r\n--b--") == [({}, content)]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\r\n",
            b"{}",
            b"--b",
            b"--c\r\n\r\n\r\n--c--",
            b"--b\r\nno header\r\n\r\n\r\n--b--",
            b"--b\r\nA : 1\r\n\r\n\r\n--b--",
            b"--b\r\nA: 1\rB: 2\r\n\r\n\r\n--b--",
            b"--b\r\nA: 1\r\n\r\ncontent",
            b"--b\r\nA: 1\r\n\r\ncontent\r\n--b",
            b"--b\r\nA: 1\r\n\r\ncontent\r\n--b\r\n",
            b"--b\r\n" + b"A: 1\r\n" * 100 + b"\r\n\r\n--b--",
            b"--b\r\nA: " + b"1" * 100_000 + b"\r\n\r\n\r\n--b--",
        ],
    )
    def test_malformed(self, body: bytes) -> None:
        for pieces in ([body], [body[at : at + 1] for at in range(min(len(body), 2000))]):
            with pytest.raises(BadRequest, match=r"\(xAPI Communication 1\.5\.2, RFC 2046\)"):
                read(*pieces)

    def test_no_more_is_held_than_came(self) -> None:
        """A part's first data is there before its last has come."""

        async def never_ending() -> AsyncIterator[bytes]:
            yield b"--b\r\n\r\n"
            while True:
                yield b"x" * 1000

        async def first_thousand() -> int:
            reader = Reader(never_ending(), "b")
            assert await reader.part() == {}
            got = 0
            async for piece in reader.data():
                assert len(piece) <= 1000 + len("\r\n--b")
                got += len(piece)
                if got > 1_000_000:
                    break
            return got

        assert asyncio.run(first_thousand()) > 1_000_000


class TestWrite:
    def test_parts(self) -> None:
        mixed = Mixed([part(b"{}", A="1"), part(b"two", B="2", C="3")])
        name, _, boundary = mixed.content_type.partition("; boundary=")
        assert name == "multipart/mixed"
        first, second = "A: 1\r\n\r\n{}", "B: 2\r\nC: 3\r\n\r\ntwo"
        expected = f"--{boundary}\r\n{first}\r\n--{boundary}\r\n{second}\r\n--{boundary}--\r\n"
        assert b"".join(mixed).decode() == expected

    def test_each_has_a_boundary_of_its_own(self) -> None:
        assert Mixed([]).content_type != Mixed([]).content_type

    def test_many_small_parts_are_few_pieces_and_large_ones_several(self) -> None:
        assert len(list(Mixed([part(b"x")] * 1000))) < 5
        large = Part({}, 50 * 100_000, lambda: (b"x" * 100_000 for _ in range(50)))
        assert len(list(Mixed([large]))) >= 50


# Contents that are almost boundaries, and any others.
CONTENTS = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"--b", b"b", b"x", b" ", b"\x00"])
).map(b"".join) | st.binary(max_size=200)


def _cut(body: bytes, places: list[int]) -> Iterator[bytes]:
    for start, end in pairwise([0, *sorted(place % (len(body) + 1) for place in places), len(body)]):
        yield body[start:end]


@given(st.lists(CONTENTS, max_size=5), st.lists(st.integers(min_value=0), max_size=20))
def test_what_is_written_is_read_however_it_is_cut(contents: list[bytes], places: list[int]) -> None:
    mixed = Mixed([part(content, Number=str(number)) for number, content in enumerate(contents)])
    body = b"".join(mixed)
    assert len(body) == len(mixed)
    found = read(*_cut(body, places), boundary=boundary_of(mixed.content_type))
    assert found == [({"number": str(number)}, content) for number, content in enumerate(contents)]


@given(CONTENTS, st.lists(st.integers(min_value=0), max_size=20))
def test_a_content_that_is_almost_the_boundary(content: bytes, places: list[int]) -> None:
    if b"\r\n--b" in b"\r\n" + content:
        return
    body = b"--b\r\n\r\n" + content + b"\r\n--b--"
    assert read(*_cut(body, places)) == [({}, content)]
