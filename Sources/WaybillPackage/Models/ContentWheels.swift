import Foundation
import Glibc
package import WaybillCore

/// Wheels in the content store: each once by its digest, and for each lock the list of those that it was installed from.
package struct ContentWheels: WheelStore {
    /// Files of one environment, and the bytes of one.
    private static let most = 10_000
    private static let largest: Int64 = 8 << 30

    private let content: ContentStore

    package init(content: ContentStore) { self.content = content }

    struct Wheel: Codable, Hashable, Sendable {
        var name: String
        var digest: String
        var size: Int64
        /// Options of pip that say on which indexes it was looked for, besides those of the machine; nil in older lists.
        var indexes: [String]?
    }

    package func place(_ key: String, into folder: String) async throws(Failure) -> [String]? {
        guard let wheels = Self.list(content.layout, key), !wheels.isEmpty else { return nil }
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        return try await content.work.run { [content] (cancellation) throws(Failure) in
            for wheel in wheels {
                guard let digest = try? Digest(parsing: wheel.digest), Self.isName(wheel.name),
                    case .sound(wheel.size) = try content.examine(digest, cancellation)
                else { return nil }
                _ = try content.place(digest, at: "\(folder)/\(wheel.name)", cancellation)
            }
            return wheels.map(\.name)
        }
    }

    package func keep(_ key: String, from folder: String, indexes: [String] = []) async throws(Failure) {
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        var wheels: [Wheel] = []
        let names = try await content.work.run { (_) throws(Failure) in
            do throws(SystemError) { return try entries(of: folder).filter(Self.isName).sorted() } catch {
                throw .disk(error)
            }
        }
        guard names.count <= Self.most else {
            throw Failure(
                .stall, reason: "LockTooLarge", message: "the lock names more than \(Self.most) packages; split it")
        }
        for name in names { wheels.append(try await keep(file: "\(folder)/\(name)", name, indexes)) }
        guard let data = try? JSONEncoder().encode(wheels) else { return }
        try await content.work.run { [content] (_) throws(Failure) in
            do throws(SystemError) {
                try DurableFile.replace(
                    content.layout.wheels(key), with: [UInt8](data), mode: 0o600, scratch: content.layout.partial)
            } catch { throw .disk(error) }
        }
    }

    private func keep(file: String, _ name: String, _ indexes: [String]) async throws(Failure) -> Wheel {
        // Hashed once to know its name in the store, and again while it is copied there: files of this size are in memory still.
        let known = try await content.work.run { (cancellation) throws(Failure) in
            try Self.read(file) { (descriptor) throws(Failure) in
                try FileCopy(source: descriptor, sourcePath: file, cancellation: cancellation).hash(limit: Self.largest)
            }
        }
        guard let known else {
            throw Failure(.stall, reason: "LockTooLarge", message: "\(name) is larger than \(Self.largest >> 30) GiB")
        }
        let changed = Failure(.retry, reason: "StoreUnavailable", message: "\(file) changed while it was copied")
        _ = try await content.bring(
            known.digest, size: known.size,
            judge: { (content) throws(Failure) in if content != known { throw changed } }
        ) { (partial) throws(Failure) in
            try await content.work.run { (cancellation) throws(Failure) in
                try Self.read(file) { (descriptor) throws(Failure) in
                    try FileCopy(source: descriptor, sourcePath: file, cancellation: cancellation)
                        .copy(to: partial.descriptor, path: partial.path, limit: known.size)
                }
            }
        }
        return Wheel(
            name: name, digest: known.digest.description, size: known.size, indexes: indexes.isEmpty ? nil : indexes)
    }

    /// Fetches a wheel that rotted.
    func restore(_ wheel: Wheel, _ digest: Digest, from source: any WheelSource) async throws(Failure) {
        guard Self.isName(wheel.name) else {
            throw Failure(.stall, reason: "StoreDamaged", message: "\(wheel.name.quotedForMessage) is no wheel's name")
        }
        // Of its own, beside others that restore the same.
        let folder = "\(content.layout.partial)/wheel.\(digest.short).\(UUID().uuidString)"
        try await content.work.run { (_) throws(Failure) in
            do throws(SystemError) { try makeFolder(folder, mode: 0o700) } catch { throw .disk(error) }
        }
        defer { try? removeTree(folder) }
        try await source.fetch(wheel.name, digest: digest, indexes: wheel.indexes ?? [], into: folder)
        let kept = try await keep(file: "\(folder)/\(wheel.name)", wheel.name, [])
        guard kept.digest == digest.description else {
            throw Failure(.stall, reason: "LockMismatch", message: "its index gives \(kept.digest) instead")
        }
    }

    package func forget(_ key: String) async throws(Failure) {
        let path = content.layout.wheels(key)
        try await content.work.run { (_) throws(Failure) in
            do throws(SystemError) { try removeTree(path) } catch { throw .disk(error) }
        }
    }

    private static func read(
        _ path: String, _ body: (Int32) throws(Failure) -> Content?
    ) throws(Failure) -> Content? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .disk(SystemError(operation: "open", path: path, code: errno)) }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    /// Names of wheels have no more than this in them, so that one can never lead elsewhere or be an option of pip's.
    private static func isName(_ name: String) -> Bool {
        let allowed = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-_.+!".utf8.contains(byte)
        }
        return allowed && name.hasSuffix(".whl") && !name.hasPrefix("-") && !name.hasPrefix(".")
            && name.utf8.count <= 250
    }

    static func list(_ layout: ContentLayout, _ key: String) -> [Wheel]? {
        guard let bytes = try? DurableFile.read(layout.wheels(key), limit: 8 << 20) else { return nil }
        return try? JSONDecoder().decode([Wheel].self, from: Data(bytes))
    }
}

extension ContentStore {
    /// Every wheel that an environment was installed from: kept as long as the environment is.
    func wheelDigests() throws(Failure) -> Set<Digest> {
        do throws(SystemError) {
            let keys = try entries(of: layout.wheels)
            let wheels = keys.flatMap { ContentWheels.list(layout, $0) ?? [] }
            return Set(wheels.compactMap { try? Digest(parsing: $0.digest) })
        } catch { throw .disk(error) }
    }
}
