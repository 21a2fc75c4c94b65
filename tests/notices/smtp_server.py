"""A mail server that speaks just enough SMTP to take a letter, or to refuse its recipient; on a port of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Server:
    """``answer`` is what a recipient is answered with; letters that were taken are kept."""

    answer: str = "250 ok"
    port: int = 0
    letters: list[bytes] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _say(writer, "220 test ESMTP")
        while line := await reader.readline():
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"EHLO":
                await _say(writer, "250-test\r\n250 8BITMIME")
            elif verb == b"RCPT":
                await _say(writer, self.answer)
            elif verb == b"DATA":
                await _say(writer, "354 go on")
                self.letters.append(await _until_dot(reader))
                await _say(writer, "250 taken")
            elif verb == b"QUIT":
                await _say(writer, "221 bye")
                break
            else:
                await _say(writer, "250 ok")
        writer.close()


@asynccontextmanager
async def mail_server(answer: str = "250 ok") -> AsyncIterator[Server]:
    """A running server until the block ends."""
    kept = Server(answer)
    listening = await asyncio.start_server(kept.talk, "127.0.0.1", 0)
    kept.port = listening.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        listening.close()
        await listening.wait_closed()


async def _say(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(f"{text}\r\n".encode())
    await writer.drain()


async def _until_dot(reader: asyncio.StreamReader) -> bytes:
    letter = b""
    while (line := await reader.readline()) not in (b".\r\n", b""):
        letter += line
    return letter
