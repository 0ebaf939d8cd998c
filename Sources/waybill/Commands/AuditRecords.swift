import ArgumentParser
import Foundation
import WaybillCore
import WaybillGateway
import WaybillLedger
import WaybillTrust

/// `waybill audit records`.
struct AuditRecords: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records", abstract: "Compare records of predictions with the ledger.",
        discussion: """
            Reads every segment of records whose root the ledger has, derives every leaf hash and the root anew, and says which
            segments are missing or were altered, and at which byte. A segment that its writer numbered and that the ledger has
            never seen is missing too. Exit code 1 when anything is wrong. 'waybill audit verify' does the same for the ledger.
            """)

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        let folder = StateFolder(at: URL(fileURLWithPath: try controller.configuration().stateFolder))
        let reader = LedgerReader(folder: folder.ledger)
        let store = SegmentStore(stateFolder: folder.gateway)
        let report = try await Blocking.run { () throws(Failure) in
            try RecordAudit.report(store, reader)
        }
        try show(report.value, output) { report.text }
        if !report.problems.isEmpty { throw ExitCode(1) }
    }
}

/// Segments of records as they are, beside what the ledger says that they were.
struct RecordAudit: Sendable, Hashable {
    var segments = 0
    var records: UInt64 = 0
    var dropped: UInt64 = 0
    /// Closed, and not in the ledger yet: the controller takes them up within seconds.
    var unsealed = 0
    var problems: [String] = []

    /// - Throws: `Failure` when the ledger cannot be read.
    static func report(_ store: SegmentStore, _ reader: LedgerReader) throws(Failure) -> RecordAudit {
        var audit = RecordAudit()
        var (sealed, numbers): ([String: LedgerIndex], [String: Set<Int64>]) = ([:], [:])
        try reader.forEach { recorded throws(Failure) in
            guard let event = recorded.event, event.type == .recordsSealed,
                let name = event.body["segment"]?.string
            else { return true }
            if let earlier = sealed.updateValue(recorded.index, forKey: name) {
                audit.problems.append(
                    "segment \(name) was sealed twice, by entries \(earlier) and \(recorded.index)")
            }
            if let writer = event.body["writer"]?.string, let number = event.body["number"]?.integer {
                numbers[writer, default: []].insert(number)
            }
            audit.compare(name, event, at: recorded.index, store)
            return true
        }
        audit.unsealed = store.names.list(".segment").count { sealed[$0.description] == nil }
        for (writer, seen) in numbers.sorted(by: { $0.key < $1.key }) {
            audit.findGaps(seen, of: writer, unsealed: audit.unsealed)
        }
        return audit
    }

    private mutating func compare(
        _ name: String, _ event: Event, at index: LedgerIndex, _ store: SegmentStore
    ) {
        segments += 1
        let count = UInt64(clamping: event.body["count"]?.integer ?? 0)
        records += count
        dropped += UInt64(clamping: event.body["dropped"]?.integer ?? 0)
        guard let id = RecordID(name) else {
            problems.append("entry \(index) names no segment: \(name.quotedForMessage)")
            return
        }
        do throws(Failure) {
            let footer = try store.verified(id).footer
            guard footer.root.description == event.body["root"]?.string, footer.count == count else {
                problems.append(
                    "segment \(id) is another than the ledger's entry \(index) says: "
                        + "its root is \(footer.root) over \(footer.count) records")
                return
            }
        } catch {
            problems.append(error.message + "; the ledger has it in entry \(index)")
        }
    }

    /// A writer numbers its segments without gaps; what is not sealed yet may be one of them.
    private mutating func findGaps(_ seen: Set<Int64>, of writer: String, unsealed: Int) {
        guard let last = seen.max(), Int64(seen.count) <= last else { return }
        let missing = (0...last).lazy.filter { !seen.contains($0) }.prefix(unsealed + 1)
        guard missing.count > unsealed, let first = missing.first else { return }
        problems.append(
            "segment number \(first) of writer \(writer) was never sealed, and later ones were")
    }

    var text: String {
        var lines = problems
        lines.append(
            problems.isEmpty
                ? "every sealed segment is as the ledger says" : "\(problems.count) problems")
        lines.append("  segments    \(segments)")
        lines.append("  records     \(records)")
        lines.append("  dropped     \(dropped)")
        if unsealed > 0 { lines.append("  unsealed    \(unsealed)") }
        return lines.joined(separator: "\n") + "\n"
    }

    var value: Value {
        .object([
            "segments": .integer(Int64(segments)), "records": .integer(Int64(clamping: records)),
            "dropped": .integer(Int64(clamping: dropped)), "unsealed": .integer(Int64(unsealed)),
            "problems": .list(problems.map { .string($0) }),
        ])
    }
}
