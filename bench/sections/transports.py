"""From the order to revoke until three followers refuse, over each road alone.

Where a broker carries the feed, the followers' way to the authority is cut: nothing but the broker brings
them the batch. Each road has processes of its own. What a broker takes by itself, its own bench says
(kafka_bench, amqp_bench, nats_bench).
"""

import shutil

import figures
import test_brokers
from figures import Figure
from processes import Authority, Authz, Folder, basic, until

ROUNDS = 200
FOLLOWERS = 3
DISK = "4 KiB append + fdatasync"
EMBEDDED = {"server-sent events": "http", "long poll": "poll+http", "WebSocket": "ws"}
BROKERS = {"Redis": test_brokers.Redis, "Kafka": test_brokers.Kafka, "RabbitMQ": test_brokers.RabbitMq,
           "NATS": test_brokers.Nats}
PROGRAMS = {"Redis": "redis-server", "RabbitMq": "rabbitmq-server", "Nats": "nats-server"}


def what_is_missing(broker_class):
    if broker_class is test_brokers.Kafka:
        return None if broker_class.is_here() else broker_class.MISSING
    program = PROGRAMS[broker_class.__name__]
    return None if shutil.which(program) else f"{program} is not installed (tools/setup.sh servers)"


def latency(build, folder, authority, followers):
    return figures.json_of(
        build / "bench" / "revoke_latency", "--authority", authority.port,
        "--followers", ",".join(str(follower.port) for follower in followers),
        "--admin", basic("admin")["Authorization"], "--portal", basic("portal")["Authorization"],
        "--file", folder.path / "sync", "--rounds", ROUNDS, "--pause-us", 200, "--apart-us", 5000)


def embedded(build, scheme):
    folder = Folder()
    try:
        authority = folder.keep(Authority(folder.path)).start()
        url = f"{scheme}://127.0.0.1:{authority.port}/v1/feed"
        followers = [folder.keep(Authz(folder.path, authority, f"authz-{i}", feed={"url": url})).start()
                     for i in range(FOLLOWERS)]
        return latency(build, folder, authority, followers)
    finally:
        folder.close()


def over(build, broker_class):
    folder = Folder()
    way = None
    try:
        broker = folder.keep(broker_class(folder.path))
        broker.start()
        authority = folder.keep(
            Authority(folder.path / "authority", feed={"transports": [broker.url()]})).start()
        way = test_brokers.Forwarder(authority.port)
        followers = [folder.keep(Authz(
            folder.path, authority, f"authz-{i}", feed_port=way.port,
            feed={"roads": [broker.url()], "url": f"http://127.0.0.1:{way.port}/v1/feed"})).start()
            for i in range(FOLLOWERS)]
        until(lambda: test_brokers.metric(authority, "rescind_publisher_lag_batches") == 0,
              "all is on the broker")
        way.cut()
        return latency(build, folder, authority, followers)
    finally:
        if way:
            way.close()
        folder.close()


def rows_of(road, told):
    for quantile in ("p50", "p99", "max"):
        yield Figure(f"{road}: order sent → refused by all 3, {quantile}", told["refused"][quantile], "ms",
                     DISK + f", {quantile}", told["synced"][quantile])


def measure(build):
    rows = []
    for road, scheme in EMBEDDED.items():
        rows += rows_of(road, embedded(build, scheme))
    for road, broker_class in BROKERS.items():
        if missing := what_is_missing(broker_class):
            rows.append(Figure(f"{road}: order sent → refused by all 3", None, "ms", missing=missing))
        else:
            rows += rows_of(road, over(build, broker_class))
    return rows
