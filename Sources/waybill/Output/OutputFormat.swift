import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore

/// `-o`.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table, wide, json, yaml
}

/// `-o` of commands whose text has one form only.
enum TextFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case text, json, yaml
}

/// `-o` of commands that may go on: each line stands for itself.
enum StreamFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case text, json
}

/// Writes a result in the form that was asked for.
func show(_ value: Value, _ format: TextFormat, _ text: () -> String) throws {
    let console = Console.current
    switch format {
    case .text: console.write(text())
    case .json: console.line(value.prettyJSON)
    case .yaml: console.write(value.yaml)
    }
}

extension Value {
    /// A view as plain data, as scripts see it.
    init(view: some Encodable) throws {
        self = try ControlJSON.decode(WireValue.self, from: ControlJSON.encode(view)).value
    }

    /// The whole list of a kind, named so that a script can tell what it has.
    init<View: ListedView>(list items: [View]) throws {
        self = ["kind": .string(View.listKind), "items": .list(try items.map { try Value(view: $0) })]
    }
}
