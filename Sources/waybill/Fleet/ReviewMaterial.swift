import Foundation
import WaybillCore
import WaybillPackage
import WaybillReport
import WaybillTrust

/// What a reviewer's plan rests on beside the two commits: evidence, and what locks name.
struct ReviewMaterial: Sendable {
    /// A folder of evidence documents, when one is named.
    var folder: String?
    /// The content store of a state folder beside, when there is one.
    var content: ContentStore?
    /// What a controller that was asked says; nil: none was.
    var controller: Controller?

    /// What is in force, as the controller sees it.
    struct Controller: Sendable {
        /// The versions that serve.
        var serving: [DeploymentKey: [String]]
        /// The key with which it signs what it measured.
        var key: SSHPublicKey?
    }

    /// Files of a folder at most, and bytes of each.
    private static let (mostFiles, longestFile) = (1000, 4 << 20)
    private static let longestLock = 8 << 20

    /// Evidence of the folder, and of the store about the versions that the plan has, with what was signed about it.
    ///
    /// - Throws: `EvidenceUnreadable`, stalling, for a folder or a file in it that cannot be read; what the store cannot give is left out.
    func evidence(about versions: Set<VersionID>) async throws(Failure) -> GivenEvidence {
        var found = try folderEvidence()
        guard let content else { return found }
        let named = (try? await content.names()) ?? [:]
        for version in versions.sorted() {
            guard let bundle = named[version.description] else { continue }
            let kept = (try? await content.evidence(about: bundle.digest)) ?? []
            found.reports += kept.compactMap { try? EvidenceReport(bytes: $0) }.filter {
                $0.version == version.description && $0.bundle == bundle.digest.description
            }
            found.envelopes += (try? await content.envelopes(about: bundle.digest)) ?? []
        }
        return found
    }

    private func folderEvidence() throws(Failure) -> GivenEvidence {
        guard let folder else { return GivenEvidence() }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
                .sorted()
        } catch { throw Self.unreadable(folder, error.localizedDescription) }
        guard names.count <= Self.mostFiles else {
            throw Self.unreadable(folder, "it has \(names.count) files; \(Self.mostFiles) are read")
        }
        var found = GivenEvidence()
        for name in names {
            let path = "\(folder)/\(name)"
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw Self.unreadable(path, "no such file, or no right to read it")
            }
            defer { try? file.close() }
            guard let data = try? file.read(upToCount: Self.longestFile + 1) ?? Data(), data.count <= Self.longestFile
            else {
                throw Self.unreadable(path, "it is longer than \(Self.longestFile >> 20) MiB, or no file")
            }
            do throws(InvalidInput) { try found.read(Value(json: data) ?? .null) } catch {
                throw Self.unreadable(path, error.message)
            }
        }
        return found
    }

    private static func unreadable(_ path: String, _ why: String) -> Failure {
        Failure(.stall, reason: "EvidenceUnreadable", message: "\(path): \(why)")
    }

    /// The locks that the deployments of a plan and their versions name at `commit`, by path, and what each lock names.
    func locks(
        of deployments: [DesiredDeployment], in tree: any FleetTree, at commit: CommitID,
        into packages: inout [Digest: [String: String]]
    ) async throws(Failure) -> [String: Digest] {
        var named: [String: String] = [:]
        for spec in deployments.map(\.spec) {
            if let its = spec.environment { named[its.lock] = its.python }
            if let made = spec.manifest?.environment { named[made.lock] = made.python }
        }
        var digests: [String: Digest] = [:]
        for (path, python) in named.sorted(by: { $0.key < $1.key }) {
            guard let file = try await tree.file(path, at: commit),
                let bytes = try? await tree.read([file.blob], limit: Self.longestLock).first
            else { continue }
            let digest = Digest(of: bytes)
            digests[path] = digest
            if packages[digest] == nil { packages[digest] = Self.packages(bytes, path: path, python: python) }
        }
        return digests
    }

    /// Names to versions; nil for what is no lock. What is wrong with it is said elsewhere.
    private static func packages(_ bytes: [UInt8], path: String, python: String) -> [String: String]? {
        guard let form = try? LockForm(path: path) else { return nil }
        if form == .requirements {
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            return RequirementsLock(reading: text).versions.mapValues { $0.joined(separator: ", ") }
        }
        guard let found = try? form.packages(bytes, ofPython: python) else { return nil }
        return Dictionary(grouping: found, by: { LockedPackage.normalised($0.name) })
            .mapValues { $0.map(\.version).joined(separator: ", ") }
    }
}

extension GivenEvidence {
    /// Takes in one file: evidence as it is kept, or as 'waybill validate -o json' shows it; or an envelope around what was signed about it.
    fileprivate mutating func read(_ value: Value) throws(InvalidInput) {
        if value["payloadType"] != nil { return envelopes.append(try Envelope(value)) }
        var members = value.object ?? [:]
        for shown in ["kind", "digest", "cached"] { members[shown] = nil }
        reports.append(try EvidenceReport(bytes: Value.object(members).jsonBytes))
    }
}
