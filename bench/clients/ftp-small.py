"""Moves many files over one control connection, as ftplib does it; with TLS, data connections resume its session.

Usage: ftp-small.py JSON. Prints {"seconds", "resumed"}: from after the sign-in to the last reply.
"""

import ftplib
import io
import json
import os
import socket
import ssl
import sys
import time

GIVEN = json.loads(sys.argv[1])
TIMEOUT = 60


class ResumingFtp(ftplib.FTP_TLS):
    resumed = 0

    def ntransfercmd(self, cmd, rest=None):
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        # Else the last bytes of TLS wait 40 ms for the server's delayed ACK, whoever the server is.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = self.context.wrap_socket(
            connection, server_hostname=self.host, session=self.sock.session
        )
        self.resumed += connection.session_reused
        return connection, size


def sign_in():
    if GIVEN["tls"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        ftp = ResumingFtp(context=context, timeout=TIMEOUT, encoding="utf-8")
    else:
        ftp = ftplib.FTP(timeout=TIMEOUT, encoding="utf-8")
    ftp.connect("127.0.0.1", GIVEN["port"])
    ftp.login(GIVEN["username"], GIVEN["password"])
    if GIVEN["tls"]:
        ftp.prot_p()
    return ftp


def read_files(directory):
    for name in sorted(os.listdir(directory)):
        with open(os.path.join(directory, name), "rb") as file:
            yield name, file.read()


def download(ftp, files):
    received = []
    for name, _ in files:
        parts = []
        ftp.retrbinary(f"RETR {GIVEN['remote']}/{name}", parts.append)
        received.append(parts)
    return received


def upload(ftp, files):
    for name, content in files:
        ftp.storbinary(f"STOR {GIVEN['remote']}/{name}", io.BytesIO(content))


files = list(read_files(GIVEN["local"]))
ftp = sign_in()
begin = time.perf_counter()
received = (download if GIVEN["direction"] == "down" else upload)(ftp, files)
seconds = time.perf_counter() - begin
resumed = ftp.resumed if GIVEN["tls"] else 0
for (name, content), parts in zip(files, received or []):
    if b"".join(parts) != content:
        sys.exit(f"{name} differs from what is on the server")
ftp.quit()
print(json.dumps({"seconds": seconds, "resumed": resumed}))
