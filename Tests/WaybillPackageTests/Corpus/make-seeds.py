"""Writes the small files that the fuzzer begins with into ./seeds.

Needs numpy, safetensors, onnx, gguf, xgboost and lightgbm; the versions are those of `ModelLibraries.lock` in the tests.
"""
import io, json, os, pickle, tarfile, zipfile

import gguf, lightgbm, numpy as np, onnx, xgboost
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds"))
w = np.arange(6, dtype="float32").reshape(2, 3)
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
with zipfile.ZipFile("a.keras", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("metadata.json", '{"keras_version":"3.5.0"}')
    z.writestr("config.json", json.dumps(config))
# The layout of torch's archives, without torch.
with zipfile.ZipFile("a.pt", "w") as z:
    for name, content in [("data.pkl", pickle.dumps({}, 2)), ("byteorder", b"little"), ("data/0", bytes(8)), ("version", b"3\n")]:
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
