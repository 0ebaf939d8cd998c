import ArgumentParser
import Foundation
import Testing
import WaybillCore

@testable import WaybillManifest
@testable import waybill

/// The files of `samples/ci` are YAML, and what they call is there.
@Suite struct PipelineSamplesTests {
    private static let files = ["github", "gitlab", "woodpecker"].map { "samples/ci/\($0)/waybill.yaml" }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: BuiltProgram.source.appending(path: path), encoding: .utf8)
    }

    /// All scalars of the one document.
    private func scalars(_ path: String) throws -> [String] {
        let source = SourceText(path: path, bytes: Array(try text(path).utf8))
        var scalars: [String] = []
        let problems = YAMLReader.read(source, YAMLLimits()) { document in
            for index in document.nodes.indices where document.nodes[index].kind == .scalar {
                scalars.append(document.text(index, in: source))
            }
        }
        #expect(problems.isEmpty, "\(problems)")
        return scalars
    }

    /// Calls of `waybill` as the shell would make them, whatever its variables hold.
    private func calls(_ path: String) throws -> [[String]] {
        try scalars(path).flatMap { $0.split(separator: "\n") }.filter { $0.hasPrefix("waybill ") }.map { line in
            let plain = line.replacing(#/"\$\(.*?\)"/#, with: "X").replacing(#/ >>? .*$/#, with: "")
                .replacing("\"$NUMBER\"", with: "7").replacing("\"$CI_COMMIT_PULL_REQUEST\"", with: "7")
                .replacing("\"$RUN\"", with: "https://x").replacing("\"$CI_PIPELINE_URL\"", with: "https://x")
            return plain.split(separator: " ").dropFirst().map { String($0.replacing("\"", with: "")) }
        }
    }

    @Test(arguments: files)
    func `each is read by our own reader, and its calls are calls of this program`(_ path: String) throws {
        let calls = try calls(path)
        #expect(!calls.isEmpty)
        for words in calls {
            #expect(throws: Never.self, "\(words)") { _ = try Waybill.parseAsRoot(words) }
        }
        #expect(throws: (any Error).self) { try Waybill.parseAsRoot(["forge", "report", "--base", "x", "--flag"]) }
    }

    @Test func `the workflow of GitHub may do no more than it needs, and its actions are pinned`() throws {
        let text = try text(Self.files[0])
        #expect(text.contains("\npermissions: {}\n"))
        let scalars = try scalars(Self.files[0])
        #expect(!scalars.contains { $0.contains("pull_request_target") })
        #expect(!scalars.contains { $0.contains("write-all") })
        let uses = scalars.filter { $0.contains("/") && $0.contains("@") && !$0.contains("\n") }
        #expect(!uses.isEmpty)
        for action in uses { #expect(action.wholeMatch(of: #/[\w-]+/[\w-]+@[0-9a-f]{40}/#) != nil, "\(action)") }
        // Of a pull request nothing is put between the lines of a script: a branch's name can be one.
        #expect(!scalars.contains { $0.contains("git ") && $0.contains("${{") })
        #expect(scalars.filter { $0.hasPrefix("${{ github.event.pull_request.base.sha") }.count == 3)
    }
}
