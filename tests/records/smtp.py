"""A mail server of a few lines: speaks enough SMTP to take mails, to refuse some, and to go away."""

from __future__ import annotations

import socketserver
import threading


class MailServer:
    """`mails` are (recipient, bytes); to a recipient that begins with `refused` it says 550; `drops` after so many."""

    def __init__(self, port: int, *, drops_after: int | None = None) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self.drops_after = drops_after
        owner = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                owner.talk(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", port), Session)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def talk(self, session: socketserver.StreamRequestHandler) -> None:
        recipient = ""
        session.wfile.write(b"220 ready\r\n")
        for line in session.rfile:
            command = line[:4].upper()
            answer = b"250 fine\r\n"
            if command == b"RCPT":
                recipient = line.split(b"<")[1].split(b">")[0].decode()
                if recipient.startswith("refused"):
                    answer = b"550 nobody of that name\r\n"
            elif command == b"DATA":
                if self.drops_after is not None and len(self.mails) >= self.drops_after:
                    return
                session.wfile.write(b"354 go on\r\n")
                lines = []
                for part in session.rfile:
                    if part == b".\r\n":
                        break
                    lines.append(part)
                self.mails.append((recipient, b"".join(lines)))
            elif command == b"QUIT":
                session.wfile.write(b"221 bye\r\n")
                return
            session.wfile.write(answer)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
