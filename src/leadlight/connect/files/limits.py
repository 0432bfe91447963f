"""How much a file may ask for, and why. Past a limit a file is refused with a sentence, never half read."""

from __future__ import annotations

KB, MB, GB = 1 << 10, 1 << 20, 1 << 30

MAX_COLUMNS = 10_000
"""Widest exports of a CRM have some 2,000; more than this is a transposed or damaged table."""

MAX_FIELD_BYTES = 1 * MB
"""The longest notes field of a CRM holds 128 kB; a longer field is a quote that was never closed."""

MAX_ROW_BYTES = 8 * MB
"""A row has to fit in memory several times over while it is checked."""

HEAD_BYTES = 2 * MB
"""Read before anything else: holds the header, and enough rows to tell the delimiter."""

BLOCK_BYTES = 8 * MB
"""Measured: reading gets no faster with larger blocks, and three of them are under way at once."""

MAX_RATIO = 200
"""A compressed file that grows more than this is a bomb; real exports grow 5 to 60 times."""

FREE_EXPANSION_BYTES = 16 * MB
"""Small files may compress better than MAX_RATIO without harm."""

FREE_CELLS = 50_000_000
"""Two million leads of 25 columns; in memory they take 16 bytes each and their text."""

MAX_CELLS_PER_BYTE = 8
"""Beyond that many cells a byte a file is nearly all gaps; a real cell takes 2 to 20 bytes."""

FREE_TEXT_BYTES = 512 * MB
"""Text that a file may write out by repeating it; past it MAX_RATIO holds."""

MAX_SHEET_COLUMNS, MAX_SHEET_ROWS = 16_384, 1_048_576
"""What Excel itself can hold."""

MAX_ELEMENTS = 200_000
"""Elements of a small part of an Excel file that are kept; Excel allows 64,000 styles."""

MAX_FOOTER_VALUES = 5_000_000
"""Values in a Parquet footer: 2,000 columns in 100 row groups have some four million."""

MAX_DECODED_BYTES = 16 * GB
"""What Parquet or gzip may decode to; past it MAX_RATIO holds as well. Ten million leads take 6 GB."""

MAX_WHOLE_BYTES = 4 * GB
"""The same for a file that is read whole, as training does: what most machines can hold."""

MAX_BAD_ROWS = 1_000
"""More bad rows than this, and more bad than good: the header or the delimiter is wrong, not the rows."""

BATCH_ROWS = 65_536
"""Rows handed on at once: enough to make vectorised scoring pay, few enough to stay small in memory."""

BATCH_CELLS = 8_000_000
"""Cells handed on at once: a cell takes 16 bytes and its text."""

BATCH_TEXT_BYTES = 64 * MB
"""Text handed on at once: repeated text costs nothing in Parquet but is written out in full by a scorer."""

MAX_FOOTER_BYTES = 64 * MB
"""A Parquet footer of 10,000 columns and 100 row groups takes some 50 MB."""

MAX_PAGE_BYTES = 512 * MB
"""A Parquet page is decompressed whole; usual ones hold 1 MB, but some writers make one page a column."""

MAX_ZIP_ENTRIES = 10_000
"""Parts of an Excel file; real ones have 10 to 200."""

MAX_SHEET_BYTES = 2 * GB
"""A full sheet of 1,048,576 rows and 40 columns takes 1.6 GB of XML; it is streamed."""

MAX_PART_BYTES = 128 * MB
"""Parts of an Excel file that have to be kept whole, above all its table of shared texts."""
