import Foundation
import WaybillCore
import WaybillGit
import WaybillManifest

/// Commits to a clone of the user's that change the version of one deployment, each on a branch of its own.
struct VersionBranch: Sendable {
    let clone: WorkingClone
    /// What the new branch begins at, and what it asks for.
    let parent: CommitID
    let state: DesiredState

    static func open(_ repository: String, path: String?, base: String) async throws -> VersionBranch {
        let clone = try WorkingClone(containing: repository)
        let parent = try await clone.resolve(base)
        let folder = try path ?? ManifestFolder.configured(in: FleetTop.above(repository))
        let state = try await FleetLoader(tree: clone, path: folder).state(at: parent)
        return VersionBranch(clone: clone, parent: parent, state: state)
    }

    /// The file that defines the deployment, with the bytes of that one scalar changed.
    func edited(
        _ key: DeploymentKey, at location: SourceLocation, to version: VersionID
    ) async throws(Failure) -> Pinning.PinnedFile {
        let path = location.path
        guard let file = try await clone.file(path, at: parent),
            let bytes = try await clone.read([file.blob], limit: 1 << 20).first
        else { throw Failure(.stall, reason: "FileUnreadable", message: "\(path): is not in commit \(parent)") }
        do throws(InvalidInput) {
            let after = try ManifestEdit.replaceScalar(
                in: bytes, of: .modelDeployment(key), at: Promotion.field, with: version.version.description)
            return Pinning.PinnedFile(path: path, before: bytes, after: after, edits: [])
        } catch { throw Failure(.stall, reason: "CannotEdit", message: "\(path): \(error.message)") }
    }

    /// - Parameter resumes: takes a branch that has just this commit's change already for the one that is asked for.
    func commit(
        _ edit: Pinning.PinnedFile, branch: String, message: String, resumes: Bool = false
    ) throws(Failure) -> CommitID {
        let git = GitProgram(folder: clone.folder)
        if resumes, let there = try? git.run(["rev-parse", "--verify", "--quiet", "refs/heads/\(branch)"]),
            (try? git.run(["rev-parse", "\(there)^"])) == parent.hex,
            try git.run(["rev-parse", "\(there)^{tree}"]) == git.tree(of: [edit.path: edit.after], on: parent),
            let commit = try? CommitID(parsing: there)
        {
            return commit
        }
        return try git.commit(
            [edit.path: edit.after], on: parent, branch: branch, message: message)
    }
}
