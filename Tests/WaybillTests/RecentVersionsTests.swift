import Testing
import WaybillCore

@testable import waybill

/// What a collection takes for the last revisions of each deployment.
@Suite struct RecentVersionsTests {
    private let recent = RecentVersions()

    private func prepared(_ key: String, _ version: String, _ outcome: Event.Outcome = .succeeded) {
        recent.take(
            Event(
                .revisionPrepared, phase: .outcome, decision: DecisionID(1), cause: 1, time: Fixtures.time,
                subject: key,
                outcome: outcome, body: ["revision": "sha256:0", "version": .string(version)]))
    }

    private func newest(_ count: Int) -> [String] { recent.newest(count).map(\.description).sorted() }

    @Test func `the last versions of each deployment count, each once, and none that failed`() {
        for version in ["churn@1.0.0", "churn@1.1.0", "churn@1.0.0", "churn@1.2.0"] {
            prepared("production/a", version)
        }
        prepared("production/a", "churn@2.0.0", .failed)
        prepared("staging/b", "fraud@1.0.0")
        #expect(newest(0) == [])
        #expect(newest(1) == ["churn@1.2.0", "fraud@1.0.0"])
        #expect(newest(2) == ["churn@1.0.0", "churn@1.2.0", "fraud@1.0.0"])
        #expect(newest(9) == ["churn@1.0.0", "churn@1.1.0", "churn@1.2.0", "fraud@1.0.0"])
    }

    @Test func `a deployment that goes leaves nothing to go back to`() {
        prepared("production/a", "churn@1.0.0")
        recent.take(
            Event(
                .planDecided, decision: DecisionID(2), time: Fixtures.time, subject: "production/a",
                body: ["to": "absent"]))
        #expect(newest(9) == [])
    }
}
