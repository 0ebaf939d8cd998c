"""Writes the small files that the fuzzer begins with into ./seeds.

    make-seeds.py             all of them
    make-seeds.py --pickles   only pickles and what holds them

Needs numpy and joblib, and for all of them h5py, safetensors, onnx, gguf, xgboost and lightgbm; the versions are those of
`ModelLibraries` and `PickleCorpus` in the tests.
"""
import collections, gzip, io, json, os, pickle, struct, sys, tarfile, zipfile

import joblib, numpy as np

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds"))
w = np.arange(6, dtype="float32").reshape(2, 3)

state = collections.OrderedDict(coef=w, classes=["a", "b"], bias=np.float64(0.5), labels=np.array(["a", None], dtype=object))
with open("a.pkl", "wb") as f:
    pickle.dump(state, f, 4)
with open("old.pkl", "wb") as f:
    pickle.dump({"alpha": 0.5, "names": ("a", "b"), "deep": [[1], {"b": None}]}, f, 0)
joblib.dump(state, "a.joblib")
for name, method in [("zlib", "zlib"), ("bz2", "bz2"), ("xz", "xz"), ("lzma", "lzma")]:
    joblib.dump(state, f"{name}.joblib", compress=(method, 3))
# As joblib packs with gzip, but without the time.
with open("gzip.joblib", "wb") as f:
    f.write(gzip.compress(open("a.joblib", "rb").read(), 3, mtime=0))


def torch_global(module, name):
    return f"c{module}\n{name}\n".encode()


def torch_text(text):
    return b"X" + struct.pack("<I", len(text)) + text.encode()


# As torch wrote until 1.6, without torch: a number, a version, the machine, the object, the keys of its storages, the storages.
storage = b"(" + torch_text("storage") + torch_global("torch", "FloatStorage") + torch_text("0") + torch_text("cpu") + b"K\x06NtQ"
tensor = torch_global("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + b"K\x00K\x02K\x03\x86K\x03K\x01\x86\x89"
tensor += torch_global("collections", "OrderedDict") + b")RtR"
with open("legacy.pt", "wb") as f:
    pickle.dump(0x1950A86A20F9469CFC6C, f, 2)
    pickle.dump(1001, f, 2)
    pickle.dump({"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}, f, 2)
    f.write(b"\x80\x02}" + torch_text("w") + tensor + b"s.")
    pickle.dump(["0"], f, 2)
    f.write(struct.pack("<Q", 6) + w.tobytes())
if "--pickles" in sys.argv:
    sys.exit()

import gguf, h5py, lightgbm, onnx, xgboost
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

save_file({"w": w, "b": np.zeros(2, "int64")}, "a.safetensors", metadata={"format": "np"})
np.save("a.npy", w)
np.savez("a.npz", a=w, b=np.zeros(1, [("x", "i4"), ("y", "f8", (2,))]))
np.savez_compressed("packed.npz", a=w)

out = gguf.GGUFWriter("a.gguf", "llama")
out.add_name("tiny")
out.add_token_list(["a", "b"])
out.add_tensor("w", np.ones((1, 32), "float32"))
out.write_header_to_file()
out.write_kv_data_to_file()
out.write_tensors_to_file()
out.close()

graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])], [numpy_helper.from_array(w, "w")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), "a.onnx")

x = np.random.RandomState(0).rand(40, 2)
booster = xgboost.train({"max_depth": 1, "nthread": 1}, xgboost.DMatrix(x, label=x[:, 0]), 1)
booster.save_model("a.json")
booster.save_model("a.ubj")
lightgbm.train({"verbose": -1, "num_threads": 1, "num_leaves": 2}, lightgbm.Dataset(x, label=x[:, 0]), 1).save_model("a.txt")

config = {"module": "keras", "class_name": "Sequential", "registered_name": "Sequential", "config": {"layers": [
    {"module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
     "config": {"batch_shape": [None, 2], "dtype": "float32", "name": "x"}}]}}
# HDF5's oldest form with a chunked array and Keras's attribute, and its newest with heaps of links and attributes.
for name, version, many in (("old.h5", "earliest", 3), ("new.h5", "latest", 12)):
    with h5py.File(name, "w", libver=version) as h:
        h.attrs["model_config"] = json.dumps(config)
        for number in range(many):
            h[f"layers/dense/vars/{number}"] = w
            h["layers"].attrs[f"name {number}"] = "dense"
        h.create_dataset("packed", data=np.zeros((8, 8), "i2"), chunks=(4, 4), compression="gzip", shuffle=True)
weights = io.BytesIO()
with h5py.File(weights, "w") as h:
    h["layers/dense/vars/0"] = w
with zipfile.ZipFile("a.keras", "w") as z:
    for name, content in [("metadata.json", '{"keras_version":"3.15.1"}'), ("config.json", json.dumps(config)), ("model.weights.h5", weights.getvalue())]:
        z.writestr(zipfile.ZipInfo(name), content)
# The layout of torch's archives, without torch.
data = b"\x80\x02}" + torch_text("w") + tensor + b"s."
with zipfile.ZipFile("a.pt", "w") as z:
    for name, content in [("data.pkl", data), ("byteorder", b"little"), ("data/0", w.tobytes()), ("version", b"3\n")]:
        z.writestr("m/" + name, content)
with tarfile.open("a.tar", "w", format=tarfile.PAX_FORMAT) as t:
    for name in ["a.npy", "é.txt"]:
        content = open("a.npy", "rb").read() if name == "a.npy" else b"# Text\n"
        info = tarfile.TarInfo(name)
        info.size = len(content)
        t.addfile(info, io.BytesIO(content))
inner = io.BytesIO()
with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z:
    z.write("a.safetensors")
with zipfile.ZipFile("a.zip", "w") as z:
    z.mkdir("sub")
    z.writestr("sub/inner.zip", inner.getvalue())
    with z.open("large.npy", "w", force_zip64=True) as f:
        f.write(open("a.npy", "rb").read())
with tarfile.open("a.tar.gz", "w:gz") as t:
    t.add("a.npy")
