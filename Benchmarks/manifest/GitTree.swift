import Foundation
import Synchronization
import WaybillCore

/// The trees of a git repository through one `git cat-file --batch`, as the peer reads them too.
final class GitTree: FleetTree {
    private let repository: String
    /// Guards the pipes: one request and its answer at a time.
    private let batch: Mutex<Batch>

    private struct Batch: ~Copyable {
        let process: Process
        let input: FileHandle
        var reader: PipeReader
    }

    init(repository: String) throws {
        self.repository = repository
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/git")
        process.arguments = ["-C", repository, "cat-file", "--batch"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let reader = PipeReader(descriptor: output.fileHandleForReading.fileDescriptor, keeping: output)
        batch = Mutex(Batch(process: process, input: input.fileHandleForWriting, reader: reader))
    }

    func stop() {
        batch.withLock { batch in
            try? batch.input.close()
            batch.process.waitUntilExit()
        }
    }

    /// The output of one git command.
    func git(_ arguments: [String]) throws -> [UInt8] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/git")
        process.arguments = ["-C", repository] + arguments
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Array(bytes)
    }

    func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    {
        do {
            guard let base else { return (changes: try listing(commit), problems: []) }
            let output = try git(["diff-tree", "-r", "-z", base.hex, commit.hex])
            let parts = output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            var changes: [TreeChange] = []
            for index in stride(from: 0, to: parts.count - 1, by: 2) {
                let words = parts[index].split(separator: " ")
                let ids = [words[2], words[3]].map { try? BlobID(parsing: String($0)) }
                let isThere = ids.map { $0?.hex.contains { $0 != "0" } == true }
                changes.append(
                    TreeChange(
                        path: parts[index + 1], before: isThere[0] ? ids[0] : nil, after: isThere[1] ? ids[1] : nil))
            }
            return (changes: changes, problems: [])
        } catch {
            throw Failure(.retry, reason: "GitFailed", message: "\(error)")
        }
    }

    private func listing(_ commit: CommitID) throws -> [TreeChange] {
        try git(["ls-tree", "-r", "-z", commit.hex]).split(separator: 0).map { line in
            let tab = line.firstIndex(of: UInt8(ascii: "\t")) ?? line.endIndex
            let blob = try BlobID(parsing: String(decoding: line[..<tab].suffix(40), as: UTF8.self))
            let path = String(decoding: line[tab...].dropFirst(), as: UTF8.self)
            return TreeChange(path: path, before: nil, after: blob)
        }
    }

    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        let result: Result<[[UInt8]], Failure> = batch.withLock { batch in
            do {
                let request = blobs.map(\.hex).joined(separator: "\n") + "\n"
                try batch.input.write(contentsOf: Data(request.utf8))
                var contents: [[UInt8]] = []
                contents.reserveCapacity(blobs.count)
                for _ in blobs {
                    let header = String(decoding: batch.reader.line(), as: UTF8.self)
                    guard let size = header.split(separator: " ").last.flatMap({ Int($0) }) else {
                        throw Failure(.retry, reason: "GitFailed", message: header)
                    }
                    contents.append(batch.reader.bytes(size))
                    _ = batch.reader.bytes(1)
                }
                return .success(contents)
            } catch {
                return .failure(Failure(.retry, reason: "GitFailed", message: "\(error)"))
            }
        }
        return try result.get()
    }

    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        do {
            let output = String(decoding: try git(["ls-tree", commit.hex, "--", path]), as: UTF8.self)
            let words = output.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count > 2 else { return nil }
            return TreeFile(path: path, blob: try BlobID(parsing: String(words[2])))
        } catch {
            throw Failure(.retry, reason: "GitFailed", message: "\(error)")
        }
    }
}

/// Buffered reading of a pipe.
struct PipeReader {
    private let descriptor: Int32
    private let pipe: Pipe
    private var buffer: [UInt8] = []
    private var at = 0

    init(descriptor: Int32, keeping pipe: Pipe) {
        self.descriptor = descriptor
        self.pipe = pipe
    }

    private mutating func fill() -> Bool {
        if at > 0 {
            buffer.removeSubrange(..<at)
            at = 0
        }
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: 1 << 16))
        let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: old), 1 << 16) }
        buffer.removeLast((1 << 16) - max(0, count))
        return count > 0
    }

    mutating func line() -> [UInt8] {
        while true {
            if let end = buffer[at...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { at = end + 1 }
                return Array(buffer[at..<end])
            }
            if !fill() { return [] }
        }
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        while buffer.count - at < count { if !fill() { return [] } }
        defer { at += count }
        return Array(buffer[at..<at + count])
    }
}
