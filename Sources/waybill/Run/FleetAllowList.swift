import Synchronization
import WaybillCore
import WaybillPackage

/// The commit that the ledger says was accepted last.
final class CommitInForce: Codable, Sendable {
    struct Acceptance: Hashable, Codable, Sendable {
        var commit: CommitID
        var at: Timestamp
    }

    private let kept = Mutex<Acceptance?>(nil)

    init() {}

    init(from decoder: any Decoder) throws {
        let known = try decoder.singleValueContainer().decode(Acceptance?.self)
        kept.withLock { $0 = known }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(kept.withLock { $0 })
    }

    var acceptance: Acceptance? { kept.withLock { $0 } }
    var commit: CommitID? { acceptance?.commit }

    /// Follows what was written to the ledger.
    func take(_ event: Event) {
        guard event.type == .commitAccepted, let hex = event.body["commit"]?.string,
            let commit = try? CommitID(parsing: hex)
        else { return }
        kept.withLock { $0 = Acceptance(commit: commit, at: event.time) }
    }
}

/// The operator's own list of what pickles may import: `allow/models.txt` beside the manifests. It stands in place of the shipped
/// one, so that it can also allow less.
struct FleetAllowList: Sendable {
    static let file = "allow/models.txt"

    let tree: any FleetTree
    /// Folder of the manifests; empty is the top.
    let path: String

    /// From the top of the repository.
    var place: String { Self.place(below: path) }

    /// From the top of a repository whose manifests are in `folder`.
    static func place(below folder: String) -> String { folder.isEmpty ? file : "\(folder)/\(file)" }

    /// - Throws: `AllowListBroken`, stalling, with the line that is wrong: a list that cannot be read allows nothing.
    func read(at commit: CommitID?) async throws(Failure) -> AllowList {
        guard let commit, let file = try await tree.file(place, at: commit) else { return .shipped }
        return try Self.parse(try await tree.read([file.blob], limit: AllowList.longest).first ?? [], place)
    }

    /// - Throws: `AllowListBroken`, stalling, with the line of the file at `place` that is wrong.
    static func parse(_ bytes: [UInt8], _ place: String) throws(Failure) -> AllowList {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.stall, reason: "AllowListBroken", message: "\(place): is not UTF-8 text")
        }
        do throws(InvalidInput) { return try AllowList(parsing: text, file: place) } catch {
            throw Failure(.stall, reason: "AllowListBroken", message: error.message)
        }
    }
}
