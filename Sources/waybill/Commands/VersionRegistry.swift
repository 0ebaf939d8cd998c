import Foundation
import WaybillAPI
import WaybillCore
import WaybillPackage
import WaybillReport

/// One version of one model as the registry has it: where it runs and ran, and what gates said of it.
struct VersionRecord: Hashable, Sendable, Codable {
    struct Evidence: Hashable, Sendable, Codable {
        var checklist: String
        var verdict: String
        var digest: String
    }

    var version: String
    var lifecycle: String?
    /// Deployments in whose rotation it is now, and those that git asks it of.
    var serving: [String]
    var deployments: [String]
    /// The newest first.
    var runs: [VersionRun]
    var evidence: [Evidence]
    var bundle: String?
}

extension VersionRecord: TableRow {
    static let plural = "versions"
    static let listKind = "VersionRecordList"
    static var titles: [String] { ["VERSION", "LIFECYCLE", "SERVES", "ASKED BY", "RAN", "EVIDENCE"] }
    static var wideTitles: [String] { ["BUNDLE"] }
    var identity: String { version }

    func cells(now: Timestamp) -> [Table.Cell] {
        let ran = runs.prefix(3).map { run in
            let end = run.to.map { " to \($0.timestamp)" } ?? " until now"
            return "\(run.deployment) \(run.from.timestamp)\(end)"
        }
        let more = runs.count > 3 ? ["and \(runs.count - 3) more"] : []
        return [
            Table.Cell(version, .strong), Table.Cell(lifecycle ?? "active", lifecycle == nil ? .plain : .bad),
            Table.Cell(serving.joined(separator: ",")), Table.Cell(deployments.joined(separator: ",")),
            Table.Cell((ran + more).joined(separator: "; ")),
            Table.Cell(evidence.map { "\($0.checklist) \($0.verdict)" }.joined(separator: ", ")),
        ]
    }

    var wideCells: [Table.Cell] { [Table.Cell(bundle)] }
}

/// Gathers the records of a model's versions: from the controller, its ledger, and the store beside it.
struct VersionRegistry: Sendable {
    let client: ControlClient
    let content: ContentStore

    /// Events of one deployment that are looked at: its newest.
    private static let mostEvents = 1000
    private static let mostDeployments = 200

    /// - Throws: `NotFound`, stalling, for a model without versions.
    func records(of model: Name) async throws(Failure) -> [VersionRecord] {
        let views = try await client.list(VersionView.self).items.filter { $0.model == model.text }
        guard !views.isEmpty else {
            throw Failure(
                .stall, reason: ControlReason.notFound,
                message: "there is no version of a model '\(model)'; 'waybill get models' lists them")
        }
        let runs = Dictionary(grouping: try await runs(of: model), by: \.version)
        var records: [VersionRecord] = []
        for view in views {
            records.append(
                VersionRecord(
                    version: view.version, lifecycle: view.lifecycle, serving: view.serving ?? [],
                    deployments: view.deployments, runs: (runs[view.version] ?? []).reversed(),
                    evidence: await evidence(about: view), bundle: view.bundle))
        }
        return records
    }

    private func runs(of model: Name) async throws(Failure) -> [VersionRun] {
        let deployments = try await client.list(DeploymentView.self).items.filter { view in
            ([view.version].compactMap { $0 } + view.serving).contains { $0.hasPrefix("\(model)@") }
        }
        var runs: [VersionRun] = []
        for view in deployments.prefix(Self.mostDeployments) {
            guard let key = try? DeploymentKey(parsing: view.deployment) else { continue }
            runs += VersionRun.runs(
                of: view.deployment, try await client.history(of: key, limit: Self.mostEvents))
        }
        return runs.sorted { ($0.from.timestamp, $0.deployment) < ($1.from.timestamp, $1.deployment) }
    }

    /// What stands beside its bundle; none when the store cannot be read.
    private func evidence(about view: VersionView) async -> [VersionRecord.Evidence] {
        guard let bundle = view.bundle.flatMap({ try? Digest(parsing: $0) }),
            let kept = try? await content.evidence(about: bundle)
        else { return [] }
        return kept.compactMap { try? EvidenceReport(bytes: $0) }.filter { $0.version == view.version }.map {
            VersionRecord.Evidence(
                checklist: $0.checklist, verdict: $0.verdict.rawValue, digest: $0.digest.description)
        }
    }
}
