"""Reads a mongodump with the bson of pymongo, and prints the number of documents and a digest for each collection.

Usage: read_dump.py FOLDER|ARCHIVE, both compressed or not. Archives are taken apart here.
"""

import gzip
import hashlib
import json
import pathlib
import struct
import sys

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

# Dates of the old system may be impossible; they are sound BSON all the same.
OPTIONS = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
TERMINATOR = b"\xff\xff\xff\xff"


class Collection:
    def __init__(self):
        self.count = 0
        self.sum = 0

    def add(self, raw):
        bson.decode(raw, codec_options=OPTIONS)
        self.count += 1
        self.sum += int.from_bytes(hashlib.sha256(raw).digest(), "little")

    def digest(self):
        summed = (self.sum % 2**256).to_bytes(32, "little")
        return hashlib.sha256(struct.pack("<Q", self.count) + summed).hexdigest()


class Stream:
    def __init__(self, path):
        data = path.read_bytes()
        self.data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        self.at = 0

    def take(self, length):
        taken = self.data[self.at : self.at + length]
        assert len(taken) == length, "the end came too early"
        self.at += length
        return taken

    def document(self):
        """The next document, or nothing at a terminator."""
        head = self.take(4)
        if head == TERMINATOR:
            return None
        return head + self.take(struct.unpack("<i", head)[0] - 4)

    def more(self):
        return self.at < len(self.data)


def folder(path):
    collections = {}
    for metadata in sorted(path.glob("*/*.metadata.json*")):
        description = json.loads(Stream(metadata).data)
        base, ending = metadata.name.split(".metadata.json")
        stream = Stream(metadata.with_name(f"{base}.bson{ending}"))
        collection = collections.setdefault(description["collectionName"], Collection())
        while stream.more():
            collection.add(stream.document())
    return collections


def archive(path):
    stream = Stream(path)
    assert stream.take(4) == bytes([0x6D, 0xE2, 0x99, 0x81])
    assert bson.decode(stream.document())["version"] == "0.1"
    collections = {}
    while (described := stream.document()) is not None:
        described = bson.decode(described)
        json.loads(described["metadata"])
        collections[described["collection"]] = Collection()
    while stream.more():
        header = bson.decode(stream.document())
        while (raw := stream.document()) is not None:
            collections[header["collection"]].add(raw)
    return collections


path = pathlib.Path(sys.argv[1])
found = folder(path) if path.is_dir() else archive(path)
print(json.dumps([[name, it.count, it.digest()] for name, it in sorted(found.items())]))
