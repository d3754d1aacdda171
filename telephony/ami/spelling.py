"""Names as the manager interface spells them: quotes, backslashes and line ends have a backslash in front.

Asterisk escapes the names of callers and connected lines in its events, as in a program's text, and nothing else
(`ast_escape_c`, seen in 16.28). Numbers, channels and the fields of a dialplan's own events come as they are.
"""

import re
from typing import Final

_ESCAPED: Final = re.compile(r"\\([abfnrtv\\'\"?])")
_MEANS: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(name: str) -> str:
    """The name that the phone sent."""
    return _ESCAPED.sub(lambda found: _MEANS.get(found[1], found[1]), name) if "\\" in name else name
