import Foundation
import Glibc
import WaybillCore
import WaybillManifest

import struct Crypto.SHA256

/// Files on disk as the artifacts of a model version: digest, size and the format found.
struct VersionFiles {
    /// Top of the fleet repository: files below it are named by their path in it, others by `file:`.
    var top: String

    struct Read {
        var artifacts: [Artifact]
        /// Formats found by name and first bytes, without those that neither tells.
        var formats: Set<String>
    }

    /// Reads each file once. In the model's folder files stand as below the folder that they share.
    ///
    /// - Throws: `Failure` that names the file when one cannot be read, is no regular file, or stands twice.
    func read(_ paths: [String]) throws(Failure) -> Read {
        let files = paths.map { URL(fileURLWithPath: $0).standardizedFileURL.resolvingSymlinksInPath().path }
        let shared = Self.sharedFolder(files)
        var read = Read(artifacts: [], formats: [])
        for file in files {
            let path = String(file.dropFirst(shared.count))
            guard CleanPath.problemOfRelative(path) == nil else {
                throw Failure(
                    .stall, reason: "FileUnusable", message: "\(file): its name cannot stand in a manifest; rename it")
            }
            guard !read.artifacts.contains(where: { $0.path == path }) else {
                throw Failure(.stall, reason: "FileTwice", message: "\(file): is named twice")
            }
            let content = try Self.content(file)
            read.artifacts.append(
                Artifact(path: path, source: source(file), digest: content.digest, size: content.size))
            if let format = ModelFormat.detect(name: path, head: content.head) { read.formats.insert(format) }
        }
        return read
    }

    /// With a slash at its end.
    private static func sharedFolder(_ files: [String]) -> String {
        let folders = files.map { Array($0.split(separator: "/").dropLast()) }
        guard var shared = folders.first else { return "/" }
        for folder in folders.dropFirst() {
            shared = Array(zip(shared, folder).prefix { $0 == $1 }.map(\.0))
        }
        return shared.isEmpty ? "/" : "/" + shared.joined(separator: "/") + "/"
    }

    private func source(_ file: String) -> ArtifactSource {
        file.hasPrefix(top + "/")
            ? .repository(path: String(file.dropFirst(top.count + 1))) : .file(path: file)
    }

    /// Digest and size of one file.
    static func measure(_ file: String) throws(Failure) -> (digest: Digest, size: Int64) {
        let content = try content(file)
        return (content.digest, content.size)
    }

    private struct Content {
        var digest: Digest
        var size: Int64
        var head: [UInt8]
    }

    private static func content(_ file: String) throws(Failure) -> Content {
        var status = stat()
        guard stat(file, &status) == 0, let handle = FileHandle(forReadingAtPath: file) else {
            throw Failure(
                .stall, reason: "FileUnreadable",
                message: "\(file): cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.stall, reason: "FileUnusable", message: "\(file): is no regular file; name the files in it")
        }
        var hasher = SHA256()
        var (size, head): (Int64, [UInt8]) = (0, [])
        do {
            while let bytes = try handle.read(upToCount: 1 << 20), !bytes.isEmpty {
                if size == 0 { head = Array(bytes.prefix(ModelFormat.headLength)) }
                hasher.update(data: bytes)
                size += Int64(bytes.count)
            }
        } catch {
            throw Failure(
                .stall, reason: "FileUnreadable", message: "\(file): cannot be read: \(error.localizedDescription)")
        }
        return Content(digest: Digest(finalizing: hasher), size: size, head: head)
    }
}

/// Where a fleet repository begins.
enum FleetTop {
    /// The nearest folder from `folder` upwards that has a `waybill.yaml` or a `.git`; `folder` itself without one.
    static func above(_ folder: String) -> String {
        var at = URL(fileURLWithPath: folder, isDirectory: true).standardizedFileURL.resolvingSymlinksInPath()
        let start = at.path
        while at.path != "/" {
            let isTop = [ConfigurationSources.fileName, ".git"].contains {
                FileManager.default.fileExists(atPath: at.appending(path: $0).path)
            }
            if isTop { return at.path }
            at.deleteLastPathComponent()
        }
        return start
    }
}
