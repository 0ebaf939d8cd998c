import Foundation
import WaybillTestSupport

/// Files that the scripts beside this folder write.
enum PickleCorpus {
    static let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus")

    /// Runs `body` with the adversarial files, in the order of their names.
    static func withAdversarial(_ body: ([URL]) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try run("/usr/bin/python3", "make_adversarial.py", folder)
            try body(try files(in: folder))
        }
    }

    /// Runs `body` with models that the real libraries have just made and saved.
    static func withClean(_ body: ([URL]) throws -> Void) async throws {
        let python = try await PythonSuite.environment(lock: PythonSuite.modelLibraries).appending(path: "bin/python")
            .path
        try await withTemporaryFolder { folder in
            try run(python, "make_clean.py", folder)
            try body(try files(in: folder))
        }
    }

    /// The same of torch, by Debian's `python3-torch`; the hostile ones instead when asked for.
    static func withTorch(hostile: Bool = false, _ body: ([URL]) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try run("/usr/bin/python3", "make_torch.py", folder, hostile ? ["--hostile"] : [])
            try body(try files(in: folder))
        }
    }

    /// The same of Keras and h5py.
    static func withKeras(hostile: Bool = false, _ body: ([URL]) throws -> Void) async throws {
        let python = try await PythonSuite.environment(lock: kerasLock).appending(path: "bin/python").path
        try await withTemporaryFolder { folder in
            try run(python, "make_keras.py", folder, hostile ? ["--hostile"] : [])
            try body(try files(in: folder))
        }
    }

    /// Keras cannot be imported without one of its backends; numpy's is the smallest, and needs jax.
    private static let kerasLock = """
        absl-py==2.5.1
        h5py==3.16.0
        jax==0.10.2
        jaxlib==0.10.2
        keras==3.15.1
        markdown-it-py==4.3.0
        mdurl==0.1.2
        ml_dtypes==0.6.0
        namex==0.1.0
        numpy==2.4.6
        opt_einsum==3.4.0
        optree==0.20.0
        packaging==26.4
        pygments==2.21.0
        rich==15.0.0
        scipy==1.17.1
        typing_extensions==4.16.0

        """

    private static func run(_ python: String, _ script: String, _ folder: URL, _ options: [String] = []) throws {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-W", "ignore", scripts.appending(path: script).path, folder.path] + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CorpusError(script: script, status: process.terminationStatus)
        }
    }

    private static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent != CorpusFacts.file }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}

/// What a library says of the tensors in a file that it wrote.
struct CorpusFacts: Decodable {
    static let file = "facts.json"

    var tensors: [ReportedTensor]
    var parameters: Int64
    var inputs: [String]?

    /// By the names of the files that stand beside `file`.
    static func beside(_ file: URL) throws -> [String: CorpusFacts] {
        let data = try Data(contentsOf: file.deletingLastPathComponent().appending(path: Self.file))
        return try JSONDecoder().decode([String: CorpusFacts].self, from: data)
    }
}

struct CorpusError: Error {
    let script: String
    let status: Int32
}
