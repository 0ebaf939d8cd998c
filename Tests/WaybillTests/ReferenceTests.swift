import ArgumentParser
import Foundation
import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// The references in `docs` are those of this build. `WAYBILL_REGENERATE=1 swift test` writes them.
@Suite struct ReferenceTests {
    private static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func expect(_ text: String, at path: String) throws {
        let file = Self.top.appending(path: path)
        if ProcessInfo.processInfo.environment["WAYBILL_REGENERATE"] == "1" { try Data(text.utf8).write(to: file) }
        let found = try String(contentsOf: file, encoding: .utf8)
        #expect(found == text, "\(path) is not current: run WAYBILL_REGENERATE=1 swift test --filter ReferenceTests")
    }

    @Test func `the command reference is current`() throws { try expect(CommandReference.markdown, at: "docs/cli.md") }

    @Test func `the catalogue of events is current`() throws {
        try expect(EventReference.markdown, at: "docs/events.md")
    }

    @Test func `metrics are documented`() throws {
        let text = try String(contentsOf: Self.top.appending(path: "docs/operations.md"), encoding: .utf8)
        let metrics = MetricDescription.catalogue.map { "| `\($0.name)` | \($0.kind.rawValue) | \($0.help) |\n" }
        #expect(text.contains("| --- | --- | --- |\n" + metrics.joined()))
    }

    @Test func `conditions and their reasons are documented, each with what it asks of a person`() throws {
        let text = try String(contentsOf: Self.top.appending(path: "docs/operations.md"), encoding: .utf8)
        let rows = text.split(separator: "\n").map { $0.split(separator: "|").map { $0.trimmed } }
        let (two, three) = (rows.filter { $0.count == 2 }.map(\.[0]), rows.filter { $0.count == 3 }.map(\.[0]))
        for kind in Condition.Kind.allCases { #expect(two.contains("`\(kind.rawValue)`"), "\(kind)") }
        let reasons = Reason.allCases.map { "`\($0.rawValue)`" }
        #expect(reasons.filter { !three.contains($0) } == [])
    }

    @Test func `the README names every command`() throws {
        let text = try String(contentsOf: Self.top.appending(path: "README.md"), encoding: .utf8)
        for group in Waybill.configuration.groupedSubcommands {
            for command in group.subcommands { #expect(text.contains("`\(command._commandName)"), "\(command)") }
        }
    }
}
