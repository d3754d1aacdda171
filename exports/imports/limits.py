"""How large a file may be, in all its measures. What people may want to change is in the settings."""

from typing import Final

MOST_COLUMNS: Final = 200
LONGEST_HEADING: Final = 200
# Characters of one cell: what the `csv` module takes by default, and four times what Excel holds.
LONGEST_CELL: Final = 131_072
# Characters up to the end of a line; longer ones are no table.
LONGEST_LINE: Final = 1_048_576
LONGEST_NAME: Final = 150

# A workbook is an archive. What its parts weigh is counted while they are unpacked, whatever the archive says of them.
MOST_ENTRIES: Final = 2_000
MOST_UNPACKED: Final = 512 * 1024**2
# Excel keeps the texts of all cells in one part, which has to be read before the first row.
MOST_TEXTS: Final = 64 * 1024**2
# Of a sheet Excel holds so many rows, and cells in each; and of a sheet no more cells are looked at, empty ones included.
MOST_ROWS_OF_A_SHEET: Final = 1_048_576
MOST_CELLS_OF_A_ROW: Final = 16_384
MOST_CELLS: Final = 32_000_000
# Styles, relations and the like; real ones have hundreds of kilobytes.
MOST_PART: Final = 16 * 1024**2
# Deflate reaches 1032 times; tables of a real workbook some thirty times.
LARGEST_RATIO: Final = 250
RATIO_FROM: Final = 8 * 1024**2
