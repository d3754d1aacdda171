"""A mail server on loopback that keeps what it takes, and refuses what it is told to."""

import email
import socketserver
import threading
from email.message import Message
from typing import Any


class Conversation(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "QUIT":
                self._say("221 bye")
                return
            if verb == "DATA":
                self._take()
            elif verb == "EHLO" and "AUTH" in self.server.answers:
                self._say("250-test")
                self._say("250 AUTH PLAIN")
            elif verb in self.server.answers:
                self._say(self.server.answers[verb])
            elif verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                self._say(self.server.refused.get(address, "250 ok"))
            else:
                self._say("250 ok")

    def _take(self) -> None:
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if not self.server.refuses_data:
            self.server.mails.append(email.message_from_bytes(b"".join(lines)))
        self._say(self.server.refuses_data or "250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """`refused`: an answer by address; `refuses_data`: an answer to every mail; `answers`: one by SMTP's verb."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: list[Message] = []
        self.refused: dict[str, str] = {}
        self.refuses_data = ""
        self.answers: dict[str, str] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self.server_close()
