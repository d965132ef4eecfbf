"""Record batches byte by byte (KIP-98, magic 2), for what no honest client writes: bombs, and batches
that are damaged in the broker's own log."""
import pathlib
import socket
import struct
import subprocess
import threading
import time

CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD = range(5)
HEAD = 12  # bytes before what a batch's length counts
CRC, ATTRIBUTES, RECORDS = 17, 21, 61


def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def varint(number):
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def record(delta, value):
    body = b"\x00" + varint(0) + varint(delta) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def batch(records, count, codec=CODEC_NONE):
    """`records` is what stands behind the head: compressed already where codec says so. From now, or
    retention would take it for old."""
    time_ms = int(time.time() * 1000)
    tail = struct.pack(">hiqqqhii", codec, count - 1, time_ms, time_ms, -1, -1, -1, count) + records
    return struct.pack(">qiibI", 0, len(tail) + 9, -1, 2, crc32c(tail)) + tail


def zstd_bomb(size):
    """One record of `size` zeros, some kilobytes on the wire."""
    prefix = b"\x00" + varint(0) + varint(0) + varint(-1) + varint(size)
    body = len(prefix) + size + 1
    plain = subprocess.Popen(["zstd", "-q", "-19", "-c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def write():
        plain.stdin.write(varint(body) + prefix)
        for begin in range(0, size, 1 << 20):
            plain.stdin.write(bytes(min(1 << 20, size - begin)))
        plain.stdin.write(b"\x00")
        plain.stdin.close()
    writer = threading.Thread(target=write)
    writer.start()
    compressed = plain.stdout.read()
    writer.join()
    plain.wait()
    return batch(compressed, 1, CODEC_ZSTD)


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def produce(address, topic, partition, whole):
    """Writes a batch as it is (Produce version 7); returns its base offset."""
    host, port = address.split(":")
    body = (struct.pack(">hhi", 0, 7, 1) + text("raw") + struct.pack(">hhii", -1, -1, 30000, 1) +
            text(topic) + struct.pack(">iii", 1, partition, len(whole)) + whole)
    with socket.create_connection((host, int(port)), 60) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        answer = b""
        while len(answer) < 4 or len(answer) < 4 + struct.unpack(">i", answer[:4])[0]:
            more = connection.recv(65536)
            if not more:
                raise OSError("the broker hung up")
            answer += more
    at = 4 + 4 + 4 + 2 + len(topic) + 4 + 4
    error, offset = struct.unpack(">hq", answer[at:at + 10])
    if error:
        raise OSError("the broker refused the batch: %d" % error)
    return offset


def damage(data, topic, partition, base, codec=None):
    """In the log of the running broker: the batch at offset `base` gets a codec that does not exist,
    or else a flipped bit under its checksum."""
    directory = pathlib.Path(data) / ("%s-%d" % (topic, partition))
    for path in sorted(directory.glob("*.log")):
        whole = path.read_bytes()
        at = 0
        while at + RECORDS <= len(whole):
            first, length = struct.unpack(">qi", whole[at:at + HEAD])
            if first == base:
                with open(path, "r+b") as log:
                    log.seek(at)
                    log.write(damaged(whole[at:at + HEAD + length], codec))
                return
            at += HEAD + length
    raise AssertionError("there is no batch at %d" % base)


def damaged(whole, codec):
    one = bytearray(whole)
    if codec is None:
        one[-3] ^= 0x20
    else:
        one[ATTRIBUTES + 1] = codec
        one[CRC:CRC + 4] = struct.pack(">I", crc32c(one[ATTRIBUTES:]))
    return bytes(one)
