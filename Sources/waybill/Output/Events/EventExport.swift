import WaybillAPI
import WaybillCore

/// `-o` of lists of events.
enum EventFormat: String, CaseIterable, Sendable {
    case table, json, jsonl, csv, cloudevents
}

/// One event as other programs take it.
enum EventExport {
    static let columns = [
        "index", "time", "type", "phase", "outcome", "environment", "subject", "actor", "decision", "cause", "what",
    ]

    /// A line of comma-separated values (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe.
    static func csv(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

    static func csv(_ event: EventView) -> String {
        csv([
            String(event.index), event.time.timestamp.description, event.type, event.phase, event.outcome ?? "",
            event.environment ?? "", event.subject, event.actor, event.decision, event.cause.map { String($0) } ?? "",
            event.words,
        ])
    }

    private static func cell(_ text: String) -> String {
        var text = text.harmless
        if let first = text.first, "=+-@".contains(first) { text = "'" + text }
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// An event in the JSON form of CloudEvents 1.0. `origin` is the ledger's: with the index it names the event everywhere.
    static func cloudEvent(_ event: EventView, origin: String) throws -> Value {
        let whole = try Value(view: event).object ?? [:]
        var data = Members()
        for name in ["phase", "outcome", "environment", "actor", "decision", "cause", "body"] {
            if let value = whole[name] { data[name] = value }
        }
        return .object([
            "specversion": "1.0", "id": .string(String(event.index)), "source": .string("urn:waybill:ledger:\(origin)"),
            "type": .string("dev.waybill.\(event.type)"), "subject": .string(event.subject),
            "time": .string(event.time.timestamp.description), "datacontenttype": "application/json",
            "data": .object(data),
        ])
    }
}
