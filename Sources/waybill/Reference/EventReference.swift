import WaybillCore

/// `docs/events.md`, made from the catalogue of events.
enum EventReference {
    static var markdown: String {
        var text = introduction
        text += "\n| type | meaning |\n| --- | --- |\n"
        for type in EventType.allCases {
            let name = type.rawValue
            text += "| [`\(name)`](#\(name.filter { $0 != "." })) | \(type.documentation.meaning) |\n"
        }
        for type in EventType.allCases {
            let description = type.documentation
            text += "\n## \(type.rawValue)\n\n\(description.meaning)\n\n| member | is |\n| --- | --- |\n"
            for field in description.fields { text += "| `\(field.name)` | \(field.meaning) |\n" }
        }
        return text
    }

    private static let introduction = """
        # Events

        This file is made from the catalogue in `WaybillCore`: `WAYBILL_REGENERATE=1 swift test --filter ReferenceTests`.

        Each entry of the ledger is one event. `waybill audit show INDEX` shows one whole, `waybill audit log -o json` one a
        line. `docs/ledger.md` defines the bytes. Types never change their meaning; members of the body are only ever added,
        and those that are unknown are absent. No body ever holds a secret.

        | part | is |
        | --- | --- |
        | `type` | one of the types below |
        | `phase` | `intent`: durable before an act; `outcome`: how it came out; `fact`: seen or decided, no act |
        | `outcome` | of an outcome: `succeeded`, `failed`, or `reconciled` after a controller died in between |
        | `decision` | ties the events of one decision together |
        | `cause` | the entry that led to this one |
        | `subject` | `production/churn`, `churn@1.4.0`, a commit id, a file, or `controller` |
        | `actor` | `controller`, a user of this machine, or a git author as the commit claims |
        | `body` | members as listed below |

        """
}
