"""What is special about the way to some receivers: a proxy, a certificate of ours, an authority of theirs."""

from dataclasses import dataclass, field

import pycurl

# CURLOPT_SUPPRESS_CONNECT_HEADERS, which pycurl does not name: a proxy's own answer is none of the receiver's.
_SUPPRESS_CONNECT_HEADERS = 265


@dataclass(frozen=True, slots=True)
class Way:
    """`is_own_proxy`: the operator named it for the whole installation, so it may stand in a private network."""

    proxy: str = field(default="", repr=False)
    is_own_proxy: bool = False
    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    authority: bytes = b""

    def prepare(self, handle: pycurl.Curl) -> None:
        """Give a new handle these options. It serves no other way afterwards: nothing is ever taken back."""
        if self.proxy:
            handle.setopt(pycurl.PROXY, self.proxy)
            handle.setopt(_SUPPRESS_CONNECT_HEADERS, 1)
        if self.certificate:
            handle.setopt(pycurl.SSLCERT_BLOB, self.certificate)
            handle.setopt(pycurl.SSLKEY_BLOB, self.key)
        if self.authority:
            handle.setopt(pycurl.CAINFO_BLOB, self.authority)
