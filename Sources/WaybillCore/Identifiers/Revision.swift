/// The runnable identity of a deployment: the digest of its rendering's `restart` part. Replicas of one revision are interchangeable.
package struct Revision: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let digest: Digest

    package init(_ digest: Digest) { self.digest = digest }

    package var short: String { digest.short }
    package static func < (left: Revision, right: Revision) -> Bool { left.digest < right.digest }
    package var description: String { digest.description }
}

/// One replica, written `production.churn.3f2a9c01d4e5.7`: its deployment, the short form of its revision, and a serial number
/// that one state folder never gives twice. It is also the name of the replica's folder.
package struct ReplicaID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let key: DeploymentKey
    package let revisionShort: String
    package let serial: UInt64

    package init(key: DeploymentKey, revision: Revision, serial: UInt64) {
        self.key = key
        revisionShort = revision.short
        self.serial = serial
    }

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[2].utf8.count == 12,
            parts[2].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            let serial = UInt64(parts[3]),
            String(serial) == parts[3]
        else {
            throw InvalidInput("\(text.quotedForMessage) is not a replica; expected ENVIRONMENT.NAME.REVISION.SERIAL")
        }
        key = DeploymentKey(environment: try Name(parsing: parts[0]), name: try Name(parsing: parts[1]))
        revisionShort = parts[2]
        self.serial = serial
    }

    package static func < (left: ReplicaID, right: ReplicaID) -> Bool {
        (left.key, left.serial) < (right.key, right.serial)
    }
    package var description: String { "\(key.environment).\(key.name).\(revisionShort).\(serial)" }
}
