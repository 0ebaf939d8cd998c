import Foundation
import Testing
import WaybillTestSupport

@testable import waybill

/// What a document says to type.
enum DocumentScript {
    /// The ```` ```sh ```` blocks of a section, in order.
    static func of(_ document: String, section: String) throws -> String {
        let text = try String(contentsOf: BuiltProgram.source.appending(path: document), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "## \(section)"))
        var script: [Substring] = []
        var isInside = false
        for line in lines[(start + 1)...] {
            if line.hasPrefix("## ") { break }
            if line == "```sh" || line == "```" {
                isInside = line == "```sh"
            } else if isInside {
                script.append(line)
            }
        }
        return script.joined(separator: "\n") + "\n"
    }
}

/// The first steps of the documents, run as they stand in a fleet that `init` wrote.
@Suite struct `Documents` {
    private func follow(_ document: String, before: String = "") async throws -> BuiltProgram.Result {
        let script = try DocumentScript.of(document, section: "Try it")
        #expect(script.split(separator: "\n").count > 4)
        return try await withTemporaryFolder { folder in
            let program = BuiltProgram(folder: folder)
            return try program.bash("waybill init fleet > /dev/null\ncd fleet\n" + before + script)
        }
    }

    @Test func `a bundle is made as the document on packaging says`() async throws {
        let result = try await follow("docs/packaging.md")
        #expect(result.code == 0, "\(result.output)\n\(result.errors)")
        #expect(result.output.contains("greeting@1.0.0 builds again to sha256:"))
        #expect(result.output.hasSuffix("\ngreeting@1.0.0\n"), "\(result.output)")
    }

    @Test func `a change is approved and verified as the document on approvals says`() async throws {
        let keys = "mkdir ~/.ssh\nssh-keygen -q -t ed25519 -N '' -C ada@laptop -f ~/.ssh/id_ed25519\n"
        let result = try await follow("docs/approvals.md", before: keys)
        #expect(result.code == 0, "\(result.output)\n\(result.errors)")
        #expect(result.output.contains("\n  missing  1 more of risk (bob)\n"), "\(result.output)")
        #expect(result.output.contains("\n  given    bob as risk until "), "\(result.output)")
        #expect(result.output.contains("Good \"waybill.dev/approve\" signature for bob with ED25519 key SHA256:"))
    }

    @Test func `a bundle is signed as the document on signing says`() async throws {
        let keys = "mkdir ~/.ssh\nssh-keygen -q -t ed25519 -N '' -C ada@laptop -f ~/.ssh/id_ed25519\n"
        let result = try await follow("docs/signing.md", before: keys)
        #expect(result.code == 0, "\(result.output)\n\(result.errors)")
        #expect(result.output.contains("\nSignatures\n  SSH signature by SHA256:"), "\(result.output)")
        #expect(result.output.contains("  provenance (SLSA v1) sha256:"), "\(result.output)")
        #expect(result.output.contains("\ngreeting@1.0.0 is signed:\n  SSH signature of ada by SHA256:"))
    }
}
