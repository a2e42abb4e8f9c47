"""Slowloris: thousands of connections that send a header byte now and then, or a body, beside good ones (L5).

    RESCIND_BINARY=build/release/src/cli/rescind python3 tests/chaos/slow_clients.py [CONNECTIONS [SECONDS]]

Held: no good request fails; the slow ones are ended by the server; memory per connection stays small. As many
connections as the limit of open files allows (`ulimit -n`).
"""

import resource
import selectors
import socket
import sys
import threading
import time

from measuring import Repeating, milliseconds, report, resident_kib
from processes import Authority, Folder

HEAD = b"POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n"


class Slow:
    """Keeps `count` connections open, each of which says a byte every `pause` seconds."""

    def __init__(self, port, count, bodies, pause=10.0):
        self.port, self.count, self.bodies, self.pause = port, count, bodies, pause
        self.selector = selectors.DefaultSelector()
        self.open = {}
        self.ended = 0
        self.most = 0
        self.going = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def connect(self):
        end = socket.socket()
        end.setblocking(False)
        end.connect_ex(("127.0.0.1", self.port))
        with_body = len(self.open) % self.count < self.bodies
        self.selector.register(end, selectors.EVENT_READ)
        self.open[end] = [HEAD + b"\r\n" if with_body else HEAD, 0, time.monotonic() + 0.5]

    def drop(self, end):
        self.selector.unregister(end)
        del self.open[end]
        end.close()
        self.ended += 1

    def run(self):
        while self.going:
            for _ in range(min(200, self.count - len(self.open))):
                self.connect()
            self.most = max(self.most, len(self.open))
            now = time.monotonic()
            for end, state in list(self.open.items()):
                if state[2] > now:
                    continue
                try:
                    text, at, _ = state
                    # The head's line at once, then byte by byte; a body never ends.
                    step = len(HEAD) - 8 if at == 0 else 1
                    end.send(text[at:at + step] or b"x")
                    state[1], state[2] = at + step, now + self.pause
                except BlockingIOError:
                    state[2] = now + 0.1
                except OSError:
                    self.drop(end)
            for key, _ in self.selector.select(0.02):
                if key.fileobj in self.open:
                    self.drop(key.fileobj)  # the server answered or ended it

    def stop(self):
        self.going = False
        self.thread.join()
        for end in list(self.open):
            end.close()


def main(connections, seconds):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * connections + 2000), hard))
    connections = min(connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path).start())
        authority.add_user()
        pairs = [authority.login() for _ in range(8)]

        def good(which):
            answer = authority.refresh(pairs[which]["refresh_token"])
            assert answer.status == 200, answer
            pairs[which] = answer.json()

        def load():
            return [Repeating(lambda n=n: good(n), 0.05) for n in range(len(pairs))]

        def measure(loads, lasting):
            time.sleep(lasting)
            took = [one for each in loads for one in each.stop().took]
            failures = [one for each in loads for one in each.failures]
            assert not failures, failures[:3]
            return took

        alone = measure(load(), 5)
        resting = resident_kib(authority.process.pid)
        slow = Slow(authority.port, connections, connections // 6)
        loads = load()
        time.sleep(5)
        under = resident_kib(authority.process.pid)
        took = measure(loads, max(1, seconds - 5))
        slow.stop()
        report("slow clients", connections=slow.most, ended_by_the_server=slow.ended,
               kib_each=round((under - resting) / max(1, slow.most), 1),
               refresh_alone=milliseconds(alone), refresh_beside=milliseconds(took),
               refreshes=len(took))
        print("slow_clients: held")
    finally:
        folder.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6000,
         float(sys.argv[2]) if len(sys.argv) > 2 else 45.0)
