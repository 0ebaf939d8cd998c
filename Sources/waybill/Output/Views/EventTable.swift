import WaybillAPI
import WaybillCore

/// Events in a table, whatever shows them.
enum EventTable {
    static func table(_ events: [EventView], now: Timestamp, withSubject: Bool) -> Table {
        let titles = ["INDEX", "AGE", "EVENT", "OUTCOME"] + (withSubject ? ["SUBJECT"] : []) + ["BY", "WHAT"]
        return Table(
            titles: titles,
            rows: events.map { event in
                [
                    Table.Cell(String(event.index)), Table.Cell(Age.text(from: event.time.timestamp, to: now)),
                    Table.Cell(event.type), Table.Cell(event.shownOutcome, event.tone),
                ] + (withSubject ? [Table.Cell(event.shownSubject)] : [])
                    + [Table.Cell(event.actor.cut(to: 16)), Table.Cell(event.words.cut(to: 160))]
            }, rightAligned: [0])
    }
}

extension EventView {
    fileprivate var tone: Tone { outcome == "failed" ? .bad : .plain }

    /// `intent`, or how an act came out; nil for a fact, which is no act.
    fileprivate var shownOutcome: String? { outcome ?? (phase == "fact" ? nil : phase) }

    /// A commit's id is cut to what is enough to recognise it.
    fileprivate var shownSubject: String {
        let isCommit = subject.utf8.count == 40 && subject.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        return isCommit ? String(subject.prefix(10)) : subject.cut(to: 40)
    }

    /// What happened, in few words; `-o json` and `audit show` have all of it.
    var words: String {
        if outcome == "failed", let message = self["message"] { return message }
        switch EventType(rawValue: type) {
        case .planDecided: return plan
        case .controllerStarted: return "build \(self["build"] ?? "?"), process \(number("pid"))"
        case .controllerUpgraded: return "\(self["from"] ?? "?") to \(self["to"] ?? "?")"
        case .commitObserved: return (self["summary"] ?? "") + (self["trigger"].map { " (\($0))" } ?? "")
        case .commitAccepted: return acceptance
        case .versionsFixed:
            return (body.value["versions"]?.list ?? []).compactMap { $0["version"]?.string }.joined(separator: ", ")
        case .commitRewound:
            return "\((self["head"] ?? "?").prefix(10)) does not contain \((self["accepted"] ?? "?").prefix(10))"
        case .resourceInvalid: return "\(self["location"] ?? "?"): \(self["message"] ?? "?")"
        case .environmentBuilt: return "Python \(self["python"] ?? "?") in \(number("seconds")) s"
        case .sourcesResolved, .packagingProgressed, .artifactVerified, .artifactInspected, .bundleBuilt,
            .contentVerified, .contentQuarantined, .contentCollected:
            return packaging
        case .bundleSigned: return (self["version"] ?? "?") + (self["key"].map { " by \($0)" } ?? "")
        case .bundleAttested: return self["version"] ?? "?"
        case .bundlePulled: return "\(self["version"] ?? "?") from \(self["reference"] ?? "?")"
        case .versionValidated:
            let gate = self["gate"].map { ": \($0): \(self["found"] ?? "?")" } ?? ""
            return "\(self["verdict"] ?? "asked") by \(self["checklist"] ?? "?")\(gate)"
        case .statementKeyMade: return self["key"] ?? "?"
        case .revisionAdmitted: return "\(self["version"] ?? "?"), revision \(shortRevision)"
        case .signatureVerified:
            return "\(self["version"] ?? "?") by \(self["person"] ?? "?"), \(self["key"] ?? "?")"
        case .revisionPrepared: return self["reason"] ?? "revision \(shortRevision)"
        case .replicaStarted, .replicaStopped, .replicaForgotten, .replicaAdopted, .replicaFailed:
            return replica + (self["reason"].map { ": \($0)" } ?? "")
        case .replicaExited:
            let isAway = body.value["whileAway"] == .bool(true)
            return "\(replica): \(self["status"] ?? "?")" + (isAway ? ", while no controller ran" : "")
        case .routesChanged: return self["reason"] ?? rotation
        case .rolloutMoved:
            return "\(self["status"] ?? "?"), step \(number("step")), \(number("weight")) %: \(self["reason"] ?? "")"
        case .recordsSealed:
            return "\(number("count")) records of \(self["segment"] ?? "?")"
                + (number("dropped") == "0" ? "" : ", \(number("dropped")) dropped")
        case .recordsErased:
            return "\(self["prediction"] ?? self["deployment"] ?? "?"): \(self["reason"] ?? "")"
        case .gatewayStarted: return self["address"] ?? self["reason"] ?? ""
        case .operatorCommand:
            return "\(self["command"] ?? "?"): \(self["reason"] ?? self["result"] ?? "")"
        case .intentReconciled: return "entry \(number("intent")): \(self["found"] ?? "?")"
        case .cacheCollected: return (body.value["items"]?.list ?? []).compactMap(\.string).joined(separator: ", ")
        case .factsSnapshot: return "\(number("entries")) entries, \(number("size")) bytes"
        case .controllerStopped, .storeRebuilt: return self["reason"] ?? ""
        case .approvalSeen: return "\(self["person"] ?? "?") as \(self["role"] ?? "?"), \(self["file"] ?? "?")"
        case .commitRejected, .changeAdmitted, .rulesAdopted, .driftFound, .driftCorrected, .holdPlaced, .holdReleased,
            nil:
            return self["message"] ?? self["reason"] ?? ""
        }
    }

    private var packaging: String {
        if phase == "intent" { return self["version"] ?? self["reference"] ?? "" }
        let size = body.value["size"]?.integer ?? 0
        switch EventType(rawValue: type) {
        case .sourcesResolved:
            return PullView(size: size, held: body.value["held"]?.integer ?? 0).words
        case .artifactVerified: return "\(self["path"] ?? "?"), \(Bytes.text(size))"
        case .artifactInspected:
            let found = self["format"].map { " (\($0))" } ?? ""
            let notes = ["findings", "disagreements"].flatMap { body.value[$0]?.list ?? [] }.compactMap(\.string)
            return "\(self["path"] ?? "?"): \(self["verdict"] ?? "?")\(found)"
                + (notes.isEmpty ? "" : ": \(notes.joined(separator: "; "))")
        case .bundleBuilt:
            return "\(self["version"] ?? "?") is \((self["digest"] ?? "?").prefix(19)), \(Bytes.text(size))"
        case .contentQuarantined:
            return "\((self["digest"] ?? "?").prefix(19)) had become \((self["found"] ?? "?").prefix(19))"
        case .contentVerified:
            return "\(number("blobs")) blobs, \(Bytes.text(size)), \(number("quarantined")) rotten"
        case .contentCollected: return "\(number("blobs")) blobs, \(Bytes.text(size))"
        case _: return self["message"] ?? ""
        }
    }

    private subscript(_ member: String) -> String? { body.value[member]?.string }

    private func number(_ member: String) -> String { body.value[member].map(\.json) ?? "?" }

    /// `prepare, start ×2, set-route`: what is done, in order.
    private var plan: String {
        let names = (body.value["actions"]?.list ?? []).compactMap { action in
            action["action"]?.string?.split(separator: " ").first.map(String.init)
        }
        guard !names.isEmpty else { return "nothing to do" }
        var parts: [(name: String, count: Int)] = []
        for name in names {
            let short = name.hasSuffix("-replica") ? String(name.dropLast("-replica".count)) : name
            if parts.last?.name == short { parts[parts.count - 1].count += 1 } else { parts.append((short, 1)) }
        }
        return parts.map { $0.count == 1 ? $0.name : "\($0.name) ×\($0.count)" }.joined(separator: ", ")
    }

    private var acceptance: String {
        let changed = body.value["changed"]?.list?.count ?? 0
        let problems = body.value["problems"]?.integer ?? 0
        let of = body.value["deployments"]?.integer ?? 0
        return "\(changed) of \(of) deployment\(of == 1 ? "" : "s") changed"
            + (problems == 0 ? "" : ", \(problems) problem\(problems == 1 ? "" : "s")")
    }

    private var rotation: String {
        let count = body.value["replicas"]?.list?.count ?? 0
        let replicas = count == 0 ? "to nothing" : "to \(count) replica\(count == 1 ? "" : "s")"
        return replicas + (body.value["generation"].map { ", table \($0.json)" } ?? "")
    }

    /// The revision and the serial number: `666a6d8a8020.2`.
    private var replica: String {
        (self["replica"] ?? "?").split(separator: ".").suffix(2).joined(separator: ".")
    }

    private var shortRevision: String {
        let digest = self["revision"] ?? "?"
        return String((digest.split(separator: ":").last ?? "?").prefix(12))
    }
}

extension String {
    /// At most `length` characters, the last one `…` when some are left out.
    func cut(to length: Int) -> String { count > length ? prefix(length - 1) + "…" : self }
}
