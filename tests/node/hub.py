# SPDX-License-Identifier: Apache-2.0
"""One RS-485 line out of pieces: what anybody sends is heard by all others.

    hub.py [--pty LINK]... SOCKET...

Joins the UART sockets of emulators, which may come and go, with pseudo terminals for programs that open a serial port.
Runs until its standard input ends.
"""

import os
import selectors
import socket
import sys
import termios
import threading
import tty

RETRY_SECONDS = 0.02


class Hub:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.wanted = {}  # path of a socket: the connection, or None
        self.outputs = {}  # file number: how to write there
        self.ptys = {}  # name: both ends
        self.taps = []
        self.bytes = 0
        self.lock = threading.Lock()
        self.stopping, self.stop_end = socket.socketpair()
        self.selector.register(self.stopping, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def join_socket(self, path):
        """The emulator that listens there, each time it does; until it is left."""
        with self.lock:
            self.wanted[str(path)] = None

    def leave_socket(self, path):
        with self.lock:
            connection = self.wanted.pop(str(path), None)
            if connection:
                self._leave(connection)

    def has_joined(self, path):
        return self.wanted.get(str(path)) is not None

    def open_pty(self):
        """The name of a serial port on this line. It keeps what nobody reads, unlike one without a program: open it when
        somebody comes."""
        master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)  # and it stays open: otherwise a client that leaves would be an error here
        os.set_blocking(master, False)
        self._add(master, lambda data: os.write(master, data), lambda: os.read(master, 4096))
        name = os.ttyname(slave)
        self.ptys[name] = (master, slave)
        return name

    def close_pty(self, name):
        master, slave = self.ptys.pop(name)
        with self.lock:
            self.selector.unregister(master)
            del self.outputs[master]
        os.close(master)
        os.close(slave)

    def open_tap(self):
        """A socket on this line."""
        ours, theirs = socket.socketpair()
        self.taps.append(ours)
        self._add_socket(ours)
        return theirs

    def start(self):
        self.thread.start()

    def stop(self):
        self.stop_end.send(b"x")
        self.thread.join(10)
        for name in list(self.ptys):
            self.close_pty(name)
        for tap in self.taps:
            tap.close()
        for connection in self.wanted.values():
            if connection:
                connection.close()
        self.stopping.close()
        self.stop_end.close()

    def _add(self, file, write, read):
        with self.lock:
            number = file if isinstance(file, int) else file.fileno()
            self.outputs[number] = write
            self.selector.register(number, selectors.EVENT_READ, (file, read))

    def _add_socket(self, connection):
        connection.setblocking(False)
        self._add(connection, connection.send, lambda: connection.recv(4096))

    def _leave(self, connection):
        self.selector.unregister(connection.fileno())
        del self.outputs[connection.fileno()]
        connection.close()

    def _connect(self):
        for path in [path for path, connection in list(self.wanted.items()) if connection is None]:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
            except OSError:
                connection.close()
                continue
            self._add_socket(connection)
            self.wanted[path] = connection

    def _run(self):
        while True:
            self._connect()
            for key, _ in self.selector.select(RETRY_SECONDS):
                if key.data is None:
                    return
                file, read = key.data
                with self.lock:
                    if key.fd in self.outputs:
                        self._pass_on(key.fd, file, read)

    def _pass_on(self, number, file, read):
        try:
            data = read()
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            for path, connection in self.wanted.items():
                if connection is file:
                    self.wanted[path] = None
            self._leave(file)
            return
        self.bytes += len(data)
        for other, write in list(self.outputs.items()):
            if other != number:
                try:
                    write(data)
                except OSError:
                    pass  # nobody listens there, as on a wire


def main():
    hub = Hub()
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    links = []
    while arguments:
        argument = arguments.pop(0)
        if argument == "--pty":
            links.append(arguments.pop(0))
            os.symlink(hub.open_pty(), links[-1])
        else:
            hub.join_socket(argument)
    hub.start()
    sys.stdin.read()
    hub.stop()
    for link in links:
        os.unlink(link)
    return 0


if __name__ == "__main__":
    sys.exit(main())
