import Glibc
import Synchronization
import WaybillCore
import WaybillTrust

/// Uploads under way, kept beside the content store so that a push that was cut, also by a crash, goes on where it was; and the
/// repositories that are known to have a blob, so that it is mounted from there.
///
/// All of it is a hint: losing it, or a wrong one, costs a transfer.
struct UploadSessions: Sendable {
    struct Key: Hashable, Sendable {
        let name: String

        init(_ place: RegistryPlace, _ digest: Digest) { name = Digest(of: "\(place)@\(digest)".utf8).hex }
    }

    /// Seconds after which registries have forgotten an upload.
    private static let age: Int64 = 24 * 3600
    /// Repositories that are remembered of a blob.
    private static let places = 8
    private static let limit = 64 << 10

    private let layout: ContentLayout

    init(_ layout: ContentLayout) { self.layout = layout }

    func location(_ key: Key) -> String? {
        guard let value = read("\(layout.uploads)/\(key.name)"), let since = value["since"]?.integer,
            Int64(time(nil)) - since < Self.age
        else { return nil }
        return value["location"]?.string
    }

    func remember(_ location: String, _ key: Key) {
        write(["location": .string(location), "since": .integer(Int64(time(nil)))], "\(layout.uploads)/\(key.name)")
    }

    func forget(_ key: Key) { unlink("\(layout.uploads)/\(key.name)") }

    /// Repositories of the registry that had the blob, the last one first.
    func repositories(with digest: Digest, of registry: String) -> [String] {
        let all = read(layout.place(digest))?.list?.compactMap(\.string) ?? []
        return all.compactMap { text in
            guard let reference = try? ImageReference(parsing: text), reference.registry == registry else { return nil }
            return reference.repository
        }
    }

    func note(_ digest: Digest, in place: RegistryPlace) {
        let path = layout.place(digest)
        let before = read(path)?.list?.compactMap(\.string) ?? []
        guard before.first != place.description else { return }
        let after = [place.description] + before.filter { $0 != place.description }.prefix(Self.places - 1)
        write(.list(after.map { .string($0) }), path)
    }

    private func read(_ path: String) -> Value? {
        guard let bytes = try? DurableFile.read(path, limit: Self.limit) else { return nil }
        return Value(json: bytes)
    }

    private func write(_ value: Value, _ path: String) {
        try? DurableFile.replace(path, with: value.jsonBytes, mode: 0o600, scratch: layout.partial)
    }
}

/// Counts the bytes of one request's body.
final class UploadCounter: Sendable {
    private let start: Int64
    private let done: Mutex<Int64>
    private let progress: @Sendable (Int64) -> Void

    init(_ start: Int64, _ progress: @escaping @Sendable (Int64) -> Void) {
        self.start = start
        self.progress = progress
        done = Mutex(start)
    }

    func restart() { done.withLock { $0 = start } }

    func add(_ bytes: Int) {
        let now = done.withLock { done in
            done += Int64(bytes)
            return done
        }
        progress(now)
    }
}
