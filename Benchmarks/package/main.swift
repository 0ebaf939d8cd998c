import Foundation
import WaybillCore
import WaybillPackage

/// What `run.py` measures, one act a process.
///
///     bench-package build STORE PATH=DIGEST=SIZE…    the bundle of files of this machine, in a new store
///     bench-package hash FILE…                       SHA-256 of files, as the store hashes them
///     bench-package sign STORE KEY                   a signature of that bundle by OpenSSF Model Signing, from known digests

/// A repository without files: every source is a file of the machine.
struct NoTree: FleetTree {
    func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    {
        ([], [])
    }
    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] { [] }
    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? { nil }
}

func build(_ store: String, _ files: ArraySlice<String>) async throws {
    var artifacts: [Artifact] = []
    for file in files {
        let parts = file.split(separator: "=").map(String.init)
        guard parts.count == 3, let size = Int64(parts[2]) else {
            throw InvalidInput("\(file.quotedForMessage) is not PATH=DIGEST=SIZE")
        }
        artifacts.append(
            Artifact(
                path: "file\(artifacts.count).bin", source: .file(path: parts[0]),
                digest: try Digest(parsing: parts[1]),
                size: size))
    }
    let version = ModelVersion(id: try VersionID(parsing: "bench@1.0.0"), format: "raw", artifacts: artifacts)
    let builder = BundleBuilder(
        content: ContentStore(root: store), tree: NoTree(), readers: SourceReaders([:]), refusing: [])
    let commit = try CommitID(parsing: String(repeating: "0", count: 40))
    print(try await builder.build(version, at: commit).bundle.manifest)
}

func sign(_ store: String, _ keyFile: String) async throws {
    let content = ContentStore(root: store)
    guard case .ec(let key) = try KeyFile.read(keyFile) else { throw InvalidInput("\(keyFile) is no ECDSA key in PEM") }
    let bundle = try await content.bundle("bench@1.0.0")
    print(try await content.sign(bundle, by: key).layer.digest)
}

func hash(_ files: ArraySlice<String>) throws {
    for file in files { print(try ContentStore.digest(ofFile: file)) }
}

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "build" where arguments.count > 3: try await build(arguments[2], arguments[3...])
case "sign" where arguments.count == 4: try await sign(arguments[2], arguments[3])
case "hash" where arguments.count > 2: try hash(arguments[2...])
default:
    print("usage: bench-package build STORE PATH=DIGEST=SIZE… | hash FILE… | sign STORE KEY")
    exit(64)
}
