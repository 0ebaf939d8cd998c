"""HDF5 and Keras files that lead out of themselves, or that ask a reader for more than they hold. Used by make_adversarial.py.

A writer of HDF5's oldest form (superblock 0, headers of version 1) in a few lines: no library would write most of what is here.
"""
import io
import json
import struct
import zipfile

NONE = b"\xff" * 8
FLOAT = struct.pack("<BBBBIHHBBBBI", 0x11, 0x20, 31, 0, 4, 0, 32, 23, 8, 0, 23, 127)


def number(value):
    return struct.pack("<Q", value)


def message(kind, content, flags=0):
    content += b"\0" * (-len(content) % 8)
    return struct.pack("<HHBxxx", kind, len(content), flags) + content


def space(*shape):
    return message(1, struct.pack("<BBBxxxxx", 1, len(shape), 0) + b"".join(map(number, shape)))


def layout(address, size):
    return message(8, b"\x03\x01" + (NONE if address is None else number(address)) + number(size))


def chunked(address, *shape):
    return message(8, struct.pack("<BBB", 3, 2, len(shape)) + number(address) + struct.pack(f"<{len(shape)}I", *shape))


def link(name, content, kind=0):
    return message(6, struct.pack("<BBBB", 1, 8, kind, len(name)) + name.encode() + content)


def hard(name, address):
    return link(name, number(address))


GROUP = message(2, b"\0\0" + NONE + NONE)


class File:
    """Parts one after the other; `at` of a part is its address."""

    def __init__(self):
        self.body = bytearray(96)

    def add(self, content):
        self.body += b"\0" * (-len(self.body) % 8)
        address = len(self.body)
        self.body += content
        return address

    def object(self, *messages):
        content = b"".join(messages)
        return self.add(struct.pack("<BxHIIxxxx", 1, len(messages), 1, len(content)) + content)

    def array(self, *extra, shape=(4,), data=None):
        count = 1
        for size in shape:
            count *= size
        address = self.add(bytes(4 * count)) if data is None else data
        return self.object(space(*shape), message(3, FLOAT), layout(address, 4 * count), *extra)

    def finish(self, root, end=None, driver=NONE):
        head = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
        head += number(0) + NONE + number(len(self.body) if end is None else end) + driver
        head += number(0) + number(root) + bytes(24)
        self.body[:96] = head
        return bytes(self.body)

    def group(self, *links, driver=NONE):
        return self.finish(self.object(GROUP, *links), driver=driver)


def attribute(name, text):
    name, text = name.encode() + b"\0", text.encode()
    kind = struct.pack("<BBBBI", 0x13, 0, 0, 0, len(text))
    return message(12, struct.pack("<BxHHH", 1, len(name), len(kind), 8) + padded(name) + padded(kind) + bytes([1]) + bytes(7) + text)


def padded(content):
    return content + b"\0" * (-len(content) % 8)


def clean():
    file = File()
    return file.group(hard("w", file.array()))


def with_array(make):
    file = File()
    return file.group(hard("w", make(file)))


def external():
    file = File()
    yield "hdf5-external-link", file.group(link("w", b"\x19\0\0/etc/passwd\0/secret/key\0".ljust(27, b"\0"), 64))
    file = File()
    inner = file.object(GROUP, link("deep", struct.pack("<H", 7) + b"\0a.h5\0/", 64))
    yield "hdf5-external-link", file.group(hard("layers", inner), hard("w", file.array()))
    for kind in (65, 100, 255):
        file = File()
        yield "hdf5-user-defined-link", file.group(link("w", struct.pack("<H", 4) + b"code", kind))

    def stored_elsewhere(file):
        names = file.add(b"\0" * 8 + b"/etc/passwd\0".ljust(16, b"\0"))
        heap = file.add(b"HEAP" + bytes(4) + number(24) + number(1) + number(names))
        files = struct.pack("<BxxxHH", 1, 1, 1) + number(heap) + number(8) + number(0) + number(16)
        return file.object(space(4), message(3, FLOAT), layout(None, 16), message(7, files))

    yield "hdf5-external-storage", with_array(stored_elsewhere)
    virtual = message(8, b"\x04\x03" + number(96) + struct.pack("<I", 0))
    yield "hdf5-virtual-dataset", with_array(lambda file: file.object(space(4), message(3, FLOAT), virtual))


def refused():
    """What must not be safe."""
    whole = clean()
    for length in (8, 50, 96, 120, len(whole) - 1):
        yield "refused-hdf5-truncated", whole[:length]
    yield "refused-hdf5-trailing", whole + b"\0" * 8
    file = File()
    root = len(file.body)
    file.object(GROUP, hard("again", root))
    yield "refused-hdf5-cycle", file.finish(root)
    file = File()
    size = len(GROUP) + len(hard("loop", 0))
    first, second = len(file.body), len(file.body) + 16 + size
    file.object(GROUP, hard("loop", second))
    file.object(GROUP, hard("loop", first))
    yield "refused-hdf5-cycle", file.finish(first)
    yield "refused-hdf5-cycle", tree_in_itself()
    file = File()
    size = len(message(16, number(0) * 2))
    yield "refused-hdf5-cycle", file.finish(file.object(message(16, number(len(file.body) + 16) + number(size))))
    yield "refused-hdf5-huge-shape", with_array(lambda file: file.object(space(1 << 62, 8), message(3, FLOAT), layout(None, 0)))
    yield "refused-hdf5-huge-shape", with_array(lambda file: file.object(space(1 << 40), message(3, FLOAT), layout(None, 0)))
    yield "refused-hdf5-huge-shape", with_array(lambda file: file.object(space(1 << 30), message(3, FLOAT), layout(96, 4 << 30)))
    yield "refused-hdf5-huge-rank", with_array(lambda file: file.object(message(1, struct.pack("<BBBxxxxx", 1, 255, 0)), message(3, FLOAT), layout(None, 0)))
    file = File()
    yield "refused-hdf5-huge-header", file.finish(file.add(struct.pack("<BxHIIxxxx", 1, 65535, 1, 0xFFFFFFFF)))
    yield "refused-hdf5-huge-header", with_array(lambda file: file.object(space(4), struct.pack("<HHBxxx", 3, 65528, 0) + FLOAT))
    yield "refused-hdf5-huge-name", File().group(message(6, struct.pack("<BBQ", 1, 3, 1 << 62) + b"w"))
    yield "refused-hdf5-huge-type", with_array(lambda file: file.object(space(4), message(3, (b"\x1a" + bytes(3) + struct.pack("<I", 4) + bytes(4)) * 100), layout(None, 0)))
    yield "refused-hdf5-outside", with_array(lambda file: file.array(data=1 << 60))
    yield "refused-hdf5-outside", with_array(lambda file: file.array(data=(1 << 64) - 8))
    yield "refused-hdf5-outside", File().group(hard("w", 1 << 50))
    yield "refused-hdf5-outside", File().finish((1 << 64) - 20)
    yield "refused-hdf5-overlap", with_array(lambda file: file.array(data=96))
    yield "refused-hdf5-overlap", with_array(lambda file: file.array(data=0))
    file = File()
    data = file.add(bytes(16))
    yield "refused-hdf5-overlap", file.group(hard("a", file.array(data=data)), hard("b", file.array(data=data)))
    file = File()
    data = file.add(bytes(24))
    yield "refused-hdf5-overlap", file.group(hard("a", file.array(data=data)), hard("b", file.array(data=data + 8)))
    file = File()
    data = file.add(bytes(4096))
    yield "refused-hdf5-overlap", file.group(hard("a", file.array(data=data)), hard("b", file.array(data=data + 8)))
    for filter in (4, 32000, 32001, 32015, 511):
        yield "refused-hdf5-unknown-filter", with_array(lambda file: packed(file, filter))
    yield "refused-hdf5-name-twice", two_names()
    yield "refused-hdf5-odd-name", File().group(link("a/b", number(96)))
    file = File()
    yield "refused-hdf5-several-files", file.group(hard("w", file.array()), driver=number(96))
    yield "refused-hdf5-shared-message", with_array(lambda file: file.object(space(4), message(3, b"\x03\x02" + number(96), 2), layout(None, 0)))
    yield "refused-hdf5-unknown-message", with_array(lambda file: file.array(message(0x77, bytes(8))))
    yield "refused-hdf5-cut-attribute", with_array(lambda file: file.array(attribute("a", "text")[:-24] + b"\xff" * 16))
    yield "refused-hdf5-not-based", b"\0" * 512 + clean()
    yield "refused-hdf5-deep", deep(70)


def two_names():
    file = File()
    return file.group(hard("w", file.array()), hard("w", file.array()))


def packed(file, filter):
    data = file.add(bytes(16))
    key = struct.pack("<II", 16, 0) + number(0) * 2
    tree = file.add(b"TREE" + bytes([1, 0, 1, 0]) + NONE * 2 + key + number(data) + key)
    pipeline = bytes([1, 1]) + bytes(6) + struct.pack("<HHHHIxxxx", filter, 0, 0, 1, 0)
    return file.object(space(4), message(3, FLOAT), chunked(tree, 4, 4), message(11, pipeline))


def tree_in_itself():
    file = File()
    names = file.add(b"\0" * 8 + b"w\0\0\0\0\0\0\0")
    heap = file.add(b"HEAP" + bytes(4) + number(16) + number(1) + number(names))
    tree = len(file.body)
    file.add(b"TREE" + bytes([0, 1, 1, 0]) + NONE * 2 + number(0) + number(tree) + number(8))
    return file.finish(file.object(message(17, number(tree) + number(heap))))


def deep(levels):
    file = File()
    inner = file.array()
    for _ in range(levels):
        inner = file.object(GROUP, hard("g", inner))
    return file.finish(inner)


def config(layer):
    return json.dumps({"module": "keras", "class_name": "Sequential", "registered_name": "Sequential", "config": {"name": "m", "layers": [layer]}})


LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "registered_name": None, "config": {
    "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None, "closure": None}}}}
OLD_LAMBDA = {"class_name": "Lambda", "config": {"name": "l", "function_type": "lambda", "function": ["4wEAAAAAAAAA\n", None, None]}}
GET_FILE = {"module": "keras.layers", "class_name": "Dense", "registered_name": None, "config": {
    "activation": {"module": "keras.utils", "class_name": "get_file", "config": {}, "registered_name": None}}}
SHELL = {"module": "subprocess", "class_name": "run", "registered_name": None, "config": ["id"]}


def keras():
    for layer in (LAMBDA, OLD_LAMBDA, GET_FILE, SHELL):
        file = File()
        yield "hdf5-keras-layer", file.finish(file.object(GROUP, attribute("model_config", config(layer))))
        yield "keras-layer", zipped(config(layer), clean()), "keras"
    file = File()
    inner = file.object(GROUP, attribute("model_config", config(LAMBDA)))
    yield "hdf5-keras-layer", file.group(hard("model", inner))
    for technique, content in external():
        yield technique.replace("hdf5", "keras"), zipped(config({"module": "keras.layers", "class_name": "ReLU", "registered_name": None, "config": {}}), content), "keras"
    yield "refused-keras-weights", zipped(config({"module": "keras.layers", "class_name": "ReLU", "registered_name": None, "config": {}}), clean()[:-1]), "keras"


def zipped(configuration, weights):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (("metadata.json", '{"keras_version": "3.15.1"}'), ("config.json", configuration), ("model.weights.h5", weights)):
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def files():
    for group in (external, refused, keras):
        for entry in group():
            yield entry if len(entry) > 2 else (*entry, "h5")
