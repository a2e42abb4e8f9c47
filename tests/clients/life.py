"""Handles and watches that end in every order: CONFIG TOKEN PAYLOAD, of which the payload has been
revoked. Prints "done"; a crash or a thread that waits for ever is what it looks for."""

import gc
import json
import sys
import threading

import rescind

config, token, payload = sys.argv[1:]


def opened():
    r = rescind.open(config)
    while True:
        try:
            r.verify(token)
            return r
        except (rescind.Stale, rescind.Refused):
            pass  # neither the index nor the keys are there at once


def told(r, then=lambda: None):
    """A watch that has called."""
    called = threading.Event()

    def callback(reason):
        assert reason == "revoked"
        then()
        called.set()
    watch = r.on_revoked(payload, callback)
    assert called.wait(30)
    return watch


def closed_under_the_feet_of_others():
    r = opened()
    r.verify(token)
    begun = threading.Barrier(5)

    def work():
        begun.wait()
        try:
            while True:
                r.verify(token).subject
                r.is_revoked(payload)
                r.on_revoked(json.loads(token_payload), print).close()
        except RuntimeError:
            pass
    token_payload = r.verify(token).payload_json
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    claims = r.verify(token)
    r.close()
    for thread in threads:
        thread.join()
    assert claims.subject  # lives on


def many_that_have_called():
    r = opened()
    for _ in range(100):
        told(r)
    assert len(r._handle.watches) < 3, "those that have called are let go"
    told(r).close()
    told(r, r.on_revoked(r.verify(token).payload_json, print).close)
    r.close()


def closed_by_a_callback():
    r = opened()
    told(r, r.close)
    try:
        r.state()
        raise AssertionError("it is closed")
    except RuntimeError:
        pass


def let_go():
    r = opened()
    told(r)
    r.on_revoked(r.verify(token).payload_json, print)
    r.on_revoked(r.verify(token).payload_json, lambda _, r=r: print(r))  # a cycle
    del r
    gc.collect()


closed_under_the_feet_of_others()
many_that_have_called()
closed_by_a_callback()
let_go()
left_open = opened()
left_open.on_revoked(left_open.verify(token).payload_json, print)
print("done")
