"""Files that come in as the body of a request, written as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import Request

from leadlight.errors import RequestError

LARGEST: Final = 512 << 20


async def write_upload(request: Request, path: Path) -> None:
    """To a file that only we read; refused where it is larger than can be looked at here."""
    size = 0
    with path.open("wb") as handle:
        path.chmod(0o600)
        async for part in request.stream():
            size += len(part)
            if size > LARGEST:
                raise RequestError(
                    413,
                    "The file is too large for the browser.",
                    code="upload_size",
                    hint="leadlight train FILE",
                )
            handle.write(part)
