"""Forms with a file, taken up to a limit: the file lies in no named place until somebody puts it there."""

from collections.abc import AsyncGenerator, AsyncIterator

from fastapi import Request
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from connector.report.errors import TooLarge, WrongForm

MEBIBYTE = 1024 * 1024
# What a form has beside its file.
_AROUND = 64 * 1024
# A browser shows our answer only after it has sent all: so much more is heard, and thrown away.
_HEARD = 20


async def read_form(request: Request, mebibytes: int) -> FormData:
    """The form of a request; close it when its file is done with. Raises TooLarge and WrongForm."""
    most = mebibytes * MEBIBYTE + _AROUND
    try:
        parser = MultiPartParser(
            request.headers, _up_to(request.stream(), most, mebibytes), max_files=1, max_fields=20
        )
        return await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise WrongForm("แบบฟอร์มไม่สมบูรณ์ กรุณาเลือกไฟล์แล้วส่งใหม่") from error


async def _up_to(stream: AsyncIterator[bytes], most: int, mebibytes: int) -> AsyncGenerator[bytes, None]:
    """The stream, whole or not at all: TooLarge comes once the sender is done, or sends on and on."""
    heard = 0
    async for some in stream:
        heard += len(some)
        if heard <= most:
            yield some
        elif heard > _HEARD * most:
            break
    if heard > most:
        raise TooLarge(mebibytes)
