import Foundation
import WaybillCore
import WaybillGit
import WaybillManifest
import WaybillTrust

/// Reads what the fleet repository says behind a revision, from the mirror in a state folder. Nothing is fetched.
struct LineageGit: Sendable {
    private let clone: WorkingClone
    /// Folder of the manifests.
    private let path: String

    private static let fileLimit = 16 << 20

    /// - Throws: `NoMirror` when the state folder has no mirror of the fleet repository.
    init(state: StateFolder, path: String) throws(Failure) {
        let mirror = state.git + "/mirror.git"
        guard FileManager.default.fileExists(atPath: mirror + "/HEAD") else {
            throw Failure(
                .stall, reason: "NoMirror", message: "\(state.git): there is no mirror of the fleet repository in it")
        }
        clone = try WorkingClone(containing: mirror)
        self.path = path
    }

    /// What lineage asks of git about one question. What cannot be read is among `problems`.
    func sources(for question: LineageQuestion, _ history: LineageHistory) async -> LineageSources {
        var sources = LineageSources()
        let plan = history.plan(of: question.revision, question.deployment, by: question.time)
        guard let id = (plan?["commit"] ?? question.commit).flatMap({ try? CommitID(parsing: $0) }) else {
            return sources
        }
        await note(in: &sources) { (sources) async throws(Failure) in
            let raw = try await clone.provingObjects(of: nil, at: id, limit: Self.fileLimit)
            sources.commit = raw.first.flatMap { LineageSources.Commit(id, raw: $0.content) }
        }
        await note(in: &sources) { (sources) async throws(Failure) in try await render(question, id, &sources) }
        if let version = plan?["version"] ?? sources.manifest?.version.id.description {
            await note(in: &sources) { (sources) async throws(Failure) in
                try await readManifest(of: version, history, &sources)
            }
        }
        if let rendering = plan?["rendering"] {
            let admission = history.last(
                .changeAdmitted, of: question.deployment, by: question.time
            ) { $0["rendering"] == rendering }
            if let admission { await readStatements(of: admission, history, &sources) }
        }
        return sources
    }

    private func note(
        in sources: inout LineageSources, _ body: (inout LineageSources) async throws(Failure) -> Void
    ) async {
        do throws(Failure) { try await body(&sources) } catch {
            if !sources.problems.contains(error.message) { sources.problems.append(error.message) }
        }
    }

    // MARK: Manifests

    /// Renders the deployment again, as the commit's manifests ask for it.
    private func render(
        _ question: LineageQuestion, _ commit: CommitID, _ sources: inout LineageSources
    ) async throws(Failure) {
        let state = try await state(at: commit)
        guard let desired = state.deployments[question.deployment] else {
            throw Failure(
                .stall, reason: "NotRendered",
                message: "commit \(commit.short) has no sound manifest of \(question.deployment)")
        }
        sources.rendered = desired.revision
        guard desired.revision == question.revision else { return }
        if let environment = desired.spec.environment {
            sources.servesIn = LineageSources.Lock(
                file: LineageSources.File(commit: commit, path: environment.lock), digest: environment.lockDigest,
                python: environment.python)
        }
        let version = desired.spec.version
        guard let resource = state.resources[.modelVersion(version)] else { return }
        let file = LineageSources.File(commit: commit, path: resource.location.path)
        sources.manifest = try await manifest(of: version.description, in: file)
    }

    /// Where the version was fixed, its manifest is what it stays.
    private func readManifest(
        of version: String, _ history: LineageHistory, _ sources: inout LineageSources
    ) async throws(Failure) {
        if let fixed = history.fixed[version]?.version {
            sources.manifest =
                try await manifest(of: version, in: LineageSources.File(commit: fixed.commit, path: fixed.path))
                ?? sources.manifest
        }
        guard let manifest = sources.manifest, let made = manifest.version.environment else { return }
        let file = LineageSources.File(commit: manifest.file.commit, path: made.lock)
        guard let bytes = try await bytes(of: file) else {
            throw Failure(
                .stall, reason: "LockMissing", message: "commit \(file.commit.short) has no file \(file.path)")
        }
        sources.madeIn = LineageSources.Lock(file: file, digest: Digest(of: bytes), python: made.python)
    }

    /// The manifest of a version in a file of a commit; nil when it is not there or not sound.
    func manifest(
        of version: String, in file: LineageSources.File
    ) async throws(Failure) -> LineageSources.Manifest? {
        guard let bytes = try await bytes(of: file) else { return nil }
        for resource in ParsedFile(path: file.path, bytes: bytes).resources {
            guard case .modelVersion(let found) = resource.spec, found.id.description == version else { continue }
            return LineageSources.Manifest(file: file, version: found, text: String(decoding: bytes, as: UTF8.self))
        }
        return nil
    }

    /// The bytes of a file of a commit; nil when the commit has none there.
    func bytes(of file: LineageSources.File) async throws(Failure) -> [UInt8]? {
        guard let found = try await clone.file(file.path, at: file.commit) else { return nil }
        return try await clone.read([found.blob], limit: Self.fileLimit).first
    }

    // MARK: Words of people

    private func readStatements(
        of admission: LedgerFact, _ history: LineageHistory, _ sources: inout LineageSources
    ) async {
        guard let commit = admission["commit"].flatMap({ try? CommitID(parsing: $0) }) else { return }
        let refs = (try? await clone.references(below: ApprovalPath.refs)) ?? [:]
        let access = await accessFile(admission["rules"], at: commit, history)
        for item in admission.event.body["approvals"]?.list ?? [] {
            guard let place = item["file"]?.string else { continue }
            let parts = place.split(separator: ":", maxSplits: 1).map(String.init)
            let file =
                parts.count == 2
                ? refs[parts[0]].map { LineageSources.File(commit: $0, path: parts[1]) }
                : LineageSources.File(commit: commit, path: place)
            guard let file, let bytes = try? await bytes(of: file),
                let proven = try? SignedStatement(file: bytes).verify(), proven.key.fingerprint == item["key"]?.string
            else { continue }
            let keyText = Base64.encode(proven.key.blob)
            let isGiven = access.map { $0.text.contains(keyText) } ?? false
            sources.statements.append(
                LineageSources.Statement(
                    place: place, path: "statements/\(file.path.split(separator: "/").last ?? "word")",
                    key: proven.key.fingerprint, text: proven.statement.description,
                    access: isGiven ? access?.file : nil, keyText: keyText, bytes: bytes))
        }
    }

    /// The access file with the digest that the ledger has, at the commit itself or at one whose rules were adopted.
    private func accessFile(
        _ rules: String?, at commit: CommitID, _ history: LineageHistory
    ) async -> (file: LineageSources.File, text: String)? {
        guard let rules else { return nil }
        let adopted = history.commits.values.flatMap(\.self).filter { $0.event.type == .rulesAdopted }
            .sorted { $0.index > $1.index }.compactMap { $0["commit"].flatMap { try? CommitID(parsing: $0) } }
        for candidate in [commit] + adopted.prefix(100) {
            let file = LineageSources.File(commit: candidate, path: AccessSchema.path)
            guard let bytes = try? await bytes(of: file), Digest(of: bytes).description == rules else { continue }
            return (file, String(decoding: bytes, as: UTF8.self))
        }
        return nil
    }

    // MARK: Proofs

    /// The objects that prove what links say of commits and their files.
    func objects(proving lineage: Lineage) async throws(Failure) -> [GitObject] {
        var wanted: Set<LineageSources.File> = []
        var commits: Set<CommitID> = []
        for proof in lineage.links.flatMap(\.proofs) {
            switch proof {
            case .git(let commit, let path, _): wanted.insert(LineageSources.File(commit: commit, path: path))
            case .commit(let commit, _): commits.insert(commit)
            case .ledger, .statement, .record: break
            }
        }
        var objects: Set<GitObject> = []
        for file in wanted {
            objects.formUnion(try await raw(file.path, at: file.commit))
        }
        for commit in commits { objects.formUnion(try await raw(nil, at: commit)) }
        return objects.sorted { $0.id < $1.id }
    }

    private func raw(_ path: String?, at commit: CommitID) async throws(Failure) -> [GitObject] {
        try await clone.provingObjects(of: path, at: commit, limit: Self.fileLimit).compactMap { object in
            GitObject.Kind(rawValue: object.kind).map { GitObject($0, object.content) }
        }
    }

    /// All that a commit asks for.
    func state(at commit: CommitID) async throws(Failure) -> DesiredState {
        try await FleetLoader(tree: clone, path: path).state(at: commit)
    }
}
