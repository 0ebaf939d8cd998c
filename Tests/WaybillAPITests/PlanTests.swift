import Foundation
import Testing
import WaybillAPI
import WaybillCore

@Suite struct PlanTests {
    @Test func `nothing to do, an orphan and held ones say so`() throws {
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
            plan.notices == [
                "the controller would hold this commit: MassDeletion: commit x removes 2 of 2 in production"
            ])
    }

    @Test func `an empty plan of a controller that knows nothing is no news`() {
        let plan = PlanView(
            basis: .observed, commit: nil, repositoryProblem: "the remote does not answer", deployments: [])
        #expect(!plan.isKnown)
        #expect(plan.headline == "nothing is known yet, so nothing is planned")
        #expect(plan.notices == ["the remote could not be asked last time: the remote does not answer"])
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
