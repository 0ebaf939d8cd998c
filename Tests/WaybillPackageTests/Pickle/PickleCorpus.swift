import Foundation
import WaybillTestSupport

/// Files that the scripts beside this folder write.
enum PickleCorpus {
    static let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus")

    /// What makes the models; the versions that the shipped allow list was learned from.
    private static let lock = """
        cloudpickle==3.1.3
        joblib==1.6.0
        lightgbm==4.7.0
        narwhals==2.29.0
        numpy==2.4.6
        scikit-learn==1.9.1
        scipy==1.17.1
        threadpoolctl==3.8.0
        xgboost-cpu==3.2.0

        """

    /// Runs `body` with the adversarial files, in the order of their names.
    static func withAdversarial(_ body: ([URL]) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try run("/usr/bin/python3", "make_adversarial.py", folder)
            try body(try files(in: folder))
        }
    }

    /// Runs `body` with models that the real libraries have just made and saved.
    static func withClean(_ body: ([URL]) throws -> Void) async throws {
        let python = try await PythonSuite.environment(lock: lock).appending(path: "bin/python").path
        try await withTemporaryFolder { folder in
            try run(python, "make_clean.py", folder)
            try body(try files(in: folder))
        }
    }

    /// The same of torch, when this machine has Debian's `python3-torch` (150 MB of packages): nil otherwise.
    static func withTorch(_ body: ([URL]) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try run("/usr/bin/python3", "make_clean.py", folder, ["--torch"])
            try body(try files(in: folder))
        }
    }

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
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}

struct CorpusError: Error {
    let script: String
    let status: Int32
}
