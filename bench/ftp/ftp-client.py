"""One task of an FTP client, by ftplib or, for what a well-behaved library cannot do, by hand.

Usage: ftp-client.py TASK JSON. Prints one JSON line; ends with an error when the task cannot be done.
"""

import ftplib
import io
import json
import os
import socket
import ssl
import sys
import threading
import time

TASK, GIVEN = sys.argv[1], json.loads(sys.argv[2])
HOST, PORT, USER, PASSWORD = "127.0.0.1", GIVEN["port"], GIVEN["username"], GIVEN["password"]
BLOCK = 1 << 20
TIMEOUT = GIVEN.get("timeout", 10)


def sign_in():
    ftp = ftplib.FTP(timeout=TIMEOUT, encoding="utf-8")
    ftp.connect(HOST, PORT)
    ftp.login(USER, PASSWORD)
    ftp.voidcmd("TYPE I")
    return ftp


def sign_in_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    ftp = ftplib.FTP_TLS(context=context, timeout=TIMEOUT, encoding="utf-8")
    ftp.connect(HOST, PORT)
    ftp.login(USER, PASSWORD)
    ftp.prot_p()
    return ftp


def read_whole(ftp, name):
    parts = []
    ftp.retrbinary(f"RETR {name}", parts.append, blocksize=BLOCK)
    return b"".join(parts)


def there_and_back(ftp, name):
    content = os.urandom(200_000)
    ftp.storbinary(f"STOR {name}", io.BytesIO(content))
    return read_whole(ftp, name) == content


# Checks: each answers {"good": passed, "of": tried}, or {"good", "of", "note"}.


def tls():
    good, note = 0, None
    for index in range(3):
        try:
            ftp = sign_in_tls()
            good += there_and_back(ftp, f"ftplib-tls-{index}")
            ftp.close()
        except Exception as error:
            note = describe(error)
    return verdict(good, 3, note)


def resume():
    ftp = sign_in()
    content = os.urandom(600_000)
    half = len(content) // 2
    ftp.storbinary("STOR resumed", io.BytesIO(content[:half]))
    ftp.storbinary("STOR resumed", io.BytesIO(content[half:]), rest=half)
    got = read_whole(ftp, "resumed")
    note = None if got == content else "the first part is gone" if got[:half] != content[:half] else "it differs"
    return verdict(got == content, 1, note)


def quoted_name():
    ftp = sign_in()
    name = 'a "quoted" name'
    is_whole = there_and_back(ftp, name)
    is_listed = name in ftp.nlst()
    return verdict(is_whole and is_listed, 1, None if is_listed else "it has another name on the server")


def split_command():
    """Each half of USER leaves in a segment of its own."""
    with socket.create_connection((HOST, PORT), timeout=TIMEOUT) as control:
        control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        replies = control.makefile("r", encoding="utf-8")
        greeting = replies.readline()
        while greeting[3:4] == "-":
            greeting = replies.readline()
        control.sendall(b"US")
        time.sleep(0.2)
        control.sendall(f"ER {USER}\r\n".encode())
        reply = replies.readline().strip()
    return verdict(reply.startswith("331"), 1, reply)


def abort():
    """The data connection is left unread, so the transfer cannot have ended by itself."""
    ftp = sign_in()
    data = ftp.transfercmd(f"RETR {GIVEN['big']}")
    data.recv(1000)
    ftp.sock.sendall(b"ABOR\r\n")
    reply = ftp.getmultiline()
    data.close()
    return verdict(reply[:3] in ("225", "226", "426"), 1, reply)


def parallel():
    """Sessions that transfer at the same time; a file belongs to one of them and carries its number."""
    sessions, rounds = 4, 5
    good, notes = [], []
    start = threading.Barrier(sessions)

    def work(index):
        content = bytes([65 + index]) * 2_000_000
        try:
            ftp = sign_in()
            ftp.storbinary(f"STOR parallel-{index}", io.BytesIO(content))
        except Exception as error:
            notes.append(describe(error))
            ftp = None
        start.wait()
        for _ in range(rounds if ftp else 0):
            try:
                if read_whole(ftp, f"parallel-{index}") == content:
                    good.append(index)
                else:
                    notes.append("the content of another session")
            except Exception as error:
                notes.append(describe(error))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return verdict(len(good), sessions * rounds, notes[0] if notes else None)


def stranger():
    """Somebody with another address connects to the passive port before the one that asked for it."""
    ftp = sign_in()
    host, port = ftp.makepasv()
    with socket.socket() as other:
        other.bind(("127.0.0.2", 0))
        other.settimeout(TIMEOUT)
        other.connect((host, port))
        time.sleep(0.3)
        ftp.voidcmd("NOOP")
        with socket.create_connection((host, port), timeout=TIMEOUT) as data:
            ftp.sendcmd(f"RETR {GIVEN['small']}")
            received = data.makefile("rb").read()
        ftp.voidresp()
    return verdict(len(received) == GIVEN["smallBytes"], 1, None)


def mlsd():
    names = [name for name, _ in sign_in().mlsd()]
    return verdict(GIVEN["small"] in names, 1, None)


def mfmt():
    ftp = sign_in()
    reply = ftp.sendcmd(f"MFMT 20200102030405 {GIVEN['small']}")
    return verdict(ftp.sendcmd(f"MDTM {GIVEN['small']}") == "213 20200102030405", 1, reply)


def hash():
    reply = sign_in().sendcmd(f"HASH {GIVEN['small']}")
    return verdict(GIVEN["sha256"] in reply.lower(), 1, reply)


def verdict(good, of, note):
    answer = {"good": int(good), "of": of}
    if note is not None and good < of:
        answer["note"] = note
    return answer


def describe(error):
    return f"{type(error).__name__}: {error}"


# Workloads: each answers {"seconds", "cpuSeconds"}, from after the sign-in to the last reply.


def measured(work):
    ftp = sign_in()
    cpu, begin = server_cpu(), time.perf_counter()
    work(ftp)
    return {"seconds": time.perf_counter() - begin, "cpuSeconds": server_cpu() - cpu}


def server_cpu():
    with open(f"/proc/{GIVEN['pid']}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def download(ftp):
    received = 0

    def count(block):
        nonlocal received
        received += len(block)

    ftp.retrbinary(f"RETR {GIVEN['name']}", count, blocksize=BLOCK)
    expect(received, GIVEN["bytes"])


def upload(ftp):
    with open(GIVEN["local"], "rb") as file:
        ftp.storbinary(f"STOR {GIVEN['name']}", file, blocksize=BLOCK)


def download_small(ftp):
    for index in range(GIVEN["count"]):
        expect(len(read_whole(ftp, f"{GIVEN['name']}/{index}")), GIVEN["bytes"])


def upload_small(ftp):
    content = os.urandom(GIVEN["bytes"])
    for index in range(GIVEN["count"]):
        ftp.storbinary(f"STOR {GIVEN['name']}/{index}", io.BytesIO(content))


def list_directory(ftp):
    lines = []
    ftp.retrlines(f"LIST {GIVEN['name']}", lines.append)
    expect(len(lines), GIVEN["count"])


def expect(actual, expected):
    if actual != expected:
        raise RuntimeError(f"{actual} instead of {expected}")


CHECKS = [tls, resume, quoted_name, split_command, abort, parallel, stranger, mlsd, mfmt, hash]
WORKLOADS = [download, upload, download_small, upload_small, list_directory]

for check in CHECKS:
    if check.__name__ == TASK:
        try:
            print(json.dumps(check()))
        except Exception as error:
            print(json.dumps({"good": 0, "of": 1, "note": describe(error)}))
for workload in WORKLOADS:
    if workload.__name__ == TASK:
        print(json.dumps(measured(workload)))
