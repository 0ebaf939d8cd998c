import Foundation
import Testing
import WaybillCore

@testable import WaybillPackage

/// Files that Keras and h5py have just written, beside what h5py says of them.
@Suite struct `Inspecting what Keras and h5py write` {
    @Test func `each model and each version of the format is safe, and its tensors are those that h5py finds`()
        async throws
    {
        try await PickleCorpus.withKeras { files in
            let all = try CorpusFacts.beside(files[0])
            #expect(files.map(\.lastPathComponent).sorted() == all.keys.sorted())
            #expect(all.count >= 30)
            for file in files {
                let name = file.lastPathComponent
                let found = Inspector().inspect(path: file.path)
                let facts = try #require(all[name])
                #expect(found.verdict == .safe, "\(name): \(found.lines)")
                #expect(found.format == (name.hasSuffix(".keras") ? "keras" : "hdf5"), "\(name)")
                let tensors = found.tensors.map { ReportedTensor($0) }.sorted { $0.name < $1.name }
                #expect(tensors == facts.tensors.sorted { $0.name < $1.name }, "\(name)")
                #expect(found.facts["parameters"] == .integer(facts.parameters), "\(name)")
                if let inputs = facts.inputs { #expect(found.inputs.map(\.name) == inputs, "\(name)") }
            }
        }
    }

    @Test func `an older whole model says what goes in`() async throws {
        try await PickleCorpus.withKeras { files in
            let file = try #require(files.first { $0.lastPathComponent == "keras-dense.h5" })
            let found = Inspector().inspect(path: file.path)
            #expect(found.inputs == [Tensor(name: "x", datatype: .FP32, shape: [-1, 4])])
            #expect(found.facts["className"] == "Sequential")
        }
    }

    static let hostile = """
        extensible.h5: unscanned hdf5: chunks have an index of kind 4, which is not read here
        external-link.h5: dangerous w: leads to '/secret/key' in another file, '/etc/other.h5'
        external-storage.h5: dangerous w: has its elements in another file, '/etc/passwd'
        lambda.h5: dangerous model_config: Lambda runs Python code from the file
        lambda.h5: dangerous model_config: __lambda__ runs Python code from the file
        lambda.keras: dangerous config.json: Lambda runs Python code from the file
        lambda.keras: dangerous config.json: __lambda__ runs Python code from the file
        lzf.h5: unscanned w: is packed by filter 32000, which is not known here
        reference.h5: unscanned hdf5: the type at byte 856 is of class 7, which is not read here
        scale-offset.h5: unscanned w: is packed by filter 6, which is not known here
        virtual-latest.h5: dangerous w: is put together from other arrays, which may stand in other files
        virtual.h5: dangerous w: is put together from other arrays, which may stand in other files
        """

    @Test func `what real libraries write that runs code or leads elsewhere is said to`() async throws {
        try await PickleCorpus.withKeras(hostile: true) { #expect(lines(of: $0) == Self.hostile) }
    }
}

/// Files of the adversarial corpus, to the letter.
@Suite struct `Inspecting hostile HDF5` {
    static let hostile = """
        hdf5-external-link.01.h5: dangerous w: leads to '/secret/key' in another file, '/etc/passwd'
        hdf5-external-link.02.h5: dangerous layers/deep: leads to '/' in another file, 'a.h5'
        hdf5-external-storage.01.h5: dangerous w: has its elements in another file, '/etc/passwd'
        hdf5-keras-layer.01.h5: dangerous model_config: Lambda runs Python code from the file
        hdf5-keras-layer.01.h5: dangerous model_config: __lambda__ runs Python code from the file
        hdf5-keras-layer.02.h5: dangerous model_config: Lambda runs Python code from the file
        hdf5-keras-layer.03.h5: dangerous model_config: keras.utils gives the function 'get_file'
        hdf5-keras-layer.04.h5: dangerous model_config: subprocess.run is imported from outside of Keras
        hdf5-keras-layer.05.h5: dangerous model/model_config: Lambda runs Python code from the file
        hdf5-keras-layer.05.h5: dangerous model/model_config: __lambda__ runs Python code from the file
        hdf5-user-defined-link.01.h5: dangerous w: is a link of kind 65, which the loading program follows by code of its own
        hdf5-user-defined-link.02.h5: dangerous w: is a link of kind 100, which the loading program follows by code of its own
        hdf5-user-defined-link.03.h5: dangerous w: is a link of kind 255, which the loading program follows by code of its own
        hdf5-virtual-dataset.01.h5: dangerous w: is put together from other arrays, which may stand in other files
        keras-external-link.01.keras: dangerous model.weights.h5/w: leads to '/secret/key' in another file, '/etc/passwd'
        keras-external-link.02.keras: dangerous model.weights.h5/layers/deep: leads to '/' in another file, 'a.h5'
        keras-external-storage.01.keras: dangerous model.weights.h5/w: has its elements in another file, '/etc/passwd'
        keras-layer.01.keras: dangerous config.json: Lambda runs Python code from the file
        keras-layer.01.keras: dangerous config.json: __lambda__ runs Python code from the file
        keras-layer.02.keras: dangerous config.json: Lambda runs Python code from the file
        keras-layer.03.keras: dangerous config.json: keras.utils gives the function 'get_file'
        keras-layer.04.keras: dangerous config.json: subprocess.run is imported from outside of Keras
        keras-user-defined-link.01.keras: dangerous model.weights.h5/w: is a link of kind 65, which the loading program follows by code of its own
        keras-user-defined-link.02.keras: dangerous model.weights.h5/w: is a link of kind 100, which the loading program follows by code of its own
        keras-user-defined-link.03.keras: dangerous model.weights.h5/w: is a link of kind 255, which the loading program follows by code of its own
        keras-virtual-dataset.01.keras: dangerous model.weights.h5/w: is put together from other arrays, which may stand in other files
        refused-hdf5-cut-attribute.01.h5: unscanned hdf5: the message at byte 216 is longer than its header
        refused-hdf5-cycle.01.h5: unscanned hdf5: the group 'again' holds a group that holds it
        refused-hdf5-cycle.02.h5: unscanned hdf5: the group 'loop/loop' holds a group that holds it
        refused-hdf5-cycle.03.h5: unscanned hdf5: a node of a tree at byte 144 is used twice
        refused-hdf5-cycle.04.h5: unscanned hdf5: the rest of an object's header at byte 112 is used twice
        refused-hdf5-deep.01.h5: unscanned hdf5: groups stand inside groups more than 64 deep
        refused-hdf5-huge-header.01.h5: unscanned hdf5: the header of an object takes 4294967295 bytes at 112, and the file has 112
        refused-hdf5-huge-header.02.h5: unscanned hdf5: the message at byte 136 is longer than its header
        refused-hdf5-huge-name.01.h5: unscanned hdf5: a link's name is 4611686018427387904 bytes long, more than 1024
        refused-hdf5-huge-rank.01.h5: unscanned hdf5: 255 dimensions are more than 32
        refused-hdf5-huge-shape.01.h5: unscanned hdf5: tensor 'w': the product of its shape is out of range
        refused-hdf5-huge-shape.02.h5: unscanned hdf5: tensor 'w' takes 4398046511104 bytes, over 100 times the 0 that stand in the file
        refused-hdf5-huge-shape.03.h5: unscanned hdf5: tensor 'w' takes 4294967296 bytes at 96, and the file has 272
        refused-hdf5-huge-type.01.h5: unscanned hdf5: types stand inside types more than 8 deep
        refused-hdf5-name-twice.01.h5: unscanned hdf5: the name 'w' stands twice
        refused-hdf5-not-based.01.h5: unscanned hdf5: its addresses do not begin where its superblock stands
        refused-hdf5-odd-name.01.h5: unscanned hdf5: a link has the name 'a/b'
        refused-hdf5-outside.01.h5: unscanned hdf5: tensor 'w' takes 16 bytes at 1152921504606846976, and the file has 272
        refused-hdf5-outside.02.h5: unscanned hdf5: tensor 'w' takes 16 bytes at 18446744073709551608, and the file has 272
        refused-hdf5-outside.03.h5: unscanned hdf5: the header of an object stands at 1125899906842624, and the file has 168
        refused-hdf5-outside.04.h5: unscanned hdf5: the header of an object stands at 18446744073709551596, and the file has 96
        refused-hdf5-overlap.01.h5: unscanned hdf5: tensor 'w' at byte 96 is used twice
        refused-hdf5-overlap.02.h5: unscanned hdf5: tensor 'w' at byte 0 is used twice
        refused-hdf5-overlap.03.h5: unscanned hdf5: tensor 'b' at byte 96 is used twice
        refused-hdf5-overlap.04.h5: unscanned hdf5: tensor 'b' at byte 104 is used twice
        refused-hdf5-overlap.05.h5: unscanned hdf5: the part at byte 104 begins inside another
        refused-hdf5-several-files.01.h5: unscanned hdf5: it is one of several files
        refused-hdf5-shared-message.01.h5: unscanned hdf5: the message at byte 136 is shared with another object, which is not read here
        refused-hdf5-trailing.01.h5: unscanned hdf5: 8 bytes follow its end
        refused-hdf5-truncated.01.h5: unscanned hdf5: ends at byte 8, before what it promises
        refused-hdf5-truncated.02.h5: unscanned hdf5: ends at byte 50, before what it promises
        refused-hdf5-truncated.03.h5: unscanned hdf5: ends at byte 96, before what it promises
        refused-hdf5-truncated.04.h5: unscanned hdf5: ends at byte 120, before what it promises
        refused-hdf5-truncated.05.h5: unscanned hdf5: ends at byte 287, before what it promises
        refused-hdf5-unknown-filter.01.h5: unscanned w: is packed by filter 4, which is not known here
        refused-hdf5-unknown-filter.02.h5: unscanned w: is packed by filter 32000, which is not known here
        refused-hdf5-unknown-filter.03.h5: unscanned w: is packed by filter 32001, which is not known here
        refused-hdf5-unknown-filter.04.h5: unscanned w: is packed by filter 32015, which is not known here
        refused-hdf5-unknown-filter.05.h5: unscanned w: is packed by filter 511, which is not known here
        refused-hdf5-unknown-message.01.h5: unscanned hdf5: the message at byte 216 is of the unknown type 119
        refused-keras-weights.01.keras: unscanned model.weights.h5: hdf5: ends at byte 287, before what it promises
        """

    @Test func `each file is refused with its reason`() async throws {
        try await PickleCorpus.withAdversarial { files in
            let names = ["hdf5", "keras"]
            let ours = files.filter { file in names.contains { file.lastPathComponent.contains($0) } }
            #expect(lines(of: ours) == Self.hostile)
        }
    }

    /// So that the others are refused for what is odd about them, and for nothing else.
    @Test func `a file of the same writer without a trick is read`() async throws {
        try await PickleCorpus.withAdversarial { files in
            let file = try #require(files.first { $0.lastPathComponent == "keras-layer.01.keras" })
            let found = Inspector().inspect(path: file.path)
            #expect(found.tensors == [TensorFact(name: "w", dtype: "<f4", shape: [4])])
        }
    }
}

/// Each finding of each file on a line; a file without one has a line as well.
private func lines(of files: [URL]) -> String {
    files.flatMap { file in
        let found = Inspector().inspect(path: file.path).lines
        return (found.isEmpty ? ["no finding"] : found).map { "\(file.lastPathComponent): \($0)" }
    }
    .joined(separator: "\n")
}
