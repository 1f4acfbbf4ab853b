"""The sandbox's own line to an Asterisk: one action, one answer.

Owns a blocking AMI connection for tests, demo and shell. Is not the product's AMI code and shares nothing with it.
Invariant: an answer belongs to the action that asked for it; a value never carries a line end.
"""

import re
import socket
from itertools import count

Message = dict[str, str]


class AmiFailed(Exception):
    """The Asterisk refused an action, or the line is gone."""


class AmiClient:
    """Connects and logs in; events are off."""

    def __init__(self, host: str, port: int, username: str, secret: str, *, timeout: float = 10.0) -> None:
        self._numbers = count(1)
        self._buffer = b""
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout)
        except OSError as error:
            raise AmiFailed(f"no AMI at {host}:{port}: {error}") from error
        try:
            self._line()
            self.action("Login", Username=username, Secret=secret, Events="off")
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def action(self, name: str, *, variables: dict[str, str] | None = None, **headers: str) -> Message:
        """Sends one action and returns its answer; an answer that is not a success is raised."""
        answer = self._read(self._send(name, headers, variables or {}))
        if answer.get("Response") not in ("Success", "Goodbye"):
            raise AmiFailed(f"{name}: {answer.get('Output') or answer.get('Message') or answer}")
        return answer

    def rows(self, name: str, **headers: str) -> list[Message]:
        """Sends an action that answers with a list and returns its rows."""
        wanted = self._send(name, headers, {})
        answer = self._read(wanted)
        if answer.get("Response") != "Success":
            raise AmiFailed(f"{name}: {answer.get('Output') or answer.get('Message') or answer}")
        rows: list[Message] = []
        while True:
            row = self._read(wanted)
            if row.get("EventList", "").lower() == "complete" or row.get("Event", "").endswith("Complete"):
                return rows
            rows.append(row)

    def command(self, line: str) -> list[str]:
        """A command of the Asterisk console and the lines it prints."""
        return self.action("Command", Command=line).get("Output", "").split("\n")

    def _send(self, name: str, headers: dict[str, str], variables: dict[str, str]) -> str:
        wanted = f"s{next(self._numbers)}"
        lines = [("Action", name), ("ActionID", wanted), *headers.items()]
        lines += [("Variable", f"{key}={value}") for key, value in variables.items()]
        for key, value in lines:
            if re.search(r"[\r\n\0]", key + value):
                raise ValueError(f"a line end in {key}")
        try:
            self._socket.sendall("".join(f"{key}: {value}\r\n" for key, value in lines).encode() + b"\r\n")
        except OSError as error:
            raise AmiFailed(f"{name}: {error}") from error
        return wanted

    def _read(self, wanted: str) -> Message:
        while True:
            message: Message = {}
            while line := self._line():
                key, _, value = line.partition(":")
                value = value.removeprefix(" ")
                message[key] = f"{message[key]}\n{value}" if key == "Output" and key in message else value
            if message.get("ActionID") == wanted:
                return message

    def _line(self) -> str:
        while b"\r\n" not in self._buffer:
            try:
                got = self._socket.recv(65536)
            except OSError as error:
                raise AmiFailed(f"the AMI line failed: {error}") from error
            if not got:
                raise AmiFailed("the AMI line was closed")
            self._buffer += got
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode("utf-8", errors="replace")
