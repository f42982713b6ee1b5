"""What .ci/consumers compares consumers with: the public events as they are at the broker, read without any consumer.

    told URL       the distinct completed relocations and the last state of every instance, as consumers print them
    disturb URL    puts what consumers must cope with: a repeated event, unknown types, versions and members
    lines          events in structured mode from standard input, as consumers print them
"""

import asyncio
import json
import sys
from urllib.parse import unquote

import confluent_kafka
import nats
from nats.js.api import AckPolicy, ConsumerConfig

PREFIX = "edgeroam.v1"
COMPLETED = "io.edgeroam.relocation.completed.v1"


def line(event):
    """An event as consumers print it."""
    data, what = event["data"], event["type"].removeprefix("io.edgeroam.").removesuffix(".v1")
    where = f"{data.get('source') or '-'} -> {data.get('target') or '-'}"
    if what == "instance":
        what, where = "state", (data.get("serving") or {}).get("site") or "-"
    return f"{what} {event['partitionkey']} {where} {event['id']}"


def binary(headers, prefix, payload):
    event = {name.removeprefix(prefix): value for name, value in headers.items() if name.startswith(prefix)}
    return event | {"data": json.loads(payload)}


async def read_nats(url):
    """(subject, headers, payload) of every event, in their order, through a consumer that is gone afterwards."""
    client = await nats.connect(url, allow_reconnect=False)
    stream = client.jetstream()
    count = (await stream.stream_info("EDGEROAM_EVENTS")).state.messages
    config = ConsumerConfig(ack_policy=AckPolicy.NONE)
    reader = await stream.pull_subscribe("", stream="EDGEROAM_EVENTS", config=config)
    messages = []
    while len(messages) < count:
        messages += await reader.fetch(500, timeout=30)
    await client.close()
    return [(message.subject, message.headers, message.data) for message in messages]


async def write_nats(url, records):
    client = await nats.connect(url, allow_reconnect=False)
    for subject, headers, payload in records:
        # Without Nats-Msg-Id the broker takes the same event twice, as it does when its duplicate window is over.
        plain = {name: value for name, value in headers.items() if not name.startswith("Nats-")}
        await client.jetstream().publish(subject, payload, headers=plain)
    await client.close()


def read_kafka(url):
    """(topic, headers, payload) of every event; in their order where they have the same key."""
    server = {"bootstrap.servers": url.removeprefix("kafka://"), "group.id": "ci-told", "enable.auto.commit": False}
    consumer = confluent_kafka.Consumer(server | {"enable.partition.eof": True})
    topics = consumer.list_topics(timeout=30).topics
    parts = {(topic, number) for topic in topics if topic.startswith(PREFIX) for number in topics[topic].partitions}
    beginning = confluent_kafka.OFFSET_BEGINNING
    consumer.assign([confluent_kafka.TopicPartition(topic, number, beginning) for topic, number in parts])
    records = []
    while parts:
        if (record := consumer.poll(1)) is None:
            continue
        if record.error():
            parts.discard((record.topic(), record.partition()))
            continue
        headers = {name: value.decode() for name, value in record.headers() or []}
        records.append((record.topic(), headers, record.value()))
    consumer.close()
    return records


def write_kafka(url, records):
    producer = confluent_kafka.Producer({"bootstrap.servers": url.removeprefix("kafka://")})
    for topic, headers, payload in records:
        producer.produce(topic, payload, headers["ce_partitionkey"], headers=headers)
    producer.flush(30)


def told(url):
    kafka = url.startswith("kafka://")
    if kafka:
        events = [binary(headers, "ce_", payload) for _, headers, payload in read_kafka(url)]
    else:
        messages = asyncio.run(read_nats(url))
        plain = [({n: unquote(v) for n, v in headers.items()}, payload) for _, headers, payload in messages]
        events = [binary(headers, "ce-", payload) for headers, payload in plain]
    completed = {(event["source"], event["id"]): line(event) for event in events if event["type"] == COMPLETED}
    states = {event["partitionkey"]: line(event) for event in events if event["type"] == "io.edgeroam.instance.v1"}
    print("\n".join(sorted([*completed.values(), *states.values()])))


def disturb(url):
    kafka = url.startswith("kafka://")
    dash = "ce_" if kafka else "ce-"
    records = read_kafka(url) if kafka else asyncio.run(read_nats(url))
    repeated = next(record for record in records if record[1][f"{dash}type"] == COMPLETED)
    place, headers, payload = repeated
    strange = [
        ("io.edgeroam.relocation.dreamt.v1", {"app": "ci"}),
        ("io.edgeroam.relocation.completed.v2", {"app": {"id": "ci"}}),
        (COMPLETED, json.loads(payload) | {"unheard_of": [1, {"of": None}], "source": None}),
    ]
    records = [repeated]
    for number, (of_type, data) in enumerate(strange):
        named = {f"{dash}id": f"ci-{number}", f"{dash}type": of_type, f"{dash}unheardof": "x"}
        records.append((place, headers | named, json.dumps(data).encode()))
    if kafka:
        write_kafka(url, records)
    else:
        asyncio.run(write_nats(url, records))


match sys.argv[1:]:
    case ["told", url]:
        told(url)
    case ["disturb", url]:
        disturb(url)
    case ["lines"]:
        for text in sys.stdin:
            print(line(json.loads(text)))
    case _:
        sys.exit(__doc__)
