import Testing
import WaybillCore

@Suite struct ChangeTests {
    private static let bounds = Digest(of: Array("auc >= 0.8".utf8))
    private static let serving = Revision(Digest(of: Array("serving".utf8)))

    private func change(
        _ checklist: Digest? = bounds, from: Revision? = serving,
        edit: (inout ModelDeployment, inout ModelVersion, inout ServingRuntime) -> Void = { _, _, _ in }
    ) throws -> Change {
        let desired = try RenderingTests.desired(full: true, edit: edit)
        return Change(desired.key, from: from, to: desired.rendering, checklist: checklist)
    }

    @Test func `a change is read by people, and its digest is of those bytes`() throws {
        let change = Change(
            try DeploymentKey(parsing: "production/churn"), from: nil, rendering: Digest(of: Array("r".utf8)),
            checklist: nil)
        #expect(
            String(decoding: change.bytes, as: UTF8.self) == """
                waybill.change/1
                deployment production/churn
                rendering sha256:454349e422f05297191ead13e21d3db520e5abef52055e4964b82fb213f593a1
                checklist none

                """)
        #expect(change.digest == Digest(of: change.bytes))
    }

    @Test func `the same rendering under the same gates is the same change, whatever serves`()
        throws
    {
        #expect(try change().digest == change(from: nil).digest)
        #expect(try change() != change(from: nil))
    }

    @Test func `another byte, another live setting and another bound each make another change`()
        throws
    {
        let digests = try [
            change(), change(nil), change(Digest(of: Array("auc >= 0.7".utf8))),
            change { _, _, runtime in runtime.files[0].content += " " },
            change { _, version, _ in version.artifacts[0].digest = Digest(of: Array("others".utf8)) },
            change { deployment, _, _ in deployment.replicas += 1 },
            change { deployment, _, _ in deployment.rollout.drain += .milliseconds(1) },
        ].map(\.digest)
        #expect(Set(digests).count == digests.count)
    }

    @Test func `what serves one deployment is another change for another one`() throws {
        let desired = try RenderingTests.desired(full: true)
        let elsewhere = try ["staging/churn", "production/fraud"].map { try DeploymentKey(parsing: $0) }
        let digests = (elsewhere + [desired.key]).map {
            Change($0, from: nil, to: desired.rendering, checklist: nil).digest
        }
        #expect(Set(digests).count == 3)
    }

    @Test func `going away is a change, for which no gate counts`() throws {
        let key = try DeploymentKey(parsing: "production/churn")
        let gone = Change(key, from: Self.serving, to: nil, checklist: Self.bounds)
        #expect(gone == Change(key, from: Self.serving, to: nil, checklist: nil))
        #expect(try gone.digest != change().digest)
        #expect(gone.value["rendering"] == "absent")
    }
}
