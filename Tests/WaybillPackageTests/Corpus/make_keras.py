#!/usr/bin/env python3
"""Saves real models with Keras, and files with h5py: the part of the clean corpus that needs both.

    make_keras.py FOLDER             files that must be found safe, and facts.json: what h5py says of their arrays
    make_keras.py FOLDER --hostile   files that must not be: they run code, or lead into other files

Keras runs on numpy here, which cannot train: weights are as they were drawn, which is all the same for what is looked at.
"""
import argparse
import io
import json
import os
import zipfile

os.environ["KERAS_BACKEND"] = "numpy"

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402


def models():
    yield "dense", keras.Sequential([keras.Input((4,), name="x"), layers.Dense(8, "relu"), layers.Dropout(0.5), layers.Dense(1, "sigmoid")])
    yield "convolution", keras.Sequential([
        keras.Input((8, 8, 1), name="image"), layers.Conv2D(2, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(3, "softmax")])
    words, side = keras.Input((6,), name="words", dtype="int32"), keras.Input((2,), name="side")
    joined = layers.Concatenate()([layers.LSTM(4)(layers.Embedding(20, 3)(words)), side])
    yield "functional", keras.Model([words, side], [layers.Dense(2, name="a")(joined), layers.Dense(1, name="b")(joined)])
    sequence = keras.Input((5, 8), name="sequence")
    attended = layers.LayerNormalization()(layers.MultiHeadAttention(2, 4)(sequence, sequence) + sequence)
    yield "attention", keras.Model(sequence, layers.GRU(3)(attended))
    yield "half", keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2, dtype="bfloat16"), layers.Dense(2, dtype="float16")])
    compiled = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(2)])
    compiled.compile(optimizer="adam", loss="mse", metrics=["mae"])
    compiled.optimizer.build(compiled.trainable_variables)
    yield "compiled", compiled


def fill(file):
    """What the parts of the format are made of: every kind of element, of place and of packing."""
    random = np.random.RandomState(0)
    for kind in ("<f2", "<f4", "<f8", ">f4", "|i1", "|u1", "<i2", "<u4", ">i8", "|b1", "<c8", "|S5"):
        file.create_dataset("types/" + kind.strip("<>|") + ("big" if kind[0] == ">" else ""), data=np.zeros((2, 3), kind))
    file["types/struct"] = np.zeros(3, [("a", "<i4"), ("b", "<f8", (2,)), ("c", [("d", "|S3")])])
    file["types/text"] = np.array(["a", "long" * 40], dtype=h5py.string_dtype())
    file["types/scalar"] = 1.5
    file["types/enum"] = np.zeros(2, h5py.enum_dtype({"A": 0, "B": 1}, basetype="i2"))
    file["types/nothing"] = h5py.Empty("f4")
    file["types/none"] = np.zeros((0, 4), "f4")
    data = random.rand(40, 30)
    file.create_dataset("chunks/plain", data=data, chunks=(7, 8))
    file.create_dataset("chunks/gzip", data=data, chunks=(7, 8), compression="gzip", shuffle=True, fletcher32=True)
    file.create_dataset("chunks/single", data=data, chunks=(40, 30), compression="gzip")
    file.create_dataset("chunks/growing", data=data, chunks=(7, 8), maxshape=(None, None), compression="gzip")
    file.create_dataset("chunks/unwritten", shape=(100, 100), chunks=(10, 10), dtype="f4")
    file.create_dataset("unwritten", shape=(10, 10), dtype="f4")
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((4,)), compact)
    many = file.create_group("many")
    for number in range(200):
        many.create_dataset(f"array-{number:03}", data=np.full(number % 5, number))
    for number in range(40):
        many.attrs[f"note {number}"] = "text " * number
    many.attrs["numbers"] = np.arange(12.0).reshape(3, 4)
    file["soft"] = h5py.SoftLink("/many/array-003")
    file["second-name"] = many["array-004"]


def facts(file):
    found = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset):
            shape = [0] if item.shape is None else list(item.shape)
            found[name] = {"name": name, "dtype": "struct" if item.dtype.names else item.dtype.str, "shape": shape}
    file.visititems(note)
    tensors = [found[name] for name in sorted(found)]
    return {"tensors": tensors, "parameters": int(sum(np.prod(item["shape"]) for item in tensors))}


def make(folder):
    said = {}
    for name, model in models():
        for ending in (".keras", ".weights.h5", ".h5"):
            path = os.path.join(folder, f"keras-{name}{ending}")
            if ending == ".h5" and name == "half":
                continue
            (model.save_weights if ending == ".weights.h5" else model.save)(path)
            inner = io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5")) if ending == ".keras" else path
            said[os.path.basename(path)] = facts(h5py.File(inner, "r"))
            if ending == ".keras":
                assert keras.saving.load_model(path).count_params() == model.count_params()
                said[os.path.basename(path)]["inputs"] = [item.name for item in model.inputs]
    for version in ("earliest", "v108", "v110", "v112", "v114", "latest"):
        for block in (0, 1024):
            path = os.path.join(folder, f"h5py-{version}-{block}.h5")
            with h5py.File(path, "w", libver=version, userblock_size=block) as file:
                fill(file)
            said[os.path.basename(path)] = facts(h5py.File(path, "r"))
    with h5py.File(os.path.join(folder, "h5py-ordered.h5"), "w", track_order=True) as file:
        for number in range(40):
            file[f"array-{number}"] = np.zeros(number)
        said["h5py-ordered.h5"] = facts(file)
    with open(os.path.join(folder, "facts.json"), "w") as file:
        json.dump(said, file)


def make_hostile(folder):
    x = keras.Input((4,), name="x")
    model = keras.Model(x, layers.Lambda(lambda value: value * 2)(x))
    model.save(os.path.join(folder, "lambda.keras"))
    model.save(os.path.join(folder, "lambda.h5"))
    for name in ("external-link", "external-storage", "virtual", "virtual-latest", "lzf", "scale-offset", "reference", "extensible"):
        version = "latest" if name in ("virtual-latest", "extensible") else "earliest"
        with h5py.File(os.path.join(folder, f"{name}.h5"), "w", libver=version) as file:
            if name == "external-link":
                file["w"] = h5py.ExternalLink("/etc/other.h5", "/secret/key")
            elif name == "external-storage":
                file.create_dataset("w", (4,), "f4", external=[("/etc/passwd", 0, 16)])
            elif name.startswith("virtual"):
                layout = h5py.VirtualLayout((4,), "f4")
                layout[:] = h5py.VirtualSource("other.h5", "w", (4,))
                file.create_virtual_dataset("w", layout)
            elif name == "lzf":
                file.create_dataset("w", data=np.zeros((64, 64)), compression="lzf")
            elif name == "scale-offset":
                file.create_dataset("w", data=np.zeros((64, 64), "i4"), scaleoffset=0)
            elif name == "reference":
                file["w"] = np.array([file.ref], dtype=h5py.ref_dtype)
            else:
                file.create_dataset("w", data=np.zeros((64, 4)), chunks=(8, 4), maxshape=(None, 4))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--hostile", action="store_true")
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    os.makedirs(options.folder, exist_ok=True)
    (make_hostile if options.hostile else make)(options.folder)


if __name__ == "__main__":
    main()
