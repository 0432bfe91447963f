"""Ids in paths: literal text, whatever they hold."""

from __future__ import annotations

from typing import Final

from starlette.convertors import StringConvertor, register_url_convertor


class WholePath(StringConvertor):
    """The rest of a path as it is: an id may hold anything, slashes and breaks of lines too."""

    regex = "(?s:.+)"


register_url_convertor("whole", WholePath())
BY_ID: Final = "/v1/leads/{identity:whole}"
