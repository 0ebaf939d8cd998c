/// What a version of a model was when an accepted commit named it first. It stays that, also once it was removed.
package struct FixedVersion: Hashable, Codable, Sendable {
    package var version: VersionID
    /// Of all that its manifest says of its bundle: everything but where bytes come from.
    package var digest: Digest
    /// Git's ids of the texts that its bundle has; nil when it names none, or the commit did not have the file yet.
    package var card: BlobID?
    package var lock: BlobID?
    /// The file that defined it.
    package var path: String
    package var commit: CommitID

    package init(
        version: VersionID, digest: Digest, card: BlobID? = nil, lock: BlobID? = nil, path: String, commit: CommitID
    ) {
        self.version = version
        self.digest = digest
        self.card = card
        self.lock = lock
        self.path = path
        self.commit = commit
    }

    fileprivate func completed(by later: FixedVersion) -> FixedVersion {
        var whole = self
        whole.card = card ?? later.card
        whole.lock = lock ?? later.lock
        return whole
    }

    /// As the ledger has it, beside its commit.
    package var value: Value {
        var members: Members = [
            "version": .string(version.description), "digest": .string(digest.description), "path": .string(path),
        ]
        if let card { members["card"] = .string(card.hex) }
        if let lock { members["lock"] = .string(lock.hex) }
        return .object(members)
    }

    /// Nil for what `value` does not give.
    package init?(_ value: Value, commit: CommitID) {
        guard let version = value["version"]?.string.flatMap({ try? VersionID(parsing: $0) }),
            let digest = value["digest"]?.string.flatMap({ try? Digest(parsing: $0) }),
            let path = value["path"]?.string
        else { return nil }
        let blob = { (name: String) in value[name]?.string.flatMap { try? BlobID(parsing: $0) } }
        self.init(
            version: version, digest: digest, card: blob("card"), lock: blob("lock"), path: path, commit: commit)
    }
}

extension [VersionID: FixedVersion] {
    /// Takes what a commit says of a version. The first word counts; a later one may only add a text that was missing.
    package mutating func add(_ version: FixedVersion) {
        self[version.version] = self[version.version]?.completed(by: version) ?? version
    }
}
