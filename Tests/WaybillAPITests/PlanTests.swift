import Foundation
import Testing
import WaybillAPI
import WaybillCore

@Suite struct PlanTests {
    @Test func `Markdown has counts, fields, drift and steps, folded`() throws {
        let (old, new) = (PlanSamples.before.short, Samples.revision.short)
        #expect(
            PlanMarkdown.text(try PlanSamples.plan([try PlanSamples.replaced(isolation: .none)])) == """
                ### Waybill plan

                1 to replace, compared with `main (cccccccccc)`, which is taken for what runs.

                | | deployment | what | changes |
                | --- | --- | --- | --- |
                | `±` | `production/model-1` | `replace  \(old) → \(new)` | **warning** `isolation none: replicas run as the \
                controller's own user`<br>drift: `replica 7 is gone`<br>`spec.version: 1.4.0 → 1.5.0` |

                <details><summary>production/model-1: replace</summary>

                - **warning** `isolation none: replicas run as the controller's own user`
                - `spec.version: 1.4.0 → 1.5.0`
                - drift: `replica 7 is gone`

                1. `prepare \(new): its files are not there`
                2. `start-replica production.model-1.\(new).8: 0 of 2 run (after: the files)`

                </details>

                """)
    }

    @Test func `nothing to do, an orphan and held ones say so`() throws {
        #expect(
            PlanMarkdown.text(try PlanSamples.plan([]))
                == "### Waybill plan\n\nnothing to do, compared with `main (cccccccccc)`, which is taken for what runs.\n"
        )
        let plan = try PlanSamples.plan([try PlanSamples.orphan(), try PlanSamples.held()])
        #expect(plan.headline == "nothing to do, 1 held, 1 orphaned")
        #expect(!plan.hasChanges)
        #expect(plan.deployments.map(\.sign) == ["o", "!"])
        #expect(plan.deployments[0].title.hasPrefix("orphaned: git no longer names it"))
        #expect(plan.deployments[1].title == "held: not created, for its manifests are broken")
        #expect(
            try PlanSamples.held(from: PlanSamples.before).title
                == "held: stays as it is, at \(PlanSamples.before.short)")
    }

    @Test func `a commit that would be held says so first`() throws {
        let hold = CommitHoldView(
            reason: "MassDeletion", message: "commit x removes 2 of 2 in production", commit: try Samples.commit(),
            accepted: nil)
        let plan = try PlanSamples.plan([], hold: hold)
        #expect(plan.hasChanges)
        #expect(
            PlanMarkdown.text(plan).contains(
                "\n> **Note** `the controller would hold this commit: MassDeletion: commit x removes 2 of 2 in production`\n"
            ))
    }

    @Test func `an empty plan of a controller that knows nothing is no news`() {
        let plan = PlanView(
            basis: .observed, commit: nil, repositoryProblem: "the remote does not answer", deployments: [])
        #expect(!plan.isKnown)
        #expect(plan.headline == "nothing is known yet, so nothing is planned")
        #expect(plan.notices == ["the remote could not be asked last time: the remote does not answer"])
    }

    @Test func `Markdown is bounded and says what is left out`() throws {
        let many = try (1...3000).map { try PlanSamples.replaced($0, change: String(repeating: "é", count: 200)) }
        let problem = Diagnostic(
            location: SourceLocation(path: "bad.yaml", line: 3, column: 5), rule: "r",
            message: String(repeating: "x", count: 9000))
        let text = PlanMarkdown.text(
            try PlanSamples.plan(many, problems: Array(repeating: problem, count: 100)))
        #expect(text.utf8.count <= PlanMarkdown.limit)
        #expect(text.utf8.count > PlanMarkdown.limit * 9 / 10)
        let last = try #require(text.split(separator: "\n").last)
        #expect(last.hasPrefix("Left out, for a comment is bounded: 80 problems, "))
        #expect(last.hasSuffix(" deployments' fields and steps. `waybill plan -o text` or `-o json` has everything."))
        #expect(text.components(separatedBy: "<details>").count == text.components(separatedBy: "</details>").count)
        #expect(text.hasPrefix("### Waybill plan\n\n3000 to replace, "))
    }

    @Test(arguments: [
        ("a mention", "@root", "@root"), ("a link", "[x](https://evil.example)", "[x](https://evil.example)"),
        ("HTML", "<img src=x>", "<img src=x>"), ("the end of a span", "a`b``c", "aʼbʼʼc"),
        ("the end of a cell", "a|b", "a¦b"), ("a line end", "a\n# b", "a\u{fffd}# b"),
        ("a direction override", "a\u{202e}b", "a\u{fffd}b"),
    ])
    func `hostile text is shown, not read`(_ hostile: (name: String, text: String, shown: String)) throws {
        let text = PlanMarkdown.text(try PlanSamples.plan([try PlanSamples.replaced(change: hostile.text)]))
        #expect(text.contains("- `spec.version: 1.4.0 → \(hostile.shown)`\n"), "\(hostile.name)")
        #expect(text.contains("`spec.version: 1.4.0 → \(hostile.shown)` |\n"), "\(hostile.name)")
    }

    @Test func `the JSON of a plan`() throws {
        let hold = CommitHoldView(
            reason: "MassDeletion", message: "removes much", commit: try Samples.commit(), accepted: nil)
        let plan = try PlanSamples.plan(
            [try PlanSamples.replaced(), try PlanSamples.orphan(), try PlanSamples.held()], hold: hold)
        let data = try ControlJSON.encode(plan)
        #expect(try ControlJSON.decode(PlanView.self, from: data) == plan)
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/plan.json")
        try Golden.expect(try ControlJSON.decode(WireValue.self, from: data).value.prettyJSON + "\n", golden)
    }
}

/// Texts that are kept in files and change only on purpose.
enum Golden {
    /// A file that is not there is written; one that differs is an error.
    static func expect(_ text: String, _ file: URL) throws {
        guard let data = try? Data(contentsOf: file) else {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            Issue.record("\(file.lastPathComponent) was not there and is now; look at it and run again")
            return
        }
        #expect(text == String(decoding: data, as: UTF8.self), "differs from \(file.lastPathComponent)")
    }
}
