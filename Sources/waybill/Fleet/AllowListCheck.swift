import WaybillCore
import WaybillManifest
import WaybillPackage

/// What is wrong with the operator's list of what pickles may import, beside the manifests of a fleet.
struct AllowListCheck: Sendable {
    let tree: any FleetTree
    let commit: CommitID
    /// Folder of the manifests; empty is the top.
    let path: String

    /// Nothing when there is no list.
    func problems() async throws(Failure) -> [Diagnostic] {
        let place = FleetAllowList(tree: tree, path: path).place
        guard let file = try await tree.file(place, at: commit) else { return [] }
        do throws(Failure) {
            return Self.problems(try await tree.read([file.blob], limit: AllowList.longest).first ?? [], place)
        } catch {
            guard error.reason == "FileTooLarge" else { throw error }
            return [
                SourceText(path: place, bytes: []).diagnostic(.limit, 0, 0, "larger than 4 MB; that is no allow list")
            ]
        }
    }

    static func problems(_ bytes: [UInt8], _ place: String) -> [Diagnostic] {
        let source = SourceText(path: place, bytes: bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return [source.diagnostic(.notUTF8, 0, 0, "the allow list is not UTF-8 text")]
        }
        return AllowList.read(text).problems.map { problem in
            var diagnostic = source.diagnostic(
                .invalidAllowList, problem.offset, problem.offset + problem.length, problem.message,
                hint: problem.hint ?? "a list that cannot be read allows nothing; '#' begins a comment")
            if problem.isWarning { diagnostic.severity = .warning }
            return diagnostic
        }
    }
}
