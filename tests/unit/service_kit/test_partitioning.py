"""Keys go to the partitions that every other client of Kafka puts them in."""

import random

import aiokafka.partitioner

from service_kit.partitioning import Partitioner, murmur2


def test_the_hash_is_that_of_kafkas_own_clients() -> None:
    chance = random.Random(1)
    for length in [*range(70), 300, 4_000]:
        for _ in range(10):
            data = chance.randbytes(length)
            assert murmur2(data) == aiokafka.partitioner.murmur2(data)


def test_the_hash_is_that_of_kafkas_own_test() -> None:
    """Source: Kafka's UtilsTest.testMurmur2."""
    told = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    assert {key: murmur2(key) - (murmur2(key) >> 31 << 32) for key in told} == told


def test_a_key_has_one_partition_and_no_key_has_any() -> None:
    choose = Partitioner()
    default = aiokafka.partitioner.DefaultPartitioner()
    partitions = list(range(12))
    for number in range(200):
        key = f"email:ana{number}@example.com".encode()
        assert choose(key, partitions, []) == default(key, partitions, [])
    assert choose(None, partitions, [7]) == 7
