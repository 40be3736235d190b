"""HTTP/1.1 with a bound on a request's head, which uvicorn's parser in C does not have."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Octets of the request line and the headers, or of a chunk's line and the trailers.
MOST_HEAD_OCTETS = 64 * 1024


class BoundedHead(HttpToolsProtocol):
    """Answers 400 and closes once more than the bound has come since the head ended or the body went on."""

    _held = 0

    def data_received(self, data: bytes) -> None:
        """From asyncio: some octets of a request, or of several."""
        self._held += len(data)
        super().data_received(data)
        if self._held > MOST_HEAD_OCTETS and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_headers_complete(self) -> None:
        """From the parser: the head is whole."""
        self._held = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """From the parser: the body goes on."""
        self._held = 0
        super().on_body(body)
