"""Moves a file over loopback by the plainest loop there is, in the way a server would: what the kernel takes for it.

Usage: plain-copy.py JSON with "direction", "source" and "copy". Prints {"seconds", "cpu"}: of the server's side alone.
"""

import json
import os
import resource
import socket
import sys
import time

GIVEN = json.loads(sys.argv[1])
PIECE = 256 * 1024


def pour_into_socket(path, connection):
    buffer = memoryview(bytearray(PIECE))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            connection.sendall(buffer[:count])


def pour_into_file(connection, path):
    buffer = memoryview(bytearray(PIECE))
    with open(path, "wb", buffering=0) as file:
        while count := connection.recv_into(buffer):
            file.write(buffer[:count])


def swallow(connection):
    buffer = bytearray(PIECE)
    while connection.recv_into(buffer):
        pass


listener = socket.create_server(("127.0.0.1", 0))
is_client = os.fork() == 0
if is_client:
    peer = socket.create_connection(listener.getsockname())
    if GIVEN["direction"] == "up":
        pour_into_socket(GIVEN["source"], peer)
    else:
        swallow(peer)
    os._exit(0)
accepted, _ = listener.accept()
begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
if GIVEN["direction"] == "up":
    pour_into_file(accepted, GIVEN["copy"])
else:
    pour_into_socket(GIVEN["source"], accepted)
accepted.close()
seconds, used = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF)
os.wait()
cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"seconds": seconds, "cpu": cpu}))
