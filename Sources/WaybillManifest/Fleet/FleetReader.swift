import WaybillCore

/// What the reader must know of the last commit.
struct Known: Sendable {
    let files: [String: Fleet.File]
    let brokenEntries: [String]
    let locks: [String: Fleet.Lock]
    let texts: [String: Fleet.Text]

    init(_ fleet: Fleet) {
        texts = fleet.texts
        files = fleet.files
        brokenEntries = fleet.brokenPaths.filter { fleet.files[$0]?.blob == nil }.sorted()
        locks = fleet.locks
    }
}

/// Reads what differs between two commits and parses it, all or nothing.
struct FleetReader: Sendable {
    let tree: any FleetTree
    let path: String
    let limits: YAMLLimits

    /// Bytes of a lock file.
    private static let lockLimit = 16 << 20
    private static let batch = 128

    struct Input {
        var changes: [Fleet.Change]
        var locks: [String: Fleet.Lock]
        /// Those that are new, or not what they were.
        var texts: [String: Fleet.Text]
    }

    func read(from base: CommitID?, to commit: CommitID, known: Known) async throws(Failure) -> Input {
        let found = try await tree.changes(from: base, to: commit, under: path)
        try await requireFolder(found, base, commit)
        let entries = try await problems(found.problems, base, commit, known)
        let wanted = found.changes.filter { isManifest($0.path) }
        var changes = try await parse(wanted, known)
        let taken = Set(entries.keys)
        changes.removeAll { taken.contains($0.path) }
        for (path, file) in entries { changes.append(Fleet.Change(path: path, file: file)) }
        return Input(
            changes: changes, locks: try await locks(at: commit, changes, known),
            texts: try await texts(from: base, at: commit, changes, known))
    }

    /// A folder that is not there is a wrong setting, or a lost one; never an empty fleet.
    private func requireFolder(
        _ found: (changes: [TreeChange], problems: [TreeProblem]), _ base: CommitID?, _ commit: CommitID
    ) async throws(Failure) {
        let isEmpty = { (changes: [TreeChange]) in !changes.contains { $0.after != nil } }
        guard !path.isEmpty, isEmpty(found.changes), found.problems.isEmpty else { return }
        if base != nil {
            if found.changes.isEmpty { return }
            let all = try await tree.changes(from: nil, to: commit, under: path)
            guard isEmpty(all.changes), all.problems.isEmpty else { return }
        }
        throw Failure(
            .stall, reason: Self.noFolder,
            message:
                "commit \(commit.short) has no folder \(path.quotedForMessage), where the manifests are to be; set "
                + "'repository.path' (or '--path') to a folder of the repository")
    }

    /// The reason of a failure for want of the manifests' folder.
    static let noFolder = "NoManifestFolder"

    private func isManifest(_ file: String) -> Bool {
        // Waybill's own settings stand at the top of the repository, beside the manifests when those are there.
        guard !path.isEmpty || file != "waybill.yaml" else { return false }
        guard file.hasSuffix(".yaml") || file.hasSuffix(".yml") else { return false }
        return !isHidden(file)
    }

    private func isHidden(_ file: String) -> Bool {
        let below = path.isEmpty ? file.utf8[...] : file.utf8.dropFirst(path.utf8.count)
        return below.split(separator: UInt8(ascii: "/")).contains { $0.first == UInt8(ascii: ".") }
    }

    /// Entries that are not taken, as broken files; nil for one that was broken and is not any more.
    private func problems(
        _ found: [TreeProblem], _ base: CommitID?, _ commit: CommitID, _ known: Known
    ) async throws(Failure) -> [String: Fleet.File?] {
        var entries: [String: Fleet.File?] = [:]
        for problem in found where !isHidden(problem.path) {
            let location = SourceLocation(path: problem.path, line: 1, column: 1)
            let diagnostic = Diagnostic(
                location: location, rule: DiagnosticRule.unusableFile.rawValue, message: problem.message)
            entries[problem.path] = Fleet.File(
                blob: nil, parsed: ParsedFile(path: problem.path, problem: diagnostic))
        }
        guard base != nil else { return entries }
        for path in known.brokenEntries where entries[path] == nil {
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            let now = try await tree.changes(from: nil, to: commit, under: folder)
            if !now.problems.contains(where: { $0.path == path }) { entries.updateValue(nil, forKey: path) }
        }
        return entries
    }

    // MARK: Parsing

    /// Parses what is new in batches, side by side; a file that only moved keeps its parsed form.
    private func parse(_ changes: [TreeChange], _ known: Known) async throws(Failure) -> [Fleet.Change] {
        var forms: [BlobID: ParsedFile] = [:]
        for change in changes {
            guard let before = change.before, let file = known.files[change.path], file.blob == before else { continue }
            forms[before] = file.parsed
        }
        var done: [Fleet.Change] = []
        var fresh: [TreeFile] = []
        for change in changes {
            guard let blob = change.after else {
                done.append(Fleet.Change(path: change.path, file: nil))
                continue
            }
            if let form = forms[blob] {
                let file = Fleet.File(blob: blob, parsed: form.moved(to: change.path))
                done.append(Fleet.Change(path: change.path, file: file))
            } else {
                fresh.append(TreeFile(path: change.path, blob: blob))
            }
        }
        return done + (try await parse(fresh))
    }

    private func parse(_ files: [TreeFile]) async throws(Failure) -> [Fleet.Change] {
        let result = await withTaskGroup(of: Result<[Fleet.Change], Failure>.self) { group in
            var rest = stride(from: 0, to: files.count, by: Self.batch).map {
                Array(files[$0..<min($0 + Self.batch, files.count)])
            }[...]
            var done: [Fleet.Change] = []
            done.reserveCapacity(files.count)
            for batch in rest.prefix(4) { group.addTask { await attempt(batch) } }
            rest = rest.dropFirst(4)
            while let next = await group.next() {
                switch next {
                case .failure(let failure):
                    group.cancelAll()
                    return Result<[Fleet.Change], Failure>.failure(failure)
                case .success(let changes): done += changes
                }
                if let batch = rest.popFirst() { group.addTask { await attempt(batch) } }
            }
            return .success(done)
        }
        return try result.get()
    }

    private func attempt(_ files: [TreeFile]) async -> Result<[Fleet.Change], Failure> {
        do { return .success(try await parseBatch(files)) } catch { return .failure(error) }
    }

    private func parseBatch(_ files: [TreeFile]) async throws(Failure) -> [Fleet.Change] {
        let contents: [[UInt8]]
        do {
            contents = try await tree.read(files.map(\.blob), limit: limits.size)
        } catch  where error.reason == "FileTooLarge" && files.count > 1 {
            // One of them is; the others are read.
            var single: [Fleet.Change] = []
            for file in files { single += try await parseBatch([file]) }
            return single
        } catch  where error.reason == "FileTooLarge" {
            return files.map { Fleet.Change(path: $0.path, file: tooLarge($0)) }
        }
        return zip(files, contents).map { file, bytes in
            let parsed = ParsedFile(path: file.path, bytes: bytes, limits: limits)
            return Fleet.Change(path: file.path, file: Fleet.File(blob: file.blob, parsed: parsed))
        }
    }

    private func tooLarge(_ file: TreeFile) -> Fleet.File {
        let problem = Diagnostic(
            location: SourceLocation(path: file.path, line: 1, column: 1), rule: DiagnosticRule.limit.rawValue,
            message: "the file has more than \(limits.size) bytes, which is more than are read",
            hint: "split it into several files")
        return Fleet.File(blob: file.blob, parsed: ParsedFile(path: file.path, problem: problem))
    }

    // MARK: Locks

    /// The lock of every runtime that there is or may be after `changes`.
    private func locks(
        at commit: CommitID, _ changes: [Fleet.Change], _ known: Known
    ) async throws(Failure) -> [String: Fleet.Lock] {
        var paths = Set(known.locks.keys)
        for resource in changes.lazy.compactMap(\.file).flatMap(\.parsed.resources) {
            if case .servingRuntime(let runtime) = resource.spec, let lock = runtime.environment?.lock {
                paths.insert(lock)
            }
        }
        var locks: [String: Fleet.Lock] = [:]
        for path in paths { locks[path] = try await lock(path, at: commit, known.locks[path]) }
        return locks
    }

    private func lock(_ path: String, at commit: CommitID, _ known: Fleet.Lock?) async throws(Failure) -> Fleet.Lock {
        guard let file = try await tree.file(path, at: commit) else {
            return Fleet.Lock(blob: nil, digest: nil, problem: nil)
        }
        if let known, known.blob == file.blob { return known }
        do {
            let bytes = try await tree.read([file.blob], limit: Self.lockLimit)
            return Fleet.Lock(blob: file.blob, digest: Digest(of: bytes.first ?? []), problem: nil)
        } catch  where error.reason == "FileTooLarge" {
            let problem = "the lock \(path.quotedForMessage) has more than \(Self.lockLimit) bytes"
            return Fleet.Lock(blob: file.blob, digest: nil, problem: problem)
        }
    }

    /// Problems of one file in their exact places, or at the head of their resources when the file cannot be read now.
    func locate(_ problems: [ReferenceProblem], path: String, blob: BlobID?) async -> [Diagnostic] {
        guard let blob, let bytes = try? await tree.read([blob], limit: limits.size).first else {
            return problems.map(\.provisional)
        }
        return ReferenceProblem.locate(problems, path: path, in: bytes, limits)
    }
}
