"""The cell styles of a sheet: their numbers and the part that defines them."""

GENERAL, HEADER, TEXT, INTEGER, DECIMAL, DATETIME, DATE = range(7)

# 49 is Excel's own "@": text stays text when somebody edits the cell.
_FORMATS = {GENERAL: 0, HEADER: 49, TEXT: 49, INTEGER: 1, DECIMAL: 165, DATETIME: 164, DATE: 14}


def _xf(style: int) -> str:
    font = (
        ' fontId="1" applyFont="1" fillId="2" applyFill="1"' if style == HEADER else ' fontId="0" fillId="0"'
    )
    return f'<xf numFmtId="{_FORMATS[style]}" borderId="0" xfId="0" applyNumberFormat="1"{font}/>'


PART = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00######"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFEDEFF2"/><bgColor indexed="64"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{len(_FORMATS)}">{"".join(map(_xf, sorted(_FORMATS)))}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
