import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Inspecting what real libraries write` {
    private struct Facts: Decodable {
        var tensors: [ReportedTensor] = []
        var inputs: [ReportedTensor]?
        var outputs: [ReportedTensor]?
        var numbers: [String: Int64] = [:]
        var words: [String: String]?
    }

    /// Runs `program`, then inspects `file` beside what the library said of it.
    private func compare(
        _ program: String, _ file: String, format: String, verdict: Inspection.Verdict = .safe, lines: [String] = []
    ) async throws {
        try await withTemporaryFolder { folder in
            let facts = try await ModelLibraries.run(program, in: folder, as: Facts.self)
            let found = Inspector().inspect(path: folder.appending(path: file).path)
            #expect(found.lines == lines)
            #expect(found.format == format)
            #expect(found.verdict == verdict)
            #expect(found.tensors.map { ReportedTensor($0) }.sorted { $0.name < $1.name } == facts.tensors)
            if let inputs = facts.inputs { #expect(found.inputs.map { ReportedTensor($0) } == inputs) }
            if let outputs = facts.outputs { #expect(found.outputs.map { ReportedTensor($0) } == outputs) }
            for (name, number) in facts.numbers { #expect(found.facts[name] == .integer(number), "\(name)") }
            for (name, word) in facts.words ?? [:] { #expect(found.facts[name]?.json == word, "\(name)") }
        }
    }

    @Test func `npz, plain and packed`() async throws {
        for save in ["savez", "savez_compressed"] {
            try await compare(
                """
                import json, numpy as np
                np.\(save)("m.npz", a=np.ones((2, 3), "float32"), b=np.zeros(3, [("x", "i4"), ("y", "f8", (2,))]), c=np.array(1.0),
                           d=np.asfortranarray(np.ones((2, 2), ">i2")), e=np.array(["né"]), f=np.zeros(1, "M8[ns]"))
                z = np.load("m.npz")
                print(json.dumps({"tensors": [{"name": k, "dtype": "struct" if z[k].dtype.names else z[k].dtype.str,
                      "shape": z[k].shape} for k in sorted(z)], "numbers": {"members": 6}}))
                """, "m.npz", format: "npz")
        }
    }

    @Test func `an array of Python objects is judged as a pickle`() async throws {
        struct Done: Decodable { let done: Bool }
        let program = """
            import numpy as np
            np.save("m.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
            print('{"done": true}')
            """
        try await withTemporaryFolder { folder in
            _ = try await ModelLibraries.run(program, in: folder, as: Done.self)
            let found = Inspector(allowing: AllowList()).inspect(path: folder.appending(path: "m.npy").path)
            #expect(found.format == "npy")
            #expect(found.verdict == .dangerous)
            #expect(
                found.lines.contains(
                    "dangerous STACK_GLOBAL imports numpy.ndarray, which is not on the allow list, at byte 71"))
            #expect(found.tensors == [TensorFact(name: "", dtype: "|O", shape: [1])])
        }
    }

    @Test func `gguf`() async throws {
        try await compare(
            """
            import json, numpy as np, gguf
            w = gguf.GGUFWriter("m.gguf", "llama")
            w.add_name("tiny"); w.add_context_length(512); w.add_bool("x.flag", True); w.add_float64("x.f", 1.5)
            w.add_token_list(["a", "b", "c"]); w.add_array("x.n", [1, 2, 3])
            w.add_tensor("w", np.ones((4, 32), "float32")); w.add_tensor("h", np.ones((3, 5), "float16"))
            w.add_tensor("q", np.zeros((2, 34), "uint8"), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
            w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
            r = gguf.GGUFReader("m.gguf")
            print(json.dumps({"tensors": sorted([{"name": t.name, "dtype": t.tensor_type.name, "shape": [int(n) for n in t.shape]}
                for t in r.tensors], key=lambda t: t["name"]),
                "numbers": {"parameters": sum(int(t.n_elements) for t in r.tensors), "version": 3},
                "words": {"metadata": json.dumps({"general.architecture": "llama", "general.name": "tiny",
                   "llama.context_length": 512, "tokenizer.ggml.tokens": "array of 3", "x.f": 1.5, "x.flag": True,
                   "x.n": "array of 3"}, separators=(",", ":"))}}))
            """, "m.gguf", format: "gguf")
    }

    static let onnx = """
        import json, numpy as np, onnx
        from onnx import helper as h, numpy_helper as n, TensorProto as T
        w = n.from_array(np.ones((4, 2), "float32"), "w"); b = n.from_array(np.zeros(2, "float32"), "b")
        g = h.make_graph([h.make_node("Gemm", ["x", "w", "b"], ["y"]), h.make_node("Odd", ["y"], ["z"], domain="acme.ops")], "g",
            [h.make_tensor_value_info("x", T.FLOAT, ["N", 4])], [h.make_tensor_value_info("z", T.FLOAT, [None, 2]),
             h.make_tensor_value_info("y", T.DOUBLE, [7, 2])], [w, b])
        m = h.make_model(g, opset_imports=[h.make_opsetid("", 18), h.make_opsetid("acme.ops", 1)], producer_name="test")
        h.set_model_props(m, {"team": "risk"})
        facts = {"tensors": [{"name": t.name, "dtype": T.DataType.Name(t.data_type), "shape": list(t.dims)}
                  for t in sorted(m.graph.initializer, key=lambda t: t.name)],
            "inputs": [{"name": "x", "dtype": "FP32", "shape": [-1, 4]}],
            "outputs": [{"name": "z", "dtype": "FP32", "shape": [-1, 2]}, {"name": "y", "dtype": "FP64", "shape": [7, 2]}],
            "numbers": {"parameters": 10, "nodes": 2, "irVersion": m.ir_version},
            "words": {"opset": '{"acme.ops":1,"ai.onnx":18}', "customDomains": '["acme.ops"]', "metadata": '{"team":"risk"}',
                      "producer": '"test"'}}

        """

    @Test func `onnx`() async throws {
        try await compare(
            Self.onnx + "onnx.save(m, 'm.onnx'); print(json.dumps(facts))", "m.onnx", format: "onnx")
    }

    @Test func `onnx with external data`() async throws {
        let save = """
            import os
            os.mkdir("data")
            onnx.save(m, "m.onnx", save_as_external_data=True, location="data/m.bin", size_threshold=0)
            print(json.dumps(facts))
            """
        try await compare(Self.onnx + save, "m.onnx", format: "onnx")
        try await compare(
            Self.onnx + "facts['words']={}\n"
                + save.replacing("print", with: "open('data/m.bin', 'r+').truncate(8)\nprint"),
            "m.onnx", format: "onnx", verdict: .unscanned,
            lines: [
                "unscanned tensor 'w': external data 'data/m.bin' has 8 bytes; it needs them up to 32",
                "unscanned tensor 'b': external data 'data/m.bin' has 8 bytes; it needs them up to 40",
            ])
        try await compare(
            Self.onnx
                + save.replacing(
                    "print", with: "os.remove('data/m.bin'); os.symlink('/etc/passwd', 'data/m.bin')\nprint"),
            "m.onnx", format: "onnx", verdict: .unscanned,
            lines: ["w", "b"].map {
                "unscanned tensor '\($0)': external data 'data/m.bin': it is reached through a symbolic link"
            })
        try await compare(
            Self.onnx + """
                onnx.save(m, "m.onnx", save_as_external_data=True, location="m.bin", size_threshold=0)
                p = onnx.load("m.onnx", load_external_data=False)
                for t in p.graph.initializer: t.external_data[0].value = "../m.bin"
                open("m.onnx", "wb").write(p.SerializeToString())
                print(json.dumps(facts))
                """, "m.onnx", format: "onnx", verdict: .dangerous,
            lines: ["w", "b"].map {
                "dangerous tensor '\($0)': external data: '../m.bin' leads out of its folder by '..'"
            })
    }

    @Test func `xgboost, both formats`() async throws {
        for (ending, format) in [("json", "xgboost-json"), ("ubj", "xgboost-ubj")] {
            try await compare(
                """
                import json, numpy as np, xgboost as xgb
                X = np.random.RandomState(0).rand(60, 4); X[3, 1] = np.nan
                d = xgb.DMatrix(X, label=(X[:, 0] > .5), feature_names=["a", "b", "c", "d"])
                m = xgb.train({"objective": "binary:logistic", "max_depth": 2, "nthread": 1}, d, 5)
                m.set_attr(team="risk"); m.save_model("m.\(ending)")
                print(json.dumps({"tensors": [], "inputs": [{"name": "", "dtype": "FP32", "shape": [-1, m.num_features()]}],
                    "numbers": {"trees": m.num_boosted_rounds(), "num_feature": 4},
                    "words": {"featureNames": '["a","b","c","d"]', "objective": '"binary:logistic"', "booster": '"gbtree"',
                              "metadata": '{"team":"risk"}'}}))
                """, "m.\(ending)", format: format)
        }
    }

    @Test func `lightgbm`() async throws {
        try await compare(
            """
            import json, numpy as np, lightgbm as lgb
            X = np.random.RandomState(0).rand(200, 3)
            m = lgb.train({"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1},
                          lgb.Dataset(X, label=np.digitize(X[:, 0], [.3, .6]), feature_name=["a", "b", "c"]), 4)
            m.save_model("m.txt")
            print(json.dumps({"tensors": [], "inputs": [{"name": "", "dtype": "FP64", "shape": [-1, m.num_feature()]}],
                "numbers": {"trees": m.num_trees(), "num_class": 3},
                "words": {"featureNames": '["a","b","c"]', "objective": '"multiclass num_class:3"'}}))
            """, "m.txt", format: "lightgbm")
    }

    @Test func `tar, plain, packed, pax and GNU`() async throws {
        for (mode, format) in [("w", "USTAR_FORMAT"), ("w", "PAX_FORMAT"), ("w", "GNU_FORMAT"), ("w:gz", "GNU_FORMAT")]
        {
            let name = mode == "w" ? "m.tar" : "m.tar.gz"
            let long = String(repeating: "long/", count: 30)
            try await compare(
                """
                import json, tarfile, os, numpy as np
                os.makedirs("t/\(long)"); np.save("t/\(long)a.npy", np.ones(2, "f4")); open("t/README.md", "w").write("# Card\\n")
                with tarfile.open("\(name)", "\(mode)", format=tarfile.\(format)) as t: t.add("t", arcname=".")
                print(json.dumps({"tensors": [{"name": "\(long)a.npy", "dtype": "<f4", "shape": [2]}],
                    "numbers": {"members": 32}}))
                """.replacing("\(long)a.npy\", \"dtype", with: "\(String((long + "a.npy").prefix(80)))…\", \"dtype"),
                name,
                format: mode == "w" ? "tar" : "gzip")
        }
    }
}
