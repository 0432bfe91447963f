"""What an Excel file holds: its sheets, the texts that they share, and which cells are dates."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from leadlight.connect.files.archive import Archive
from leadlight.connect.files.markup import Attributes, elements, feed
from leadlight.connect.files.serial import is_date_format
from leadlight.connect.files.sheet import Book, SharedTexts
from leadlight.errors import FileError

_ROOT = "_rels/.rels"


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it, and the part of the archive that holds it."""

    name: str
    visible: bool
    part: str


@dataclass(frozen=True)
class Workbook:
    """The sheets of a file and what they share."""

    sheets: tuple[Sheet, ...]
    book: Book

    def sheet(self, name: str | None, where: str) -> Sheet:
        """The sheet of that name, else the only visible one."""
        if name is not None:
            named = [sheet for sheet in self.sheets if sheet.name == name]
            if not named:
                raise _no_sheet(self.sheets, where)
            return named[0]
        visible = [sheet for sheet in self.sheets if sheet.visible]
        if len(visible) != 1:
            raise _several(visible, where)
        return visible[0]


def workbook_of(archive: Archive) -> Workbook:
    """Read the small parts that say where all else is."""
    part = _workbook_part(archive)
    listed = elements(archive.pieces(part), archive.where, ("sheet", "workbookPr"))
    related = _related(archive, part)
    sheets = tuple(
        Sheet(attributes.get("name", ""), attributes.get("state", "visible") == "visible", target)
        for parent, element, attributes in listed
        if (parent, element) == ("sheets", "sheet")
        for kind, target in (related.get(_reference(attributes), ("", "")),)
        if kind == "worksheet"
    )
    if not sheets:
        raise _not_excel(archive.where)
    settings = [attributes for _, element, attributes in listed if element == "workbookPr"]
    from_1904 = any(attributes.get("date1904") in ("1", "true") for attributes in settings)
    parts = dict(related.values())
    texts = _texts(archive, parts["sharedStrings"]) if "sharedStrings" in parts else []
    dates = _dates(archive, parts["styles"]) if "styles" in parts else frozenset[str]()
    return Workbook(sheets, Book(texts, dates, from_1904))


def _workbook_part(archive: Archive) -> str:
    for kind, part in _related(archive, "").values():
        if kind == "officeDocument" and part.lower().endswith(".xml"):
            return part
    raise _not_excel(archive.where)


def _related(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """What a part refers to inside the file: the kind and the place of each, by its identifier."""
    folder, base = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{base}.rels")
    if not archive.has(relations):
        raise _not_excel(archive.where)
    return {
        attributes.get("Id", ""): (
            posixpath.basename(attributes.get("Type", "")),
            posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/"),
        )
        for _, element, attributes in elements(archive.pieces(relations), archive.where, ("Relationship",))
        if element == "Relationship" and attributes.get("TargetMode") != "External"
    }


def _reference(attributes: Attributes) -> str:
    """The identifier by which a sheet is found; its prefix is the writer's choice."""
    return next((value for name, value in attributes.items() if name.endswith(":id")), "")


def _texts(archive: Archive, part: str) -> list[str]:
    shared = SharedTexts()
    for _ in feed(archive.pieces(part), shared, archive.where):
        pass
    return shared.texts


def _dates(archive: Archive, part: str) -> frozenset[str]:
    """The styles, by their number, whose cells are dates."""
    found = elements(archive.pieces(part), archive.where, ("numFmt", "xf"))
    codes = {a.get("numFmtId", ""): a.get("formatCode", "") for _, element, a in found if element == "numFmt"}
    formats = [
        a.get("numFmtId", "0") for parent, element, a in found if (parent, element) == ("cellXfs", "xf")
    ]
    return frozenset(
        str(style)
        for style, number in enumerate(formats)
        if is_date_format(int(number) if number.isdigit() else 0, codes.get(number))
    )


def _listed(sheets: tuple[Sheet, ...] | list[Sheet]) -> str:
    names = [repr(sheet.name) for sheet in sheets[:10]]
    return ", ".join(names) + (" and more" if len(sheets) > len(names) else "")


def _no_sheet(sheets: tuple[Sheet, ...], where: str) -> FileError:
    return FileError(
        "There is no sheet of that name.",
        code="no_sheet",
        where=where,
        hint=f"The sheets are {_listed(sheets)}.",
    )


def _several(visible: list[Sheet], where: str) -> FileError:
    return FileError(
        f"The file has {len(visible)} visible sheets; which one holds the leads?",
        code="several_sheets",
        where=where,
        hint=f"Say it, for example --sheet {visible[0].name!r}. There are {_listed(visible)}."
        if visible
        else "Name a hidden one with --sheet.",
    )


def _not_excel(where: str) -> FileError:
    return FileError(
        "The file is a zip archive, but not an Excel workbook (.xlsx).",
        code="not_excel",
        where=where,
        hint="Unpack it and give the file inside; save .xlsb and .ods as .xlsx or CSV.",
    )
