"""Reading the body of a request, by its length or in chunks, up to a limit."""

from email.message import Message
from io import BufferedIOBase

MAX_BODY = 32 * 1024 * 1024


class BadBody(Exception):
    """The body cannot be read; `status` is what to answer before closing the connection."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body(stream: BufferedIOBase, headers: Message) -> bytes:
    """The whole body; raises BadBody."""
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return _read_chunks(stream)
    length = headers.get("Content-Length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise BadBody(400)
    if int(length) > MAX_BODY:
        raise BadBody(413)
    return stream.read(int(length))


def _read_chunks(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream.readline(1024)):
        if len(body) + size > MAX_BODY:
            raise BadBody(413)
        body += stream.read(size)
        stream.readline(3)
    while stream.readline(65536).strip():
        continue  # trailers
    return bytes(body)


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    try:
        size = int(digits, 16)
    except ValueError as error:
        raise BadBody(400) from error
    if size < 0:
        raise BadBody(400)
    return size
