import Foundation
import Testing
import WaybillCore

@testable import WaybillReport

/// The plan that a reviewer reads.
@Suite struct ReviewPlanTests {
    private func promotion(_ count: Int = 1, evidence: [EvidenceReport] = []) throws -> ReviewPlan {
        let (old, new) = (
            try Samples.version("1.4.0", weights: "a", metrics: ["auc": 0.91], data: ["train": "1", "gone": "2"]),
            try Samples.version("1.5.0", weights: "b", metrics: ["auc": 0.93], data: ["train": "3"])
        )
        let keys = (0..<count).map { "production/churn-\($0)" }
        let still = try Samples.deployment("staging/still", old)
        return Samples.review(
            try Samples.state("a", try keys.map { try Samples.deployment($0, old) } + [still]),
            try Samples.state("b", try keys.map { try Samples.deployment($0, new) } + [still]), evidence: evidence)
    }

    @Test func `a promotion without evidence may merge, shows claims as claims, and says what to look at`() throws {
        let plan = try promotion()
        #expect(plan.mayMerge)
        #expect(plan.verdict == "may merge, 1 thing to look at")
        #expect(plan.attention == ["churn@1.5.0: no evidence was given, so nothing here was measured by Waybill"])
        #expect(
            plan.plain.hasPrefix(
                """
                ### Waybill plan: may merge, 1 thing to look at

                **To look at**

                - churn@1.5.0: no evidence was given, so nothing here was measured by Waybill

                |  | deployment | version | what it means |
                | --- | --- | --- | --- |
                | ± | `production/churn-0` | `churn@1.4.0` → `churn@1.5.0` | 1 model file differs; no evidence |

                1 deployment stays as it is. Compared `aaaaaaaaaa`, taken for what runs, with `bbbbbbbbbb`.

                #### production/churn-0

                Owner **team-growth**, environment `production`, risk `high`, 2 replicas of no limits, 12 MiB to bring of 12 MiB.

                **Model**: 1 model file differs.
                """), "\(plan.markdown)")
        #expect(plan.plain.contains("| auc | 0.91 claimed | 0.93 claimed | ✓ better |\n"))
        #expect(plan.plain.contains("2 replicas of churn@1.5.0 start beside what serves, which goes on."))
        #expect(plan.plain.contains("`waybill pause production/churn-0`"))
        #expect(plan.plain.contains("- `gone` `\(Digest(of: "2".utf8))` → `absent`\n"))
    }

    @Test func `what was measured stands in place of what was claimed, the groups that lost most first`() throws {
        let (old, new) = (
            try Samples.evidence("1.4.0", area: 0.9, by: [("north", 0.9, 200), ("south", 0.8, 200)]),
            try Samples.evidence("1.5.0", area: 0.95, by: [("north", 0.93, 200), ("south", 0.6, 200)])
        )
        let plan = try promotion(evidence: [new, old])
        let version = try #require(plan.groups.first?.review.version)
        #expect(version.metrics.map(\.name) == ["rocAuc"])
        #expect(version.metrics[0].tendency == .better)
        #expect(version.metrics[0].old?.value == 0.9 && version.metrics[0].new?.isClaim == false)
        #expect(version.slices.map(\.name) == ["south", "north"])
        #expect(version.slices.map(\.tendency) == [.worse, .notApart])
        #expect(plan.attention == ["churn@1.5.0: worse for 1 group of rows"])
        #expect(
            plan.plain.contains(
                "| region = south | accuracy | 0.8 (0.78 to 0.82) | 0.6 (0.58 to 0.62) | −0.2 | 200 | ✓ passed |\n"))
        #expect(plan.plain.contains("evidence `\(new.digest)`\n"))
    }

    @Test func `evidence that did not pass is what is missing`() throws {
        let plan = try promotion(evidence: [try Samples.evidence("1.5.0", area: 0.8, atLeast: 0.9)])
        #expect(!plan.mayMerge)
        #expect(plan.verdict == "do not merge yet, 1 thing is missing")
        #expect(plan.missing == ["churn@1.5.0 did not pass checklist release: failed"])
        #expect(plan.plain.contains("\n> **Stop** This is missing before it can be merged soundly"))
        let other = try promotion(evidence: [try Samples.evidence("1.3.0", area: 0.8, atLeast: 0.9)])
        #expect(other.mayMerge)
    }

    @Test func `deployments that are alike are one row, and those that stay are counted`() throws {
        let plan = try promotion(120)
        #expect(plan.groups.count == 1 && plan.unchanged == 1)
        #expect(plan.groups[0].keys.count == 120)
        #expect(plan.plain.contains("| ± | **120 deployments of production** |"))
        #expect(plan.plain.contains("<details><summary>The 120 deployments</summary>"))
        #expect(plan.markdown.utf8.count < 12_000)
    }

    @Test func `the same input gives the same bytes`() throws {
        let evidence = [
            try Samples.evidence("1.4.0", area: 0.9, by: [("b", 0.9, 9), ("a", 0.9, 9)]),
            try Samples.evidence("1.5.0", area: 0.9, by: [("b", 0.9, 9), ("a", 0.9, 9)]),
        ]
        let one = try promotion(40, evidence: evidence)
        let other = try promotion(40, evidence: evidence.reversed() + evidence)
        #expect(one.markdown == other.markdown)
        #expect(one.value.json == other.value.json)
        #expect(HTMLWriter.text(one.document) == HTMLWriter.text(other.document))
    }

    struct Interface: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var inputs: [Tensor]?
        var outputs: [Tensor]?
        var changes: [String]

        init(_ name: String, inputs: [Tensor]? = nil, outputs: [Tensor]? = nil, _ changes: [String]) {
            (testDescription, self.inputs, self.outputs, self.changes) = (name, inputs, outputs, changes)
        }
    }

    private static let features = Tensor(name: "features", datatype: .FP32, shape: [-1, 3])
    private static let probability = Tensor(name: "probability", datatype: .FP32, shape: [-1, 1])

    @Test(arguments: [
        Interface("nothing", []),
        Interface(
            "an input more", inputs: [features, Tensor(name: "age", datatype: .INT64, shape: [-1])],
            ["breaking input age: clients do not send it yet"]),
        Interface(
            "an input less, and another", inputs: [Tensor(name: "age", datatype: .INT64, shape: [-1])],
            ["breaking input age: clients do not send it yet", "breaking input features: clients still send it"]),
        Interface(
            "another type", inputs: [Tensor(name: "features", datatype: .FP64, shape: [-1, 3])],
            ["breaking input features: another type"]),
        Interface(
            "a wider input", inputs: [Tensor(name: "features", datatype: .FP32, shape: [-1, -1])],
            ["compatible input features: every old shape is still taken"]),
        Interface(
            "a narrower input", inputs: [Tensor(name: "features", datatype: .FP32, shape: [1, 3])],
            ["breaking input features: it takes other shapes"]),
        Interface(
            "another input", inputs: [Tensor(name: "features", datatype: .FP32, shape: [-1, 4])],
            ["breaking input features: it takes other shapes"]),
        Interface(
            "one dimension more", inputs: [Tensor(name: "features", datatype: .FP32, shape: [-1, 3, 1])],
            ["breaking input features: another number of dimensions"]),
        Interface(
            "an output more", outputs: [probability, Tensor(name: "why", datatype: .BYTES, shape: [-1])],
            ["compatible output why: clients that do not read it go on"]),
        Interface(
            "another output", outputs: [Tensor(name: "why", datatype: .BYTES, shape: [-1])],
            [
                "breaking output probability: clients that read it miss it",
                "compatible output why: clients that do not read it go on",
            ]),
        Interface(
            "a narrower output", outputs: [Tensor(name: "probability", datatype: .FP32, shape: [1, 1])],
            ["compatible output probability: every new shape was possible before"]),
        Interface(
            "a wider output", outputs: [Tensor(name: "probability", datatype: .FP32, shape: [-1, -1])],
            ["breaking output probability: it gives other shapes"]),
    ])
    func `changes of an interface are judged for clients`(_ row: Interface) throws {
        let old = try Samples.version("1.4.0")
        let new = try Samples.version("1.5.0", inputs: row.inputs, outputs: row.outputs)
        #expect(
            InterfaceChange.between(old, new).map {
                "\($0.breaks ? "breaking" : "compatible") \($0.side.rawValue) \($0.tensor): \($0.reason)"
            } == row.changes)
    }

    @Test func `an interface that nobody declares is not called unchanged`() throws {
        let (old, new) = (
            try Samples.version("1.4.0", inputs: [], outputs: []), try Samples.version("1.5.0", weights: "b")
        )
        let plan = Samples.review(
            try Samples.state("a", [try Samples.deployment("production/churn", old)]),
            try Samples.state("b", [try Samples.deployment("production/churn", new)]))
        #expect(plan.plain.contains("one of the versions declares none, so nothing can be said of clients."))
    }

    @Test func `a version that differs in its card alone is said to be the same model`() throws {
        let (old, new) = (try Samples.version("1.4.0", card: "a.md"), try Samples.version("1.5.0", card: "b.md"))
        let version = VersionReview(from: old, to: new, evidence: [])
        #expect(version.summary == "the same model files; only the words about them differ")
        let same = try Samples.version("1.5.0", data: ["d": "1"])
        #expect(VersionReview(from: old, to: same, evidence: []).summary == "the same model files, made otherwise")
    }

    @Test func `packages of a runtime are compared by the locks of both sides`() throws {
        let version = try Samples.version("1.4.0")
        let plan = Samples.review(
            try Samples.state("a", [try Samples.deployment("production/churn", version, lock: "one")]),
            try Samples.state("b", [try Samples.deployment("production/churn", version, lock: "two")]),
            packages: [
                Digest(of: "one".utf8): ["numpy": "1.26.0", "gone": "1"],
                Digest(of: "two".utf8): ["numpy": "2.0.1", "new": "3"],
            ])
        #expect(
            plan.groups.first?.review.runtimePackages == [
                ReviewItem(name: "gone", before: "1", after: nil), ReviewItem(name: "new", before: nil, after: "3"),
                ReviewItem(name: "numpy", before: "1.26.0", after: "2.0.1"),
            ])
        #expect(plan.plain.contains("<details><summary>Packages of the runtime (3)</summary>"))
    }

    @Test func `a banned version is not begun, one that runs goes on, a deprecated one is warned about`() throws {
        let (old, new) = (try Samples.version("1.4.0"), try Samples.version("1.5.0", weights: "b"))
        let banned = Model.Lifecycle(version: new.id.version, state: .banned, reason: "leaks")
        let base = try Samples.state("a", [try Samples.deployment("production/churn", old)])
        let begun = Samples.review(
            base, try Samples.state("b", [try Samples.deployment("production/churn", new, lifecycle: banned)]))
        let ban = "churn@1.5.0 is banned: leaks; nothing begins to serve it, and what served goes on"
        #expect(begun.missing == ["production/churn: \(ban)"])
        let more = Samples.review(
            try Samples.state("a", [try Samples.deployment("production/churn", new)]),
            try Samples.state("b", [try Samples.deployment("production/churn", new, replicas: 3, lifecycle: banned)]))
        #expect(more.missing == [])
        #expect(more.attention == ["production/churn: churn@1.5.0 is banned: leaks"])
        let deprecated = Model.Lifecycle(version: new.id.version, state: .deprecated, reason: "old")
        let warned = Samples.review(
            base, try Samples.state("b", [try Samples.deployment("production/churn", new, lifecycle: deprecated)]))
        #expect(warned.attention.contains("production/churn: churn@1.5.0 is deprecated: old"))
        #expect(warned.mayMerge)
    }

    @Test func `problems and a commit that would be held are missing things`() throws {
        let problem = Diagnostic(
            location: SourceLocation(path: "a.yaml", line: 3, column: 5), rule: "r", message: "no such thing")
        let state = try Samples.state("a", [])
        let plan = Samples.review(state, state, problems: [problem], hold: "it removes 9 of 9")
        #expect(
            plan.missing == [
                "1 problem in manifests is to be mended",
                "the controller would hold this commit: it removes 9 of 9",
            ])
        #expect(plan.plain.contains("- a.yaml:3:5: error: no such thing\n"))
        #expect(Samples.review(state, state).verdict == "may merge, nothing that serves changes")
    }

    @Test func `a huge plan is bounded and says what is left out`() throws {
        let hostile = String(repeating: "\u{202E}@x|", count: 60)
        let old = try (0..<120).map { number in
            try Samples.deployment("production/d-\(number)", try Samples.version("1.0.\(number)", weights: "\(number)"))
        }
        let new = try (0..<120).map { number in
            try Samples.deployment(
                "production/d-\(number)",
                try Samples.version(
                    "2.0.\(number)", weights: "x\(number)",
                    metrics: Dictionary(uniqueKeysWithValues: (0..<20).map { ("\(hostile)\($0)", 1) })))
        }
        let plan = Samples.review(try Samples.state("a", old), try Samples.state("b", new, owner: hostile))
        let text = plan.markdown
        #expect(plan.groups.count == 120)
        #expect(text.unicodeScalars.count <= BoundedMarkdown.limit)
        #expect(text.unicodeScalars.count > BoundedMarkdown.limit / 2)
        let last = try #require(text.split(separator: "\n").last)
        #expect(last.hasPrefix("Left out, for a comment is bounded: "))
        #expect(last.contains(" sections. `waybill plan -o html` or `-o json` has everything."))
        #expect(text.components(separatedBy: "<details>").count == text.components(separatedBy: "</details>").count)
    }
}

extension ReviewPlan {
    /// Without what parts references.
    var plain: String { markdown.replacing("\u{200B}", with: "") }
}
