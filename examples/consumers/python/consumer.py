"""Follows EdgeRoam's relocations on NATS or Kafka and prints a line for each event.

It knows the contract (docs/events.md) alone. At its start it reads the last state of every instance, then it follows
through a durable consumer (NATS) or a consumer group (Kafka) of its own: a restart goes on where it stopped. An event
that comes twice is shown once. With --supi and --key-file it tells which events are about that UE.

Lines: `<what> <key> <from> -> <to> <id>` for relocations, `state|instance <key> <site> <id>` for instances.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import pathlib
import signal
import sys
import time
from urllib.parse import unquote

KINDS = ["decided", "ordered", "progress", "completed", "undone", "failed", "fenced"]
KNOWN = {f"io.edgeroam.relocation.{kind}.v1" for kind in KINDS} | {"io.edgeroam.instance.v1"}


def cloud_event(headers, prefix, payload):
    """The event of a message in binary or structured mode; None where it is none. Unknown members do no harm."""
    try:
        data = json.loads(payload)
        if headers.get("content-type", "").startswith("application/cloudevents+json"):
            event = data
        else:
            names = [name for name in headers if name.startswith(prefix)]
            event = {name[len(prefix):]: headers[name] for name in names} | {"data": data}
        return event if {"id", "source", "type", "data"} <= event.keys() else None
    except (ValueError, AttributeError):
        return None


def pseudonym(key, supi):
    """What stands for a UE in events: 16 bytes of HMAC-SHA-256, as hex."""
    return hmac.new(key, b"edgeroam/ue/v1\0" + supi.encode(), hashlib.sha256).hexdigest()[:32]


class Ledger:
    """Prints events and counts them."""

    def __init__(self, args):
        self.wanted, self.completed, self.duplicates, self.seen = args.count, 0, 0, {}
        self.names = {}
        if args.supi:
            key = bytes.fromhex(pathlib.Path(args.key_file).read_text().strip())
            self.names = {pseudonym(key, supi): supi for supi in args.supi}

    def full(self):
        return self.wanted is not None and self.completed >= self.wanted

    def take(self, event, state=False):
        if event is None or event["type"] not in KNOWN:
            return
        what = event["type"].removeprefix("io.edgeroam.").removesuffix(".v1")
        if not state:
            # Delivery is at least once, and source and id tell what is the same event. The newest are remembered.
            identity = (event["source"], event["id"])
            if identity in self.seen:
                self.duplicates += 1
                return
            self.seen[identity] = None
            if len(self.seen) > 100_000:
                del self.seen[next(iter(self.seen))]
            self.completed += what == "relocation.completed"
        data, key = event["data"], event.get("partitionkey", "")
        if what == "instance":
            where = (data.get("serving") or {}).get("site") or "-"
            what = "state" if state else what
        else:
            where = f"{data.get('source') or '-'} -> {data.get('target') or '-'}"
        supi = self.names.get(data.get("ue"))
        print(what, key, where, event["id"], *([f"ue={supi}"] if supi else []), flush=True)


async def follow_nats(args, ledger):
    """Reads EDGEROAM_EVENTS through a durable consumer, after the last states of EDGEROAM_EVENTS_LATEST."""
    import nats
    from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

    def event_of(message):
        return cloud_event({n: unquote(v) for n, v in (message.headers or {}).items()}, "ce-", message.data)

    async def no_server_yet(error):
        print(f"{error}; trying again", file=sys.stderr)

    client = await nats.connect(
        args.url, name=args.name, max_reconnect_attempts=-1, allow_reconnect=True, error_cb=no_server_yet
    )
    stream = client.jetstream()
    kinds = [f"relocation-{kind}" for kind in KINDS] + ["instance"]
    config = ConsumerConfig(
        filter_subjects=[f"edgeroam.v1.{kind}.>" for kind in kinds],
        deliver_policy=DeliverPolicy.ALL if args.from_oldest else DeliverPolicy.NEW,
        # One at a time: an event that is delivered again does not come after its successors.
        ack_policy=AckPolicy.EXPLICIT, max_ack_pending=1, ack_wait=5,
    )
    joined = False
    while not ledger.full():
        try:
            # The durable consumer first: what changes while the states are read is not missed.
            events = await stream.pull_subscribe("", durable=args.name, stream="EDGEROAM_EVENTS", config=config)
            if not joined:
                states = await stream.subscribe(
                    "edgeroam.v1.instance.>", stream="EDGEROAM_EVENTS_LATEST", ordered_consumer=True
                )
                info = await states.consumer_info()
                pending = info.num_pending + info.delivered.consumer_seq
                while pending:
                    message = await states.next_msg(timeout=30)
                    ledger.take(event_of(message), state=True)
                    pending = message.metadata.num_pending
                await states.unsubscribe()
                joined = True
            while not ledger.full():
                try:
                    [message] = await events.fetch(1, timeout=5)
                except nats.errors.TimeoutError:
                    continue
                ledger.take(event_of(message))
                await message.ack_sync()
        except nats.errors.Error as error:
            print(f"{error!r}; trying again", file=sys.stderr)
            await asyncio.sleep(1)
    await client.close()


def follow_kafka(args, ledger):
    """Reads the topics of relocations in a consumer group, after the last states of the compacted instances."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

    topics = [f"edgeroam.v1.{topic}" for topic in ("decisions", "orders", "outcomes", "instances")]
    server = {"bootstrap.servers": args.url.removeprefix("kafka://"), "client.id": args.name}
    # A position is stored when the event was dealt with, and committed now and then and at the end.
    group = {"group.id": args.name, "auto.offset.reset": "earliest", "enable.auto.offset.store": False}
    beside = {"group.id": f"{args.name}-states", "enable.auto.commit": False, "enable.partition.eof": True}

    def event_of(record):
        headers = {name: value.decode() for name, value in record.headers() or [] if value is not None}
        return cloud_event(headers, "ce_", record.value() or b"")

    def patiently(ask, *of, **within):
        """What the cluster cannot answer now, as just after topics were made, is asked again."""
        while True:
            try:
                return ask(*of, **within)
            except KafkaException as error:
                print(f"{error}; trying again", file=sys.stderr)
                time.sleep(1)

    def begin(consumer, partitions):
        """Fixes where a new group begins: what changes while the states are read is not missed."""
        at = patiently(consumer.committed, partitions, timeout=30)
        new = [partition for partition in at if partition.offset < 0]
        for partition in new:
            oldest, next_one = patiently(consumer.get_watermark_offsets, partition, timeout=30)
            partition.offset = oldest if args.from_oldest else next_one
        consumer.assign(at)
        if new:
            consumer.commit(offsets=new)

    def read_states():
        consumer, last = Consumer(server | beside), {}
        partitions = patiently(consumer.list_topics, topics[-1], timeout=30).topics[topics[-1]].partitions
        consumer.assign([TopicPartition(topics[-1], number, OFFSET_BEGINNING) for number in partitions])
        unread = set(partitions)
        while unread:
            if (record := consumer.poll(1)) is None:
                continue
            if (error := record.error()) is None:
                last[record.key()] = record
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.discard(record.partition())
        consumer.close()
        for record in last.values():
            ledger.take(event_of(record), state=True)

    consumer = Consumer(server | group)
    try:
        while missing := set(topics) - patiently(consumer.list_topics, timeout=10).topics.keys():
            print(f"{args.url} has no {', '.join(sorted(missing))} yet", file=sys.stderr)
            time.sleep(1)
        consumer.subscribe(topics, on_assign=begin)
        joined = False
        while not ledger.full():
            record = consumer.poll(1)
            if not joined and consumer.assignment():
                read_states()
                joined = True
            if record is None:
                continue
            if record.error():
                print(f"{record.error()}; trying again", file=sys.stderr)
                continue
            ledger.take(event_of(record))
            consumer.store_offsets(record)
    finally:
        consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="nats://127.0.0.1:4222", help="nats://HOST:PORT or kafka://HOST:PORT")
    parser.add_argument("--count", type=int, help="stop after so many relocation.completed events")
    parser.add_argument("--timeout", type=int, default=3600, help="stop after so many seconds")
    parser.add_argument("--name", default="consumer-example-python", help="durable consumer or consumer group")
    parser.add_argument("--from-oldest", action="store_true", help="begin with the oldest event that is kept")
    parser.add_argument("--supi", action="append", help="tell this UE's events, with --key-file")
    parser.add_argument("--key-file", help="the key of the pseudonyms, as hex")
    args = parser.parse_args()
    if args.supi and not args.key_file:
        parser.error("--supi needs --key-file")
    ledger = Ledger(args)

    def stop(number, _frame):
        sys.exit(number == signal.SIGALRM and args.count is not None)

    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.alarm(args.timeout)
    try:
        if args.url.startswith("kafka://"):
            follow_kafka(args, ledger)
        else:
            asyncio.run(follow_nats(args, ledger))
    finally:
        print(f"sum completed={ledger.completed} duplicates={ledger.duplicates}", flush=True)


if __name__ == "__main__":
    main()
