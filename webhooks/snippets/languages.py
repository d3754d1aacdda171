"""How each language spells what snippets are made of: texts, bytes from pieces, hashing, base64."""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Sequence
from typing import ClassVar, Final

from webhooks.schemes import Recipe

Piece = tuple[str, str]
"""("text", the text) or ("place", one of id, timestamp, body, signature)."""


class Language(ABC):
    """`file` is the template below code/, `ending` what a program of it is called."""

    name: ClassVar[str]
    title: ClassVar[str]
    ending: ClassVar[str]
    joint: ClassVar[str]
    places: ClassVar[dict[str, str]]
    algorithms: ClassVar[dict[str, str]]
    hex: ClassVar[str]
    base64: ClassVar[str]
    key_text: ClassVar[str]
    key_base64: ClassVar[str]
    knows_ed25519: ClassVar[bool] = True

    @abstractmethod
    def text(self, value: str) -> str:
        """A literal of printable ASCII."""

    def joined(self, pieces: Sequence[Piece]) -> str:
        """An expression that puts them together."""
        parts = [
            self.text(value) if kind == "text" else self.places[value] for kind, value in pieces if value
        ]
        return self.joint.join(parts) or self.text("")

    def body(self, body: bytes) -> str:
        return self.text(b64encode(body).decode())

    def encoded(self, recipe: Recipe) -> str:
        return self.hex if recipe.encoding == "hex" else self.base64

    def key(self, recipe: Recipe) -> str:
        return self.key_base64 if recipe.is_key_base64 else self.key_text


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Python(Language):
    name, title, ending, joint = "python", "Python", "py", " + "
    places: ClassVar = {"id": "id_", "timestamp": "timestamp", "body": "body", "signature": "signature"}
    algorithms: ClassVar = dict.fromkeys(("sha1", "sha256", "sha384", "sha512"), "")
    hex, base64 = "digest.hex()", "base64.b64encode(digest).decode()"
    key_text, key_base64 = "SECRET.encode()", 'base64.b64decode(SECRET.removeprefix("whsec_"))'

    def text(self, value: str) -> str:
        return _quoted(value)


class Php(Language):
    name, title, ending, joint = "php", "PHP", "php", " . "
    places: ClassVar = {"id": "$id", "timestamp": "$timestamp", "body": "$body", "signature": "$signature"}
    algorithms: ClassVar = dict.fromkeys(("sha1", "sha256", "sha384", "sha512"), "")
    hex, base64 = "bin2hex($digest)", "base64_encode($digest)"
    key_text, key_base64 = "$secret", 'base64_decode(substr($secret, strlen("whsec_")))'

    def text(self, value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Node(Language):
    name, title, ending, joint = "node", "Node.js", "mjs", " + "
    places: ClassVar = {"id": "id", "timestamp": "timestamp", "body": "body", "signature": "signature"}
    algorithms: ClassVar = dict.fromkeys(("sha1", "sha256", "sha384", "sha512"), "")
    hex, base64 = 'digest.toString("hex")', 'digest.toString("base64")'
    key_text, key_base64 = "Buffer.from(SECRET)", 'Buffer.from(SECRET.slice("whsec_".length), "base64")'

    def text(self, value: str) -> str:
        return _quoted(value)


class Go(Language):
    name, title, ending, joint = "go", "Go", "go", " + "
    places: ClassVar = {
        "id": "id",
        "timestamp": "timestamp",
        "body": "string(body)",
        "signature": "signature",
    }
    algorithms: ClassVar = {
        "sha1": "crypto/sha1 sha1.New",
        "sha256": "crypto/sha256 sha256.New",
        "sha384": "crypto/sha512 sha512.New384",
        "sha512": "crypto/sha512 sha512.New",
    }
    hex, base64 = "hex.EncodeToString(digest)", "base64.StdEncoding.EncodeToString(digest)"
    key_text = "[]byte(secret), error(nil)"
    key_base64 = 'base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))'

    def text(self, value: str) -> str:
        return _quoted(value)


class Bsl(Language):
    """The platform hashes, but has no HMAC; the snippet makes it of the two."""

    name, title, ending, joint = "bsl", "1С", "bsl", " + "
    places: ClassVar = {"id": "Идентификатор", "timestamp": "Время", "body": "Тело", "signature": "Подпись"}
    algorithms: ClassVar = {"sha1": "SHA1", "sha256": "SHA256"}
    hex = "НРег(ПолучитьHexСтрокуИзДвоичныхДанных(Свертка))"
    base64 = 'СтрЗаменить(СтрЗаменить(Base64Строка(Свертка), Символы.ПС, ""), Символы.ВК, "")'
    key_text = 'ПолучитьДвоичныеДанныеИзСтроки(Секрет, "UTF-8", Ложь)'
    knows_ed25519 = False
    key_base64 = 'Base64Значение(Сред(Секрет, СтрДлина("whsec_") + 1))'

    def text(self, value: str) -> str:
        return '"' + value.replace('"', '""') + '"'

    def body(self, body: bytes) -> str:
        """Long texts go over several lines, as the designer has them."""
        whole = b64encode(body).decode()
        lines = [whole[start : start + 100] for start in range(0, len(whole), 100)]
        return '"' + "\n|".join(lines) + '"'


LANGUAGES: Final[dict[str, Language]] = {one.name: one for one in (Python(), Php(), Node(), Go(), Bsl())}
