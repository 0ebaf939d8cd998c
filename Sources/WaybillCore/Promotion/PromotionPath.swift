/// Where a version must have served before it serves here, and for how long without a break.
package struct PromotionPath: Hashable, Sendable {
    /// The environment before this one.
    package var from: Name
    package var soak: Duration

    package init(from: Name, soak: Duration = .zero) {
        self.from = from
        self.soak = soak
    }

    static let fields: [Field] = [
        Field(
            "from", .string(.name), required: true,
            "The environment before this one. A version begins here once its deployment of the same name serves it there, or did."
        ),
        Field(
            "soak", .string(.duration), default: "0s",
            "How long it must have served there at one revision, alone and without a break."),
    ]

    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(from: try spec.name("from"), soak: try spec.duration("soak"))
    }

    package var value: Value { ["from": .string(from.text), "soak": .string(soak.manifestText)] }
}

/// One revision alone in a deployment's rotation, without a break.
package struct Stay: Hashable, Codable, Sendable {
    /// As replicas name it.
    package var revision: String
    package var version: VersionID?
    package var since: Timestamp
    /// Nil: it still is.
    package var until: Timestamp?

    package init(revision: String, version: VersionID?, since: Timestamp, until: Timestamp? = nil) {
        self.revision = revision
        self.version = version
        self.since = since
        self.until = until
    }

    package func length(at now: Timestamp) -> Duration { max(.zero, (until ?? now) - since) }
}

/// What is known of a deployment in the environment before.
package struct Upstream: Hashable, Sendable {
    /// Git asks for it, or something of it is left.
    package var isKnown: Bool
    package var stays: [Stay]
    /// Versions that were rolled back and that nobody has allowed again, with who did it and why.
    package var rolledBack: [VersionID: String]

    package init(isKnown: Bool, stays: [Stay] = [], rolledBack: [VersionID: String] = [:]) {
        self.isKnown = isKnown
        self.stays = stays
        self.rolledBack = rolledBack
    }
}

/// What keeps a change from beginning now, other than words that are missing.
package struct Obstacle: Hashable, Sendable {
    package var reason: Reason
    package var message: String
    /// When it is looked at again at the latest, as it may be gone by then; nil: something has to happen.
    package var until: Timestamp?

    package init(_ reason: Reason, _ message: String, until: Timestamp? = nil) {
        self.reason = reason
        self.message = message
        self.until = until
    }
}

/// How an environment lies on the promotion path, and when nothing begins in it.
package struct PromotionRules: Hashable, Sendable {
    package var path: PromotionPath?
    package var freezes: [Freeze]

    package init(path: PromotionPath? = nil, freezes: [Freeze] = []) {
        self.path = path
        self.freezes = freezes
    }

    package var isEmpty: Bool { path == nil && freezes.isEmpty }

    // MARK: Order and soak

    /// - Parameters:
    ///   - served: versions that this deployment itself has served: going back to one needs no proof.
    /// - Returns: nil when `version` may begin.
    package func order(
        _ version: VersionID, of key: DeploymentKey, served: Set<VersionID>, upstream: Upstream, now: Timestamp
    ) -> Obstacle? {
        guard let path, !served.contains(version) else { return nil }
        let place = DeploymentKey(environment: path.from, name: key.name)
        func obstacle(_ message: String, until: Timestamp? = nil) -> Obstacle {
            Obstacle(.awaitingUpstream, message, until: until)
        }
        if let words = upstream.rolledBack[version] {
            return obstacle(
                "\(place) was rolled back from \(version) (\(words)); 'waybill lift \(place)' allows it again")
        }
        let stays = upstream.stays.filter { $0.version == version }
        guard let longest = stays.max(by: { $0.length(at: now) < $1.length(at: now) }) else {
            let found = upstream.isKnown ? "has not served \(version)" : "is not there"
            return obstacle("\(key.environment) takes what \(path.from) has served, and \(place) \(found)")
        }
        if longest.length(at: now) >= path.soak { return nil }
        let asked = "\(Self.words(longest.length(at: now))) of the \(path.soak.manifestText) that are asked for"
        if let serves = stays.first(where: { $0.until == nil }) {
            return obstacle(
                "\(place) serves \(version) since \(serves.since.secondsText), for \(asked)",
                until: serves.since + path.soak)
        }
        return obstacle("\(place) served \(version) for \(asked), and no longer does")
    }

    /// To the minute, or to the second below one.
    private static func words(_ time: Duration) -> String {
        let seconds = time.milliseconds / 1000
        return Duration.seconds(seconds < 60 ? seconds : seconds - seconds % 60).manifestText
    }

    // MARK: Freezes

    /// - Returns: nil when a change may begin.
    package func freeze(at now: Timestamp, _ zones: TimeZones) -> Obstacle? {
        var found: Obstacle?
        for freeze in freezes {
            switch freeze.state(at: now, zones) {
            case .open: continue
            case .unknownZone:
                return Obstacle(
                    .frozen,
                    "the time zone \(freeze.timeZone.quotedForMessage) of a freeze is not known here, so nothing begins"
                )
            case .frozen(let until):
                if let other = found?.until, other >= until { continue }
                found = Obstacle(
                    .frozen,
                    "frozen until \(until.secondsText) (\(freeze.text)), by \(freeze.author): \(freeze.reason)",
                    until: until)
            }
        }
        return found
    }
}
