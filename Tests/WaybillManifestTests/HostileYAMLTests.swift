import Foundation
import Glibc
import Testing
import WaybillCore

@testable import WaybillManifest

@Suite struct HostileYAMLTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        /// Of the first problem.
        var message: String

        init(_ description: String, _ text: String, _ message: String) {
            (testDescription, bytes, self.message) = (description, Array(text.utf8), message)
        }

        init(_ description: String, bytes: [UInt8], _ message: String) {
            (testDescription, self.bytes, self.message) = (description, bytes, message)
        }
    }

    private static let mega = 1 << 20
    private static let laughs =
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + (1..<12).map {
            "a\($0): &a\($0) [" + Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ", ") + "]"
        }
        .joined(separator: "\n")

    static let cases = [
        Case("brackets", String(repeating: "[", count: mega), "the document is nested more than 64 levels deep"),
        Case("braces", String(repeating: "{a: ", count: mega / 4), "the document is nested more than 64 levels deep"),
        Case("dashes", String(repeating: "- ", count: mega / 2), "the document is nested more than 64 levels deep"),
        Case(
            "question marks", String(repeating: "? ", count: mega / 2),
            "the document is nested more than 64 levels deep"),
        Case("items", "[" + String(repeating: "a,", count: mega / 2 - 2), "the document has more than 10000 nodes"),
        Case("documents", String(repeating: "---\n", count: mega / 4), "the file has more than 10000 documents"),
        Case("laughs", laughs, "the document's aliases stand for more than 10000 nodes"),
        Case(
            "directives", String(repeating: "%TAG !a! b\n", count: mega / 11),
            "the file has 95325 lines that begin with '%'; at most 64 are read"),
        Case(
            "too large", String(repeating: "#", count: mega + 1), "the file has 1048577 bytes; at most 1048576 are read"
        ),
        Case("not UTF-8", bytes: Array("a: ".utf8) + [0xff, 0xfe], "the file is not UTF-8 from byte 3 on"),
        Case("surrogate", bytes: Array("a: ".utf8) + [0xed, 0xa0, 0x80], "the file is not UTF-8 from byte 3 on"),
        Case("UTF-16", bytes: [0xff, 0xfe, 0x61, 0x00], "the file is not UTF-8 from byte 0 on"),
        Case("NUL", bytes: Array("a: b\nc: d".utf8) + [0], "this is not YAML: control characters are not allowed"),
        Case("unclosed quote", "a: \"" + String(repeating: "x\n\n", count: mega / 3 - 4), "this is not YAML"),
        Case(
            "anchors", (0..<60_000).map { "- &a\($0) x" }.joined(separator: "\n"),
            "the document has more than 10000 nodes"),
        Case("long key", String(repeating: "k", count: mega - 3) + ": v", "this is not YAML"),
        Case("tag", "!<" + String(repeating: "x", count: mega - 4), "this is not YAML"),
        Case("block", "a: |\n " + String(repeating: "é\n ", count: mega / 4 - 4), "'apiVersion' is missing"),
    ]

    @Test(arguments: cases)
    func `a hostile file gives a diagnostic and nothing else`(_ hostile: Case) {
        let (memory, work) = (PeakMemory(), ThreadWork())
        let file = ParsedFile(path: "a.yaml", bytes: hostile.bytes)
        // The promise is 2 seconds; this build is not optimised. What grows with a power of the size takes minutes.
        #expect(work.done < .seconds(10))
        #expect(memory.grownMiB < 64)
        #expect(
            file.diagnostics.first?.message.hasPrefix(hostile.message) == true,
            "\(file.diagnostics.first?.message ?? "none")")
        #expect(file.diagnostics.count <= 1001)
        #expect(file.resources.isEmpty)
    }

    @Test func `many problems are reported up to a bound`() {
        let text = String(repeating: "apiVersion: waybill.dev/v1alpha1\nkind: Nothing\n---\n", count: 9000)
        #expect(ParsedFile(path: "a.yaml", bytes: Array(text.utf8)).diagnostics.count == 1000)
    }

    @Test func `every prefix and every changed byte of a manifest is taken or refused`() {
        let sound = Array((SampleFleet.runtime + "---\n" + SampleFleet.version("1.4.0")).utf8)
        func expectTakenOrRefused(_ bytes: [UInt8]) {
            let file = ParsedFile(path: "a.yaml", bytes: bytes)
            // A file without a document, as the empty one, is taken and says nothing.
            if file.resources.count < 2, file.diagnostics.isEmpty { #expect(bytes.count < sound.count) }
            #expect(file.resources.count <= 2 && file.diagnostics.count <= 1001)
        }
        for end in 0..<sound.count { expectTakenOrRefused(Array(sound[..<end])) }
        for (at, byte) in zip(0..., sound) {
            for other in [0, 0x0a, 0x26, 0x2a, 0x7b, 0x5d, 0x22, 0xc3, byte ^ 0x20] as [UInt8] {
                var changed = sound
                changed[at] = other
                expectTakenOrRefused(changed)
            }
        }
    }

    @Test func `aliases and merge keys are read, the nearer value winning`() throws {
        let text = """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelDeployment
            metadata:
              name: churn
              labels: &labels {team: growth, tier: gold}
              annotations:
                <<: *labels
                tier: silver
            spec:
              <<: {replicas: 3, runtime: other}
              environment: production
              model: churn
              version: 1.4.0
              runtime: mlserver
            """
        let file = ParsedFile(path: "a.yaml", bytes: Array(text.utf8))
        #expect(file.diagnostics == [])
        let resource = try #require(file.resources.first)
        #expect(resource.metadata.annotations == ["team": "growth", "tier": "silver"])
        guard case .modelDeployment(let deployment) = resource.spec else { throw InvalidInput("no deployment") }
        #expect(deployment.replicas == 3)
        #expect(deployment.runtime.text == "mlserver")
    }

    @Test(
        arguments: [
            ("no", "no"), ("on", "on"), ("012", "012"), ("1e3", "1e3"), ("true", "true"), ("'null'", "null"),
            ("!!str null", "null"), ("\"a\\tb\"", "a\tb"), ("0x1F", "0x1F"), ("1_000", "1_000"),
            ("2026-01-01", "2026-01-01"),
        ])
    func `text stays text`(_ written: String, _ expected: String) throws {
        let text = SampleFleet.model.replacing("team-growth", with: written)
        let file = ParsedFile(path: "a.yaml", bytes: Array(text.utf8))
        guard case .model(let model)? = file.resources.first?.spec else { throw InvalidInput("\(file.diagnostics)") }
        #expect(model.owner == expected)
    }

    @Test(arguments: [("3", 3), ("1e1", 10), ("2.0", 2), ("+4", 4), ("!!int 5", 5)])
    func `numbers are numbers where one is due`(_ written: String, _ expected: Int) throws {
        let text = SampleFleet.deployment("churn", more: "  replicas: \(written)")
        let file = ParsedFile(path: "a.yaml", bytes: Array(text.utf8))
        guard case .modelDeployment(let found)? = file.resources.first?.spec else {
            throw InvalidInput("\(file.diagnostics)")
        }
        #expect(found.replicas == expected)
    }
}

/// Processor time of this thread since this was made: what other processes and tests take is not in it.
private struct ThreadWork {
    private let before = Self.now

    var done: Duration { Self.now - before }

    private static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// How far this process's memory grew since this was made, at its peak. As the kernel counts it.
private struct PeakMemory {
    private let before: Int

    init() {
        try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        before = Self.kilobytes("VmRSS:")
    }

    var grownMiB: Int { (Self.kilobytes("VmHWM:") - before) / 1024 }

    private static func kilobytes(_ field: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        return line?.split(separator: " ", omittingEmptySubsequences: true).compactMap { Int($0.filter(\.isNumber)) }
            .first ?? 0
    }
}
