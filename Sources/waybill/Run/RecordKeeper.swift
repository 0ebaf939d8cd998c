import Foundation
import Logging
import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillGateway
import WaybillLedger
import WaybillTrust

/// Takes up the segments of records that gateways closed: their roots go to the ledger, once each, and payloads that were kept long
/// enough are erased.
///
/// ## Guarantees
/// A look does what is left to do, whatever was done before it: nothing is remembered but the ledger and files that can be made
/// anew. A crash between entry and file is put right by the ledger, which is folded at each start.
struct RecordKeeper: Sendable {
    private let store: SegmentStore
    private let journal: Journal
    private let clock: SystemClock
    private let logger: Logger
    private let metrics: Metrics
    /// What the ledger had at the start.
    private let before: [String: LedgerIndex]
    /// The rules in force.
    private let rules: @Sendable () -> [String: RecordingPolicy]

    private static let interval = Duration.seconds(2)

    init(_ parts: Parts) {
        store = SegmentStore(stateFolder: parts.folder.gateway)
        (journal, clock, logger, metrics) = (parts.journal, parts.clock, parts.logger, parts.metrics)
        before = parts.memory.sealed.recent
        let routes = parts.folder.routes
        rules = {
            Dictionary(
                (GatewayTableFile.read(routes)?.routes ?? []).map {
                    ("\($0.environment)/\($0.deployment)", $0.recording)
                },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// Runs until cancelled.
    func run() async {
        var (known, said): ([RecordID: SegmentSeal], Set<String>) = ([:], [])
        var entries = before
        var turn = 0
        repeat {
            let problems = await look(&known, &entries) + (turn % 30 == 0 ? await retire(&known) : [])
            for problem in Set(problems).subtracting(said) { logger.warning("records: \(problem)") }
            said = Set(problems)
            metrics.set(.recordProblems, to: Double(said.count))
            turn += 1
        } while (try? await Task.sleep(for: Self.interval)) != nil
    }

    /// Seals what is closed and not sealed yet; what is wrong with a segment keeps no other from being sealed.
    private func look(
        _ known: inout [RecordID: SegmentSeal], _ entries: inout [String: LedgerIndex]
    ) async -> [String] {
        var problems: [String] = []
        for segment in store.names.list(".segment") where known[segment] == nil {
            do throws(Failure) {
                known[segment] = try await seal(segment, &entries)
            } catch {
                problems.append(error.message)
            }
        }
        return problems
    }

    /// The entry is remembered before the file is written, so that a full disk has no segment sealed twice.
    private func seal(
        _ segment: RecordID, _ entries: inout [String: LedgerIndex]
    ) async throws(Failure) -> SegmentSeal {
        if let seal = SegmentSeal.read(segment, store.names) { return seal }
        let store = store
        let (header, footer) = try await Blocking.run { () throws(Failure) in try store.verified(segment) }
        let entry: LedgerIndex
        if let index = entries[segment.description] {
            entry = index
        } else {
            entry = try await journal.note(event(header, footer))
            entries[segment.description] = entry
            metrics.count(.segmentsSealed)
            metrics.count(.recordsSealed, by: Double(footer.count))
        }
        let seal = SegmentSeal(entry: entry, footer)
        try seal.write(segment, store.names)
        return seal
    }

    private func event(_ header: SegmentHeader, _ footer: SegmentFooter) -> Event {
        Event(
            .recordsSealed, decision: .random(), time: clock.now(), subject: "records",
            body: [
                "segment": .string(header.id.description), "writer": .string(header.writer.description),
                "number": .integer(Int64(clamping: header.number)), "firstID": .string(footer.firstID.description),
                "lastID": .string(footer.lastID.description), "from": .integer(Int64(clamping: footer.firstTime)),
                "to": .integer(Int64(clamping: footer.lastTime)), "count": .integer(Int64(clamping: footer.count)),
                "dropped": .integer(Int64(clamping: footer.dropped)), "root": .string(footer.root.description),
                "deployments": .list(
                    footer.deployments.prefix(100).map { one in
                        [
                            "deployment": .string("\(one.environment)/\(one.deployment)"),
                            "count": .integer(Int64(clamping: one.count)),
                            "dropped": .integer(Int64(clamping: one.dropped)),
                        ]
                    }),
            ])
    }

    // MARK: Retention

    /// Erases payloads past their time, and the oldest of deployments that have more than they may.
    private func retire(_ known: inout [RecordID: SegmentSeal]) async -> [String] {
        // Where nothing was ever recorded, the route table, which may be long, is not read for it.
        guard !known.isEmpty else { return [] }
        let now = UInt64(clamping: clock.now().milliseconds) * 1000
        var problems: [String] = []
        for due in RecordRetention.due(known, rules: rules(), now: now) {
            do throws(Failure) {
                try await erase(due)
                known[due.segment]?.markErased(due.deployment)
                try known[due.segment]?.write(due.segment, store.names)
            } catch {
                problems.append(error.message)
            }
        }
        return problems
    }

    private func erase(_ due: RecordRetention.Due) async throws(Failure) {
        var event = Event(
            .recordsErased, decision: .random(), time: clock.now(), subject: "records",
            body: [
                "segment": .string(due.segment.description), "deployment": .string(due.deployment),
                "reason": .string(due.reason),
            ])
        let ticket = try await journal.intend(event)
        do throws(Failure) {
            let names = store.names
            let erased = try await Blocking.run { () throws(Failure) in
                try SegmentEraser.erase(due.segment, in: names) {
                    "\($0.environment)/\($0.deployment)" == due.deployment
                }
            }
            event.body["count"] = .integer(Int64(erased.count))
            event.body["bytes"] = .integer(Int64(erased.bytes))
            event.outcome = .succeeded
        } catch {
            event.outcome = .failed
            event.body["message"] = .string(error.message)
            try await journal.conclude(ticket, event)
            throw error
        }
        event.time = clock.now()
        try await journal.conclude(ticket, event)
    }
}

/// Which payloads are to go.
enum RecordRetention {
    struct Due: Hashable {
        var segment: RecordID
        var deployment: String
        var reason: String
    }

    /// By age first, then by size, oldest first.
    ///
    /// - Parameters:
    ///   - rules: in force, by deployment; a segment's own count where there are none, and where they are shorter.
    ///   - now: microseconds since 1970.
    static func due(
        _ seals: [RecordID: SegmentSeal], rules: [String: RecordingPolicy], now: UInt64
    ) -> [Due] {
        var due: [Due] = []
        var kept: [String: UInt64] = [:]
        for (segment, seal) in seals.sorted(by: { $0.key > $1.key }) {
            for part in seal.parts where !part.isErased {
                let rule = rules[part.deployment].flatMap { $0.isOn ? $0 : nil }
                let seconds = [part.retention == 0 ? nil : part.retention, rule?.retentionSeconds].compactMap { $0 }
                    .min()
                let limit = seconds ?? RecordingPolicy.off.retentionSeconds
                if seal.lastTime + limit * 1_000_000 < now {
                    due.append(
                        Due(segment: segment, deployment: part.deployment, reason: "kept for \(limit / 86_400) days"))
                    continue
                }
                kept[part.deployment, default: 0] += part.payloadBytes
                guard let most = rule?.maxBytes, kept[part.deployment, default: 0] > UInt64(clamping: most) else {
                    continue
                }
                due.append(
                    Due(segment: segment, deployment: part.deployment, reason: "more than \(Bytes.text(most)) are kept")
                )
            }
        }
        return due.sorted { ($0.segment, $0.deployment) < ($1.segment, $1.deployment) }
    }
}

extension SegmentSeal {
    mutating func markErased(_ deployment: String) {
        for index in parts.indices where parts[index].deployment == deployment { parts[index].isErased = true }
    }
}
