#!/usr/bin/env python3
"""Prints the allow list that the trusted pickles of a folder need: every name that loading them imports, and whether it is called.

    learn_allow.py FOLDER > names.txt

It LOADS the files: only for those that make_clean.py or make_torch.py have just made. What it prints is read by a person before it is shipped.
"""
import io
import os
import pickle
import sys
import zipfile

used = {}


class Recorder(pickle._Unpickler):
    """Python's own unpickler, which notes names and calls."""

    dispatch = dict(pickle._Unpickler.dispatch)
    names = {}

    def find_class(self, module, name):
        if self.proto < 3:
            import _compat_pickle

            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
            module = _compat_pickle.IMPORT_MAPPING.get(module, module)
        found = super().find_class(module, name)
        self.names[id(found)] = (module, name, found)
        used.setdefault((module, name), "new")
        return found

    def persistent_load(self, saved):
        import torch

        kind = saved[1]
        if saved[0] == "module":
            return kind
        self.names[id(kind)] = ("torch", kind.__name__, kind)
        return torch.zeros(max(int(saved[4]), 1), dtype=kind.dtype).storage() if not hasattr(kind, "_untyped") else kind(int(saved[4]))

    def load_reduce(self):
        called = self.stack[-2]
        known = self.names.get(id(called))
        if known:
            used[known[:2]] = "call"
        pickle._Unpickler.load_reduce(self)

    dispatch[pickle.REDUCE[0]] = load_reduce


def load_joblib(path):
    import joblib.numpy_pickle as numpy_pickle

    class Both(Recorder, numpy_pickle.NumpyUnpickler):
        dispatch = dict(Recorder.dispatch)
        dispatch[pickle.BUILD[0]] = numpy_pickle.NumpyUnpickler.load_build

    class Nested(Recorder):
        pass

    loads, numpy_pickle.pickle.load = numpy_pickle.pickle.load, lambda file, **_: Nested(file).load()
    try:
        with open(path, "rb") as raw:
            opened = numpy_pickle._validate_fileobject_and_memmap(raw, path, None)
            with opened as (file, _):
                try:
                    Both(path, file, ensure_native_byte_order=False).load()
                except TypeError:
                    Both(path, file).load()
    finally:
        numpy_pickle.pickle.load = loads


def load_torch(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            member = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            Recorder(io.BytesIO(archive.read(member))).load()
        return
    with open(path, "rb") as file:
        for _ in range(4):
            Recorder(file).load()


def main(folder):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".json"):
            continue
        try:
            if name.endswith(".pt"):
                load_torch(path)
            elif name.endswith(".joblib"):
                load_joblib(path)
            else:
                with open(path, "rb") as file:
                    Recorder(file).load()
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
    for (module, name), use in sorted(used.items()):
        print(module, name, *(["new"] if use == "new" else []))


main(sys.argv[1])
