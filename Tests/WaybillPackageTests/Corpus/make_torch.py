#!/usr/bin/env python3
"""Saves real objects with torch, as people do: the part of the clean corpus that needs Debian's python3-torch.

    make_torch.py FOLDER             files that must be found safe under the shipped list, and facts.json: what torch says of their tensors
    make_torch.py FOLDER --hostile   files that must not be: TorchScript, and a pickle that calls os.system

Each object is saved as a zip (NAME.pt), as torch did until 1.6 (NAME.legacy.pt), and by Python's own pickle (NAME.pkl).
"""
import argparse
import collections
import json
import os
import pickle

import torch
from torch import nn


def network():
    made = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    made(torch.zeros(2, 1, 4, 4)).sum().backward()
    return made


def modules():
    """One of each layer that models are made of."""
    return nn.ModuleDict({
        "convolution": nn.ModuleList([nn.Conv1d(1, 2, 3), nn.Conv3d(1, 2, 3), nn.ConvTranspose2d(2, 1, 3)]),
        "norm": nn.ModuleList([
            nn.BatchNorm1d(2), nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.InstanceNorm2d(2)]),
        "pool": nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.AdaptiveAvgPool1d(1), nn.MaxPool1d(2)),
        "activation": nn.Sequential(
            nn.GELU(), nn.SiLU(), nn.Sigmoid(), nn.Tanh(), nn.Softmax(dim=1), nn.LeakyReLU(), nn.ELU(), nn.PReLU(), nn.ReLU6(),
            nn.Hardswish(), nn.LogSoftmax(dim=1), nn.Softplus()),
        "rest": nn.Sequential(nn.Dropout(), nn.Dropout2d(), nn.Identity(), nn.Embedding(5, 3), nn.Upsample(scale_factor=2), nn.Unflatten(1, (1, 2))),
        "recurrent": nn.ModuleList([nn.LSTM(3, 4, 2, bidirectional=True), nn.GRU(3, 4), nn.RNN(3, 4)]),
        "attention": nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2),
        "loss": nn.ModuleList([nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss()]),
    })


def shared():
    """Several tensors in one storage: tied weights, a view, a transposed and a broadcast one."""
    whole = torch.arange(24.0).reshape(4, 6)
    return {"whole": whole, "again": whole.detach(), "row": whole[1], "turned": whole.t(), "column": whole[:, 2:4],
            "wide": whole[:, :1].expand(4, 5), "empty": torch.zeros(0, 3), "scalar": torch.tensor(1.5)}


def checkpoint(optimizer):
    made = network()
    steps = optimizer(made.parameters())
    made(torch.zeros(2, 1, 4, 4)).sum().backward()
    steps.step()
    return {"model": made.state_dict(), "optimizer": steps.state_dict(), "epoch": 3, "loss": 0.5, "names": ["a", "b"]}


def values():
    tied = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))
    tied[1].weight = tied[0].weight
    kinds = (
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
        torch.complex64, torch.complex128)
    yield "torch-state", network().state_dict()
    yield "torch-lstm", nn.LSTM(3, 4).state_dict()
    yield "torch-transformer", nn.TransformerEncoderLayer(8, 2, 16).state_dict()
    yield "torch-half", network().half().state_dict()
    yield "torch-adam", checkpoint(torch.optim.Adam)
    yield "torch-sgd", checkpoint(lambda parameters: torch.optim.SGD(parameters, 0.1, momentum=0.9))
    yield "torch-tensors", [torch.zeros(2, 3, dtype=kind) for kind in kinds]
    yield "torch-shared", shared()
    yield "torch-tied", tied.state_dict()
    yield "torch-tied-module", tied
    yield "torch-parameter", nn.Parameter(torch.ones(3))
    yield "torch-size", collections.OrderedDict(s=torch.Size([1, 2]))
    yield "torch-module", network()
    yield "torch-modules", modules()


def tensors(value, name=""):
    """(name, tensor) by torch itself."""
    inner = lambda part: f"{name}.{part}" if name else str(part)  # noqa: E731
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, nn.Module):
        yield from tensors(dict(value.state_dict()), name)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors(item, inner(key))
    elif isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        for index, item in enumerate(value):
            yield from tensors(item, inner(index))


def facts(path):
    """What torch finds in a file that it loads."""
    found = list(tensors(torch.load(path)))
    return {
        "tensors": [{"name": name, "dtype": str(tensor.dtype).replace("torch.", ""), "shape": list(tensor.shape)} for name, tensor in found],
        "parameters": sum(tensor.numel() for _, tensor in found)}


def make(folder):
    said = {}
    for name, value in values():
        for ending, options in ((".pt", {}), (".legacy.pt", {"_use_new_zipfile_serialization": False})):
            path = os.path.join(folder, name + ending)
            torch.save(value, path, **options)
            said[name + ending] = facts(path)
        with open(os.path.join(folder, name + ".pkl"), "wb") as file:
            pickle.dump(value, file)
    with open(os.path.join(folder, "facts.json"), "w") as file:
        json.dump(said, file)


class Shell:
    def __reduce__(self):
        return os.system, ("id",)


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x) * 2


def make_hostile(folder):
    torch.jit.save(torch.jit.script(Own()), os.path.join(folder, "script.pt"))
    torch.jit.save(torch.jit.trace(network().eval(), torch.zeros(1, 1, 4, 4)), os.path.join(folder, "trace.pt"))
    for ending, options in ((".pt", {}), (".legacy.pt", {"_use_new_zipfile_serialization": False})):
        torch.save({"weight": torch.ones(2), "hook": Shell()}, os.path.join(folder, "shell" + ending), **options)
        torch.save(Own(), os.path.join(folder, "own-class" + ending), **options)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--hostile", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    os.makedirs(options.folder, exist_ok=True)
    (make_hostile if options.hostile else make)(options.folder)


if __name__ == "__main__":
    main()
