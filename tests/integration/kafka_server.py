"""A real Kafka broker for the tests, by the script that users have, too (tools/kafka.sh), and what its
operator and a service do there, by librdkafka."""

import ctypes
import ctypes.util
import os
import pathlib
import shutil
import socket

from processes import Process, until


class Kafka:
    SCRIPT = pathlib.Path(__file__).parents[2] / "tools" / "kafka.sh"
    MISSING = "Java or Kafka's jars are missing (tools/kafka.sh fetch)"
    START_WITHIN = 90.0
    TIMEOUT_MS = 30_000

    @staticmethod
    def is_here():
        cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        jars = list(pathlib.Path(cache).glob("rescind/kafka-*/kafka-clients-*.jar"))
        return bool(jars) and shutil.which("java") and ctypes.util.find_library("rdkafka")

    def __init__(self, folder):
        self.folder = folder / "kafka"
        self.folder.mkdir()
        self.process = None

    @property
    def port(self):
        return int((self.folder / "port").read_text())

    def start(self):
        is_new = self.process is None
        self.process = Process([str(self.SCRIPT), "run", str(self.folder)], self.folder / "output")
        until(self.serves, "Kafka serves", self.START_WITHIN)
        if is_new:
            for topic in ("rescind.default", "rescind.default.snapshot", "rescind.default.requests"):
                self.create(topic)
        return self

    def serves(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            return True
        except (OSError, ValueError):  # not there yet, or half written
            return False

    def producer(self):
        library = ctypes.CDLL(ctypes.util.find_library("rdkafka"))
        for name in ("conf_new", "new", "NewTopic_new", "queue_new", "queue_poll", "topic_new"):
            getattr(library, "rd_kafka_" + name).restype = ctypes.c_void_p
        library.rd_kafka_event_error_string.restype = ctypes.c_char_p
        conf = ctypes.c_void_p(library.rd_kafka_conf_new())
        why = ctypes.create_string_buffer(500)
        library.rd_kafka_conf_set(conf, b"bootstrap.servers", f"127.0.0.1:{self.port}".encode(), why, 500)
        producer = library.rd_kafka_new(0, conf, why, ctypes.c_size_t(500))
        assert producer, why.value
        return library, ctypes.c_void_p(producer)

    def create(self, topic):
        library, producer = self.producer()
        wanted = ctypes.c_void_p(library.rd_kafka_NewTopic_new(topic.encode(), 1, 1, None, ctypes.c_size_t(0)))
        queue = ctypes.c_void_p(library.rd_kafka_queue_new(producer))
        library.rd_kafka_CreateTopics(producer, ctypes.byref(wanted), ctypes.c_size_t(1), None, queue)
        answer = ctypes.c_void_p(library.rd_kafka_queue_poll(queue, self.TIMEOUT_MS))
        assert answer, "no answer to the creation of a topic"
        assert library.rd_kafka_event_error(answer) == 0, library.rd_kafka_event_error_string(answer)
        library.rd_kafka_event_destroy(answer)
        library.rd_kafka_queue_destroy(queue)
        library.rd_kafka_NewTopic_destroy(wanted)
        library.rd_kafka_destroy(producer)

    def put_request(self, text):
        library, producer = self.producer()
        topic = ctypes.c_void_p(library.rd_kafka_topic_new(producer, b"rescind.default.requests", None))
        value = text.encode()
        copy = 2
        assert library.rd_kafka_produce(topic, ctypes.c_int32(0), copy, value, ctypes.c_size_t(len(value)),
                                        None, ctypes.c_size_t(0), None) == 0
        assert library.rd_kafka_flush(producer, self.TIMEOUT_MS) == 0, "not confirmed"
        library.rd_kafka_topic_destroy(topic)
        library.rd_kafka_destroy(producer)

    def url(self):
        return f"kafka://127.0.0.1:{self.port}"

    def end(self):
        self.process.stop()
