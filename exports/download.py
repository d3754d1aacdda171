"""Sends a finished file: whole or a range of it, under its own name, and only while it is offered."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, http_date

from exports.engine.place import path_of
from exports.formats import FORMATS
from exports.formats.packing import content_type
from exports.models import Export

CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


def send_file(request: HttpRequest, export: Export) -> HttpResponseBase:
    """200, 206 for one range, 416 for an impossible one. FileNotFoundError when the file is gone."""
    stream = path_of(export).open("rb")
    span = _span(request, export)
    response: HttpResponseBase
    if span is None:
        response = FileResponse(stream)
    elif span[0] > span[1]:
        stream.close()
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{export.size}"})
    else:
        first, last = span
        response = StreamingHttpResponse(_part(stream, first, last - first + 1), status=206)
        response.headers["Content-Range"] = f"bytes {first}-{last}/{export.size}"
        response.headers["Content-Length"] = str(last - first + 1)
    _describe(response, export)
    return response


def _describe(response: HttpResponseBase, export: Export) -> None:
    disposition = content_disposition_header(True, export.file_name)
    response.headers["Content-Type"] = content_type(
        FORMATS[export.format], export.options, is_encrypted=export.is_encrypted
    )
    response.headers["Content-Disposition"] = str(disposition)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = f'"{export.sha256}"'
    if export.finished_at:
        response.headers["Last-Modified"] = http_date(export.finished_at.timestamp())


def _span(request: HttpRequest, export: Export) -> tuple[int, int] | None:
    """First and last byte; None for the whole file, also for what RFC 9110 lets a server ignore (several ranges, other units)."""
    match = _RANGE.match(request.headers.get("Range", ""))
    if match is None or match.group(0) == "bytes=-":
        return None
    if request.headers.get("If-Range", f'"{export.sha256}"') != f'"{export.sha256}"':
        return None
    first, last = match.groups()
    if not first:
        return max(0, export.size - int(last)), export.size - 1
    return int(first), min(int(last), export.size - 1) if last else export.size - 1


def _part(stream: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    with stream:
        stream.seek(first)
        while length > 0 and (chunk := stream.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
