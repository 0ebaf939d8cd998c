import WaybillCore

/// What a controller must know of a replica that an earlier controller started; kept in the replica's `spec`.
struct ReplicaRecord: Hashable, Sendable {
    var id: ReplicaID
    var revision: Revision
    var version: VersionID
    /// By name, the served one first.
    var ports: [NamedPort]
    /// With paths already rendered.
    var probes: Probes
    var isolation: String
    var user: UInt32?
    /// How long it may take to stop.
    var grace: Duration

    struct NamedPort: Hashable, Sendable {
        var name: String
        var number: Int
    }

    init(
        id: ReplicaID, revision: Revision, version: VersionID, ports: [NamedPort], probes: Probes, isolation: String,
        user: UInt32?, grace: Duration
    ) {
        self.grace = grace
        self.id = id
        self.revision = revision
        self.version = version
        self.ports = ports
        self.probes = probes
        self.isolation = isolation
        self.user = user
    }

    /// Nil for anything that `fields` did not come to be by.
    init?(_ id: ReplicaID, _ fields: KeeperFields) {
        guard fields["format"] == Self.format, fields["replica"] == id.description,
            let revision = fields["revision"].flatMap({ try? Digest(parsing: $0) }),
            let version = fields["version"].flatMap({ try? VersionID(parsing: $0) }),
            let startup = Self.probe(fields["probe-startup"]), let readiness = Self.probe(fields["probe-readiness"])
        else { return nil }
        let ports: [NamedPort] = fields.all("port").compactMap { text in
            let parts = text.split(separator: " ")
            return parts.count == 2 ? Int(parts[1]).map { NamedPort(name: String(parts[0]), number: $0) } : nil
        }
        self.init(
            id: id, revision: Revision(revision), version: version, ports: ports,
            probes: Probes(startup: startup, readiness: readiness, liveness: Self.probe(fields["probe-liveness"])),
            isolation: fields["isolation"] ?? "", user: fields["uid"].flatMap { UInt32($0) },
            grace: .milliseconds(fields["grace"].flatMap { Int64($0) } ?? 0))
    }

    static let format = "waybill.shim/1"

    var servedPort: Int? { ports.first?.number }

    func write(into fields: inout KeeperFields) {
        fields.add("format", Self.format)
        fields.add("replica", id.description)
        fields.add("revision", revision.description)
        fields.add("version", version.description)
        fields.add("port", ports.map { "\($0.name) \($0.number)" })
        fields.add("probe-startup", Self.text(probes.startup))
        fields.add("probe-readiness", Self.text(probes.readiness))
        if let liveness = probes.liveness { fields.add("probe-liveness", Self.text(liveness)) }
        fields.add("grace", String(grace.milliseconds))
        fields.add("isolation", isolation)
        if let user { fields.add("uid", String(user)) }
    }

    private static func text(_ probe: Probe) -> String {
        let bounds = "\(probe.period.milliseconds) \(probe.timeout.milliseconds) \(probe.failures)"
        return switch probe.check {
        case .tcp: "tcp \(bounds)"
        case .http(let path): "http \(bounds) \(path)"
        }
    }

    private static func probe(_ text: String?) -> Probe? {
        let parts = (text ?? "").split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, let period = Int64(parts[1]), let timeout = Int64(parts[2]),
            let failures = Int(parts[3])
        else { return nil }
        let check: Probe.Check? =
            switch (parts[0], parts.count) {
            case ("tcp", 4): .tcp
            case ("http", 5): .http(path: String(parts[4]))
            default: nil
            }
        return check.map {
            Probe(check: $0, period: .milliseconds(period), timeout: .milliseconds(timeout), failures: failures)
        }
    }
}
