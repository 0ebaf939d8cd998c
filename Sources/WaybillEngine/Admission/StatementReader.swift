package import WaybillCore
package import WaybillTrust

/// The words about changes that a commit and the refs beside it hold.
package struct StatementShelf: Equatable, Sendable {
    package let statements: [FoundStatement]
    /// Links, files that are named otherwise, and the like, which say nothing.
    package let problems: [TreeProblem]
    private let byKey: [DeploymentKey: [FoundStatement]]

    package init(statements: [FoundStatement] = [], problems: [TreeProblem] = []) {
        self.statements = statements
        self.problems = problems
        byKey = Dictionary(grouping: statements, by: \.path.key)
    }

    /// Those filed for one deployment, whatever their change.
    package func of(_ key: DeploymentKey) -> [FoundStatement] { byKey[key] ?? [] }
}

/// Reads and proves the files of `.waybill/approvals`. What was proven once is remembered by the id of its bytes.
///
/// Nothing that a file holds is an error: one that is too long, or is none, is a problem of its own place.
package actor StatementReader {
    private let tree: any FleetTree
    private var known: [BlobID: Result<ProvenStatement, InvalidInput>] = [:]
    /// What was read last, whole: the same commit and refs hold the same words.
    private var last: (commit: CommitID, refs: [String: CommitID], shelf: StatementShelf)?

    package init(_ tree: any FleetTree) { self.tree = tree }

    /// Files that are looked at in one commit.
    static let mostFiles = 50_000
    /// Files that are looked at in the commit of one ref, which holds one person's words.
    static let mostFilesOfRef = 64
    /// Refs that are looked at.
    package static let mostRefs = 1000
    private static let batch = 512

    /// - Parameters:
    ///   - commit: of the watched branch.
    ///   - refs: full names and what they name.
    package func read(at commit: CommitID, refs: [String: CommitID] = [:]) async throws(Failure) -> StatementShelf {
        if let last, last.commit == commit, last.refs == refs { return last.shelf }
        var problems: [TreeProblem] = []
        var isWhole = true
        var files = try await files(at: commit, place: "", limit: Self.mostFiles, &problems)
        for (name, tip) in refs.sorted(by: { $0.key < $1.key }).prefix(Self.mostRefs) {
            do throws(Failure) {
                files += try await self.files(at: tip, place: "\(name):", limit: Self.mostFilesOfRef, &problems)
            } catch {
                isWhole = false
                problems.append(TreeProblem(path: name, message: error.message))
            }
        }
        if refs.count > Self.mostRefs {
            problems.append(
                TreeProblem(
                    path: ApprovalPath.refs, message: "\(refs.count) refs; the first \(Self.mostRefs) are looked at"))
        }
        try await prove(Set(files.map(\.blob)).filter { known[$0] == nil })
        let statements = files.compactMap { file in
            known[file.blob].map { FoundStatement(place: file.place, path: file.path, result: $0) }
        }
        // What no longer is anywhere is forgotten: withdrawn words must not fill the memory.
        let live = Set(files.map(\.blob))
        if known.count > 2 * live.count + Self.batch { known = known.filter { live.contains($0.key) } }
        let shelf = StatementShelf(statements: statements, problems: problems)
        last = isWhole ? (commit, refs, shelf) : nil
        return shelf
    }

    private struct File {
        var place: String
        var path: ApprovalPath
        var blob: BlobID
    }

    private func files(
        at commit: CommitID, place: String, limit: Int, _ problems: inout [TreeProblem]
    ) async throws(Failure) -> [File] {
        let found = try await tree.changes(from: nil, to: commit, under: ApprovalPath.folder)
        problems += found.problems.map { TreeProblem(path: place + $0.path, message: $0.message) }
        if found.changes.count > limit {
            let message = "\(found.changes.count) files; the first \(limit) are looked at"
            problems.append(TreeProblem(path: place + ApprovalPath.folder, message: message))
        }
        var files: [File] = []
        for change in found.changes.prefix(limit) {
            guard let blob = change.after else { continue }
            do throws(InvalidInput) {
                files.append(
                    File(place: place + change.path, path: try ApprovalPath(parsing: change.path), blob: blob))
            } catch {
                problems.append(TreeProblem(path: place + change.path, message: error.message))
            }
        }
        return files
    }

    private func prove(_ blobs: Set<BlobID>) async throws(Failure) {
        let blobs = blobs.sorted { $0.hex < $1.hex }
        for start in stride(from: 0, to: blobs.count, by: Self.batch) {
            let part = Array(blobs[start..<min(start + Self.batch, blobs.count)])
            let files = Array(zip(part, try await contents(part)))
            known.merge(await Self.proven(files)) { $1 }
        }
    }

    /// Signatures are what takes the time, so several are verified at once.
    private static func proven(
        _ files: [(blob: BlobID, bytes: [UInt8]?)]
    ) async -> [BlobID: Result<ProvenStatement, InvalidInput>] {
        await withTaskGroup(of: [BlobID: Result<ProvenStatement, InvalidInput>].self) { group in
            for start in stride(from: 0, to: files.count, by: batch / 8) {
                let part = files[start..<min(start + batch / 8, files.count)]
                group.addTask { Dictionary(part.map { ($0.blob, prove($0.bytes)) }, uniquingKeysWith: { $1 }) }
            }
            return await group.reduce(into: [:]) { $0.merge($1) { $1 } }
        }
    }

    private static func prove(_ bytes: [UInt8]?) -> Result<ProvenStatement, InvalidInput> {
        guard let bytes else { return .failure(InvalidInput("longer than 16 KiB")) }
        return Result { () throws(InvalidInput) in try SignedStatement(file: bytes).verify() }
    }

    /// Nil for those that are too long.
    private func contents(_ blobs: [BlobID]) async throws(Failure) -> [[UInt8]?] {
        let limit = SignedStatement.longestFile
        do throws(Failure) { return try await tree.read(blobs, limit: limit) } catch  where Self.isTooLarge(error) {}
        var contents: [[UInt8]?] = []
        for blob in blobs {
            do throws(Failure) {
                contents.append(try await tree.read([blob], limit: limit).first)
            } catch  where Self.isTooLarge(error) { contents.append(nil) }
        }
        return contents
    }

    private static func isTooLarge(_ failure: Failure) -> Bool { failure.reason == "FileTooLarge" }
}
