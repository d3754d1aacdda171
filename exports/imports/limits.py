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
# Styles, relations and the like become trees in memory, some ten times as large; real ones have hundreds of kilobytes.
MOST_PART: Final = 16 * 1024**2
# Deflate reaches 1032 times; tables of a real workbook some thirty times.
LARGEST_RATIO: Final = 250
RATIO_FROM: Final = 8 * 1024**2
