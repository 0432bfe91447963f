"""An empty JSON route in FastAPI on uvicorn: what any service in Python has to beat or to come near."""

from __future__ import annotations

import sys
from typing import Any


def main(port: int) -> None:
    import uvicorn
    from fastapi import FastAPI

    application = FastAPI()

    @application.post("/")
    async def empty(body: dict[str, Any]) -> dict[str, bool]:
        return {"ok": True}

    uvicorn.run(
        application,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
