import WaybillCore
import WaybillManifest

extension LineageReading {
    /// What came from a data set, a commit or a package.
    func impact(of cause: LineageCause) async throws -> LineageImpact {
        var search = ImpactSearch(cause: cause, git: try LineageGit(state: state, path: path))
        await search.lookIntoVersions(history)
        await search.lookIntoPlans(history)
        return LineageImpact(
            cause, Array(search.matches), history, predictions: try await recordedPredictions(),
            problems: search.problems)
    }
}

/// Looks for a cause in what the mirror has of each version that was ever fixed, and of each plan that was ever decided.
private struct ImpactSearch {
    let cause: LineageCause
    let git: LineageGit
    var matches: Set<LineageMatch> = []
    var problems: [String] = []
    /// By commit and path, so that a lock of many versions is read once.
    private var locks: [LineageSources.File: Bool] = [:]

    init(cause: LineageCause, git: LineageGit) {
        self.cause = cause
        self.git = git
    }

    mutating func lookIntoVersions(_ history: LineageHistory) async {
        for (name, fixed) in history.fixed.sorted(by: { $0.key < $1.key }) {
            let file = LineageSources.File(commit: fixed.version.commit, path: fixed.version.path)
            do throws(Failure) {
                guard let manifest = try await git.manifest(of: name, in: file) else {
                    problems.append("\(name): its manifest \(file.path) at \(file.commit.short) cannot be read")
                    continue
                }
                try await lookInto(manifest, name)
            } catch { problems.append("\(name): \(error.message)") }
        }
    }

    private mutating func lookInto(_ manifest: LineageSources.Manifest, _ name: String) async throws(Failure) {
        let place = "by \(manifest.file.path) at \(manifest.file.commit.short)"
        switch cause {
        case .data(let digest):
            for set in manifest.version.data where set.digest == digest {
                matches.insert(LineageMatch(version: name, why: "data set \(set.name), \(place)"))
            }
        case .commit(let commit):
            guard let code = manifest.version.code, code.commit == commit else { return }
            matches.insert(LineageMatch(version: name, why: "its code, \(code.repository), \(place)"))
        case .package:
            guard let environment = manifest.version.environment else { return }
            let lock = LineageSources.File(commit: manifest.file.commit, path: environment.lock)
            guard try await holdsPackage(lock, python: environment.python) else { return }
            matches.insert(LineageMatch(version: name, why: "made in \(lock.path) at \(lock.commit.short)"))
        }
    }

    /// Revisions whose runtime has the package, and those that came with a commit of the fleet.
    mutating func lookIntoPlans(_ history: LineageHistory) async {
        var states: [CommitID: DesiredState] = [:]
        for (key, facts) in history.deployments.sorted(by: { $0.key < $1.key }) {
            for plan in facts where plan.event.type == .planDecided {
                guard let version = plan["version"], let digest = plan["to"].flatMap({ try? Digest(parsing: $0) }),
                    let commit = plan["commit"].flatMap({ try? CommitID(parsing: $0) })
                else { continue }
                let revision = Revision(digest)
                switch cause {
                case .data: return
                case .commit(let wanted):
                    guard wanted == commit else { continue }
                    let why = "commit of the fleet repository, by entry \(plan.index)"
                    matches.insert(LineageMatch(version: version, revision: revision, why: why))
                case .package:
                    do throws(Failure) {
                        if states[commit] == nil { states = [commit: try await git.state(at: commit)] }
                        guard let desired = states[commit]?.deployments[key], desired.revision == revision,
                            let environment = desired.spec.environment
                        else { continue }
                        let lock = LineageSources.File(commit: commit, path: environment.lock)
                        guard try await holdsPackage(lock, python: environment.python) else { continue }
                        matches.insert(
                            LineageMatch(
                                version: version, revision: revision,
                                why: "serves in \(lock.path) at \(lock.commit.short)"))
                    } catch { problems.append("\(key) at \(commit.short): \(error.message)") }
                }
            }
        }
    }

    private mutating func holdsPackage(_ file: LineageSources.File, python: String) async throws(Failure) -> Bool {
        guard case .package(let name, let version) = cause else { return false }
        if let known = locks[file] { return known }
        guard let bytes = try await git.bytes(of: file) else {
            throw Failure(
                .stall, reason: "LockMissing", message: "commit \(file.commit.short) has no file \(file.path)")
        }
        let versions: [String]
        do throws(InvalidInput) {
            if let packages = try LockForm(path: file.path).packages(bytes, ofPython: python) {
                versions = packages.filter { LockedPackage.normalised($0.name) == name }.map(\.version)
            } else {
                versions = RequirementsLock(reading: String(decoding: bytes, as: UTF8.self)).versions[name] ?? []
            }
        } catch {
            throw Failure(
                .stall, reason: "LockUnreadable", message: "\(file.path) at \(file.commit.short): \(error.message)")
        }
        locks[file] = versions.contains(version)
        return versions.contains(version)
    }
}
