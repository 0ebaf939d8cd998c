#!/usr/bin/env python3
"""Writes files that try to run code past a scanner, or to lead a loader elsewhere: the adversarial corpus, a file a trick. Pickles and
what holds them here, HDF5 and Keras in adversarial_hdf5.py. Pure standard library, and nothing of what is written is ever loaded
here. Deterministic: the same bytes each time.

    make_adversarial.py FOLDER

A file is TECHNIQUE.VARIANT.EXTENSION; those whose technique begins with 'refused-' need only not be safe, all others are dangerous.
"""
import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import tarfile
import zipfile
import zlib

sys.dont_write_bytecode = True
import adversarial_hdf5  # noqa: E402

SYSTEMS = [
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"), ("subprocess", "Popen"),
    ("importlib", "import_module"), ("runpy", "run_path"), ("pty", "spawn"), ("webbrowser", "open"), ("code", "interact"),
    ("ctypes", "CDLL"), ("timeit", "timeit"), ("cProfile", "run"), ("pydoc", "pipepager"), ("bdb", "Bdb"),
    ("numpy.testing._private.utils", "runstring"), ("torch.utils.collect_env", "run"), ("shutil", "rmtree"),
    ("pickle", "loads"), ("marshal", "loads"), ("types", "CodeType"), ("types", "FunctionType"),
    ("sys", "modules"), ("socket", "create_connection"), ("urllib.request", "urlopen"), ("imaplib", "IMAP4_stream"),
    ("distutils.file_util", "write_file"), ("lib2to3.pgen2.pgen", "ParserGenerator"), ("asyncio", "run"),
    ("_aix_support", "_read_cmd_output"), ("idlelib.pyshell", "ModifiedInterpreter"), ("operator", "methodcaller"),
    ("functools", "partial"), ("numpy", "load"), ("joblib", "load"), ("torch", "load"), ("pip", "main"),
    ("numpy.f2py.crackfortran", "getlincoef"), ("site", "addsitedir"), ("sklearn.utils._bunch", "os"),
]


def short(text):
    data = text.encode() if isinstance(text, str) else text
    return b"\x8c" + bytes([len(data)]) + data


def long_text(text):
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def glob(module, name):
    return f"c{module}\n{name}\n".encode()


def stack_glob(module, name):
    return short(module) + short(name) + b"\x93"


ARG = long_text("id") + b"\x85"
CALL = glob("posix", "system") + ARG + b"R"
BAD = b"\x80\x02" + CALL + b"."
BAD4 = b"\x80\x04" + stack_glob("posix", "system") + short("id") + b"\x85R."
GOOD = b"\x80\x04]."


def frame(body):
    return b"\x80\x04\x95" + struct.pack("<Q", len(body)) + body


def imports():
    for module, name in SYSTEMS:
        yield "global-reduce", b"\x80\x02" + glob(module, name) + ARG + b"R."
    for module, name in SYSTEMS[:12]:
        yield "stack-global", frame(stack_glob(module, name) + short("id") + b"\x85R.")
    for module, name in SYSTEMS[:6]:
        yield "protocol-0", f"c{module}\n{name}\np0\n(Vid\np1\ntp2\nRp3\n.".encode()
        yield "inst", f"(S'id'\ni{module}\n{name}\n.".encode()
        yield "obj", b"(" + glob(module, name) + b"S'id'\no."
        yield "newobj", b"\x80\x02" + glob(module, name) + ARG + b"\x81."
        yield "newobj-ex", b"\x80\x04" + stack_glob(module, name) + short("id") + b"\x85}\x92."
        yield "import-alone", b"\x80\x02" + glob(module, name) + b"."
    for module, name in (("__builtin__", "eval"), ("__builtin__", "apply"), ("commands", "getoutput"), ("__main__", "run")):
        yield "python-2-name", b"\x80\x02" + glob(module, name) + ARG + b"R."


def names():
    yield "memoised-name", frame(short("posix") + b"\x94" + short("system") + b"\x940h\x00h\x01\x93" + short("id") + b"\x85R.")
    yield "memoised-name", b"\x80\x04" + short("posix") + b"q\x070" + short("system") + b"q\x080h\x07h\x08\x93" + ARG + b"R."
    yield "memoised-name", b"\x80\x04" + short("os") + b"q\x00" + short("posix") + b"q\x0000h\x00" + short("system") + b"\x93" + ARG + b"R."
    yield "memoised-name", b"\x80\x04" + short("posix") + b"r\xff\xff\x00\x000j\xff\xff\x00\x00" + short("system") + b"\x93" + ARG + b"R."
    yield "memoised-name", b"\x80\x04" + short("posix") + b"p12\n0g12\n" + short("system") + b"\x93" + ARG + b"R."
    yield "swapped-stack", b"\x80\x04" + short("junk") + b"0" + short("posix") + b"N0" + short("system") + b"(NN1\x93" + ARG + b"R."
    yield "swapped-stack", b"\x80\x04" + short("posix") + b"2" + short("system") + b"\x93" + ARG + b"R."
    yield "memoised-callee", b"\x80\x02" + glob("posix", "system") + b"q\x000]q\x010h\x00" + ARG + b"R."
    yield "memoised-callee", b"\x80\x02" + glob("posix", "system") + b"q\x050N0h\x05" + ARG + b"R."
    yield "memoised-callee", b"\x80\x02" + glob("posix", "system") + b"2" + ARG + b"R."
    for join in (("builtins", "getattr"), ("_operator", "add"), ("operator", "concat")):
        made = stack_glob(*join) + short("pos") + short("ix") + b"\x86R"
        yield "joined-name", b"\x80\x04" + made + short("system") + b"\x93" + ARG + b"R."
    codec = stack_glob("_codecs", "encode") + short("posix") + short("latin1") + b"\x86R"
    yield "computed-name", b"\x80\x04" + codec + short("system") + b"\x93" + ARG + b"R."
    scalar = stack_glob("collections", "OrderedDict") + b")R"
    yield "computed-name", b"\x80\x04" + scalar + short("system") + b"\x93" + ARG + b"R."
    yield "computed-name", b"\x80\x04C\x05posix" + short("system") + b"\x93" + ARG + b"R."
    yield "computed-name", b"\x80\x04N" + short("system") + b"\x93" + ARG + b"R."
    yield "escaped-name", b"\x80\x04S'\\x70osix'\nS'sy\\163tem'\n\x93" + ARG + b"R."
    yield "escaped-name", b"\x80\x04V\\u0070osix\nVsystem\n\x93" + ARG + b"R."
    yield "long-name", b"\x80\x04" + long_text("a" * 5000) + short("system") + b"\x93" + ARG + b"R."
    yield "long-name", glob("a" * 5000, "system") + ARG + b"R."
    for module, name in (
        ("numpy", "ndarray.__reduce__.__globals__"), ("sklearn.utils", "os.system"), ("collections", "OrderedDict.fromkeys"),
        ("builtins", "object.__subclasses__"), ("collections", "__builtins__"), ("numpy", "__loader__"), ("builtins", "__import__"),
    ):
        yield "dotted-or-dunder", b"\x80\x04" + stack_glob(module, name) + ARG + b"R."
    yield "utf8-name", b"\x80\x04" + stack_glob("posix", "syst\u0435m") + ARG + b"R."
    yield "utf8-name", b"\x80\x04" + stack_glob("numpy\u200b", "dtype") + ARG + b"R."


def chains():
    get = stack_glob("builtins", "getattr")
    root = get + stack_glob("collections", "OrderedDict") + short("__class__") + b"\x86R"
    yield "getattr-chain", b"\x80\x04" + root + ARG + b"R."
    yield "getattr-chain", b"\x80\x04" + get + root + short("mro") + b"\x86R)R."
    yield "getattr-chain", b"\x80\x04" + get + get + stack_glob("builtins", "__dict__") + short("eval") + b"\x86R" + short("x") + b"\x86R."
    for code in (b"\x82\x05", b"\x83\x05\x01", b"\x84\x05\x00\x01\x00", b"\x82\x00"):
        yield "extension", b"\x80\x02" + code + ARG + b"R."
    state = b"}" + short("__class__") + stack_glob("posix", "system") + b"s"
    for target in (stack_glob("collections", "OrderedDict"), stack_glob("numpy", "dtype"), stack_glob("numpy._core.multiarray", "scalar")):
        yield "build-on-global", b"\x80\x04" + target + b"}" + short("a") + b"K\x01sb."
        yield "build-on-global", b"\x80\x04" + target + b"N}\x86b."
    made = stack_glob("collections", "OrderedDict") + b")R"
    yield "build-dunder", b"\x80\x04" + made + state + b"b."
    yield "build-dunder", b"\x80\x04" + made + b"N}" + short("__class__") + stack_glob("numpy", "ndarray") + b"s\x86b."
    yield "build-dunder", b"\x80\x04" + made + b"}" + short("__setstate__") + stack_glob("numpy", "dtype") + b"sb."
    yield "build-dunder", b"\x80\x04" + made + b"}S'__setstate__'\n" + stack_glob("numpy", "dtype") + b"sb."
    yield "build-odd-key", b"\x80\x04" + made + b"N}" + made + b"Ns\x86b."
    yield "build-exec", b"\x80\x04" + stack_glob("scipy.stats._distn_infrastructure", "rv_continuous") + b")\x81}" + short("shapes") + short("a=__import__('os').system('id')") + b"sb."
    yield "setitem-on-global", b"\x80\x04" + stack_glob("collections", "OrderedDict") + short("a") + b"Ns."
    yield "append-on-global", b"\x80\x04" + stack_glob("numpy", "ndarray") + b"Na."
    yield "call-instance", b"\x80\x04" + made + b")R."
    yield "call-new-only", b"\x80\x04" + stack_glob("xgboost.core", "Booster") + b"NN" + short("http://example.org/m") + b"\x87R."
    yield "codec-import", b"\x80\x04" + stack_glob("_codecs", "encode") + short("x") + short("evil_codec") + b"\x86R."
    yield "reconstructor", b"\x80\x04" + stack_glob("copyreg", "_reconstructor") + made + stack_glob("builtins", "object") + b"N\x87R."
    yield "reconstruct", b"\x80\x04" + stack_glob("numpy._core.multiarray", "_reconstruct") + made + b"K\x00\x85C\x01b\x87R."
    yield "persistent-id", b"\x80\x02" + short("x") + b"Q."
    yield "persistent-id", b"Pevil\n."
    yield "hidden-popped", b"\x80\x02" + CALL + b"0N."
    yield "hidden-popped", b"\x80\x02(" + CALL + b"1N."
    yield "hidden-in-state", b"\x80\x04" + made + b"}" + short("a") + CALL + b"sb."
    yield "hidden-in-key", b"\x80\x02}" + CALL + b"Ns."
    yield "hidden-in-set", b"\x80\x04\x8f(" + CALL + b"\x90."
    yield "hidden-in-frozenset", b"\x80\x04(" + CALL + b"\x91."


def streams():
    yield "trailing-pickle", GOOD + BAD
    yield "trailing-pickle", GOOD * 40 + BAD4
    yield "trailing-pickle", GOOD + b"cposix\nsystem\n(S'id'\ntR."
    for length in (1, 2, 5):
        yield "truncated-then-executed", BAD[:-1] + b"\x8c\xff" * length
        yield "truncated-then-executed", b"\x80\x02" + CALL + b"\xff" * length
    yield "truncated-then-executed", b"\x80\x02" + CALL
    yield "broken-after-call", b"\x80\x02" + CALL + b"h\x63."
    yield "broken-after-call", b"\x80\x02" + CALL + b"0000."
    yield "broken-frame", b"\x80\x04\x95\x03" + b"\0" * 7 + BAD4[2:]
    yield "nested-frames", b"\x80\x04\x95\x40" + b"\0" * 7 + b"\x95\x02" + b"\0" * 7 + BAD4[2:] + b"N" * 40
    inner = BAD
    yield "pickle-in-pickle", b"\x80\x04" + stack_glob("pickle", "loads") + b"C" + bytes([len(inner)]) + inner + b"\x85R."
    yield "pickle-in-pickle", b"\x80\x04" + stack_glob("_pickle", "loads") + b"B" + struct.pack("<I", len(inner)) + inner + b"\x85R."
    yield "pickle-in-pickle", b"\x80\x04" + stack_glob("joblib", "load") + short("other.pkl") + b"\x85R."
    legacy = legacy_torch(BAD)
    yield "torch-in-pickle", b"\x80\x04" + stack_glob("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(legacy)) + legacy + b"\x85R."
    yield "torch-in-pickle", b"\x80\x04" + stack_glob("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(BAD)) + BAD + b"\x85R."
    yield "torch-in-pickle", b"\x80\x04" + stack_glob("torch.storage", "_load_from_bytes") + stack_glob("builtins", "bytes") + b")R\x85R."
    yield "misleading-extension", BAD, "txt"
    yield "misleading-extension", BAD, "safetensors"
    yield "misleading-extension", BAD4, "onnx"
    yield "misleading-extension", BAD4, "json"
    yield "misleading-extension", BAD4, "bin"
    yield "misleading-extension", BAD4, "npy"
    yield "misleading-extension", b"cposix\nsystem\n(S'id'\ntR.", "md"


MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def legacy_torch(third):
    return MAGIC + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + third + b"\x80\x02]."


def legacy():
    yield "legacy-torch", legacy_torch(BAD), "pt"
    yield "legacy-torch", MAGIC + BAD, "pt"
    yield "legacy-torch", MAGIC + b"\x80\x02M\xe9\x03." + BAD + b"\x80\x02}.\x80\x02].", "pt"
    yield "legacy-torch", MAGIC + b"\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}." + BAD, "pt"
    evil = b"\x80\x02(" + long_text("storage") + glob("posix", "system") + long_text("0") + long_text("cpu") + b"K\x01NtQ."
    yield "legacy-torch-storage", legacy_torch(evil), "pt"
    module = b"\x80\x02(" + long_text("module") + glob("torch", "FloatStorage") + long_text("x.py") + long_text("import os") + b"tQ."
    yield "legacy-torch-storage", legacy_torch(module), "pt"
    yield "refused-legacy-torch-trailing", legacy_torch(b"\x80\x02}.") + BAD, "pt"


def wrapper(alignment, dtype, shape, tail, subclass=("numpy", "ndarray")):
    """A joblib pickle of one array; `tail` stands where its bytes do."""
    kind = stack_glob("numpy", "dtype") + short(dtype) + b"\x89\x88\x87R"
    flags = b"K\x3f" if dtype == "O8" else b"K\x00"
    state = b"(K\x03" + short("|" if dtype == "O8" else "<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff" + flags + b"t"
    sizes = b"(" + b"".join(b"K" + bytes([size]) for size in shape) + b"t"
    fields = b"}(" + short("subclass") + stack_glob(*subclass) + short("shape") + sizes + short("order") + short("C")
    fields += short("dtype") + kind + state + b"b" + short("allow_mmap") + b"\x88"
    if alignment is not None:
        fields += short("numpy_array_alignment_bytes") + b"K" + bytes([alignment])
    fields += b"u"
    return b"\x80\x04" + stack_glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + fields + b"b" + tail


def joblib_files():
    data = b"\x01\xff" + b"\0" * 16
    after = wrapper(16, "f8", [2], data + b"0" + CALL + b".")
    within = wrapper(16, "O8", [1], BAD + b".")
    for technique, content in (("joblib-after-array", after), ("joblib-object-array", within), ("joblib-plain", BAD)):
        for kind, pack in packings():
            yield technique, pack(content), f"{kind}.joblib"
    yield "joblib-object-array", wrapper(None, "O8", [0], b"cposix\nsystem\n(S'id'\ntR..")
    trap = CALL + b"."
    yield "joblib-array-is-code", wrapper(None, "u1", [len(trap)], trap + b".")
    yield "refused-joblib-padding", wrapper(16, "u1", [4], b"c" + CALL + b"....")
    yield "joblib-subclass", wrapper(16, "f8", [1], b"\x00" + b"\0" * 8 + b".", ("os", "system"))
    yield "refused-joblib-shape", wrapper(16, "f8", [255, 255, 255], b"\x00.")
    yield "refused-joblib-dtype", wrapper(16, "f9999999999999999999", [1], b"\x00.")
    yield "packed-twice", zlib.compress(gzip.compress(BAD, mtime=0)), "joblib"
    yield "refused-packed-broken", zlib.compress(BAD)[:-6], "joblib"
    yield "refused-packed-trailing", zlib.compress(GOOD) + b"junk", "joblib"
    yield "refused-lz4", b"\x04\x22\x4d\x18" + BAD, "lz4.joblib"
    yield "refused-bomb", zlib.compress(b"\x80\x04" + b"N" * (72 << 20), 9), "joblib"


def packings():
    yield "none", bytes
    yield "zlib", zlib.compress
    yield "gzip", lambda data: gzip.compress(data, mtime=0)
    yield "bz2", bz2.compress
    yield "xz", lambda data: lzma.compress(data, format=lzma.FORMAT_XZ)
    yield "lzma", lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE)


def zipped(members, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def npy(pickled):
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + pickled


def archives():
    """Containers: what they hold is as dangerous as by itself; an inspector that does not look inside would miss it."""
    yield "npy-objects", npy(BAD), "npy"
    yield "npz-objects", zipped([("a.npy", npy(BAD))]), "npz"
    yield "torch-zip", zipped([("m/data.pkl", BAD), ("m/version", b"3\n")]), "pt"
    yield "torch-zip", zipped([("m/data.pkl", GOOD), ("m/other.pkl", BAD)]), "pt"
    yield "torch-zip", zipped([("m/data.pkl", BAD)], zipfile.ZIP_DEFLATED), "pt"
    yield "nested-zip", zipped([("a.zip", zipped([("b.pkl", BAD)]))]), "zip"
    yield "nested-zip", zipped([("a.txt", BAD)]), "zip"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("pickle")
        entry.size = len(BAD)
        archive.addfile(entry, io.BytesIO(BAD))
    yield "tar", buffer.getvalue(), "tar"
    yield "refused-polyglot", GOOD + zipped([("m/data.pkl", BAD)]), "pt"
    yield "refused-polyglot", b"\x93NUMPY" + BAD, "npy"
    yield "polyglot", BAD + zipped([("m/data.pkl", GOOD)]), "pt"
    yield "polyglot", BAD[:-1] + b"0" + b"\x8c\x04PK\x03\x04.", "zip"


def refused():
    """What cannot be understood to its end."""
    yield "refused-empty", b""
    yield "refused-truncated", GOOD[:-1]
    yield "refused-truncated", b"\x80\x04\x8c\xff" + b"a"
    yield "refused-truncated", b"\x80\x04\x8e" + b"\xff" * 8
    yield "refused-unknown-opcode", b"\x80\x04\xfe."
    yield "refused-protocol", b"\x80\x05\x80\x06]."
    yield "refused-underflow", b"\x80\x040."
    yield "refused-underflow", b"\x80\x04R."
    yield "refused-mark", b"\x80\x04t."
    yield "refused-memo", b"\x80\x04h\x01."
    yield "refused-memo-bomb", b"\x80\x04Nr\xff\xff\xff\xff."
    yield "refused-trailing-garbage", GOOD + b"\0" * 16
    yield "refused-trailing-garbage", GOOD + b"not a pickle"
    yield "refused-buffer", b"\x80\x05\x97."
    yield "refused-stack-bomb", b"\x80\x04" + b"N" * (1 << 20) + b"NN" + b"."
    yield "refused-mark-bomb", b"\x80\x04" + b"(" * ((1 << 20) + 2) + b"."
    yield "refused-tuple-bomb", b"\x80\x04)" + b"\x85" * (4 << 20) + b"."
    yield "refused-frame", b"\x80\x04\x95" + b"\xff" * 8 + b"N."
    yield "refused-frame", b"\x80\x04\x95\x01" + b"\0" * 7 + b"K\x01."


def main(folder):
    os.makedirs(folder, exist_ok=True)
    numbers = {}
    for group in (imports, names, chains, streams, legacy, joblib_files, archives, refused, adversarial_hdf5.files):
        for entry in group():
            technique, content = entry[0], entry[1]
            extension = entry[2] if len(entry) > 2 else "pkl"
            numbers[technique] = numbers.get(technique, 0) + 1
            with open(os.path.join(folder, f"{technique}.{numbers[technique]:02}.{extension}"), "wb") as file:
                file.write(content)


main(sys.argv[1])
