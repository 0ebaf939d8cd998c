import Foundation
import Testing
import WaybillTestSupport

/// `waybill validate --sign --save` and `waybill plan --evidence`: whose word about a checklist counts in a plan. Real repositories, real
/// keys of `ssh-keygen`.
@Suite struct SignedEvidenceTests {
    /// `main` asks production for the checklist `c`, and names robot (a program) as validator of greeting there, carol elsewhere only; the
    /// branch `change` deploys greeting 1.1.0 to production.
    private func with(_ body: (ApprovalFleet) async throws -> Void) async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.sh("cd fleet && git checkout -q main")
            try fleet.writeAccess {
                $0 + """
                        - {role: validator, models: [greeting], environments: [production], people: [robot]}
                        - {role: validator, models: ["*"], environments: [staging], people: [carol]}

                    """
            }
            try fleet.sh(
                """
                cd fleet
                cat > fleet/c.yaml <<'END'
                apiVersion: waybill.dev/v1alpha1
                kind: Checklist
                metadata: {name: c}
                spec:
                  gates:
                    - integrity: {}
                    - license: {allowed: [Apache-2.0]}
                END
                sed -i '/What customers see/a\\  checklist: c' fleet/environments.yaml
                version=$(grep -l 'version: 1.0.0' -r fleet --include '*.yaml' | xargs grep -l 'kind: ModelVersion')
                sed -i '/^spec:/a\\  license: Apache-2.0' "$version"
                git add -A; git commit -qm 'A checklist'; git checkout -qB change
                sed 's/version: 1.0.0/version: 1.1.0/' "$version" > fleet/next.yaml
                sed 's/staging/production/; s/version: 1.0.0/version: 1.1.0/' fleet/deployments/staging-greeting.yaml \
                    > fleet/deployments/production-greeting.yaml
                git add -A; git commit -qm 'Greeting 1.1.0 to production'
                waybill lint
                """)
            try await body(fleet)
        }
    }

    private struct Read {
        var proof: [String: Any]
        var attention: [String]
        var missing: [String]
        var asked: [String: Any]

        var isProven: Bool { proof["proven"] as? Bool == true }
        var why: String { proof["why"] as? String ?? "" }
    }

    private func validate(_ fleet: ApprovalFleet, _ more: String = "--sign robot", version: String = "1.1.0") throws {
        try fleet.sh(
            "waybill validate greeting@\(version) --checklist c --repository fleet --state state --save evidence \(more) > /dev/null"
        )
    }

    private func plan(_ fleet: ApprovalFleet) throws -> Read {
        // A store of its own: what stands in that of the validation would count as well.
        let result = try fleet.waybill("plan", "--evidence", "evidence", "--state", "none", "-o", "json")
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        let review = try #require(object?["review"] as? [String: Any], "\(result.errors)")
        let group = try #require((review["groups"] as? [[String: Any]])?.first)
        let proofs = group["proofs"] as? [String: [String: Any]] ?? [:]
        return Read(
            proof: proofs.first?.value ?? [:], attention: review["attention"] as? [String] ?? [],
            missing: review["missing"] as? [String] ?? [], asked: group["checklist"] as? [String: Any] ?? [:])
    }

    @Test func `evidence that a validator signed counts in the plan, with whose key and when`() async throws {
        try await with { fleet in
            try validate(fleet)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: fleet.program.folder.path + "/evidence").sorted()
                    == [
                        "greeting@1.1.0.c.json", "greeting@1.1.0.c.summary.json", "greeting@1.1.0.c.test-result.json",
                    ])
            let read = try plan(fleet)
            #expect(read.isProven, "\(read.proof)")
            #expect(read.proof["by"] as? String == "robot")
            let print = try fleet.sh("ssh-keygen -l -f robot.pub | cut -d' ' -f2").trimmingCharacters(in: .newlines)
            #expect(read.proof["key"] as? String == print)
            #expect((read.asked["proven"] as? [String])?.count == 1)
            #expect(!read.attention.contains { $0.contains("evidence") }, "\(read.attention)")
            let markdown = try fleet.waybill("plan", "--evidence", "evidence", "-o", "markdown").output
            #expect(markdown.contains(", signed by **robot** with `SHA256:"), "\(markdown)")
            #expect(markdown.contains("; proven evidence by these rules was given."))
            // The statements stand beside the bundle of the store as well.
            let stored = try fleet.sh("waybill plan --base main --head HEAD --repository fleet --state state -o json")
            #expect(stored.contains("\"by\": \"robot\""), "\(stored)")
        }
    }

    struct Attempt: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var sign: String
        var then: String
        var why: String

        init(_ name: String, sign: String = "--sign robot", then: String = "true", _ why: String) {
            (testDescription, self.sign, self.then, self.why) = (name, sign, then, why)
        }
    }

    private static let alter = """
        python3 - <<'END'
        import base64, json
        path = "evidence/greeting@1.1.0.c.test-result.json"
        envelope = json.load(open(path))
        payload = base64.b64decode(envelope["payload"]).replace(b"integrity", b"INTEGRITY")
        envelope["payload"] = base64.b64encode(payload).decode()
        json.dump(envelope, open(path, "w"))
        END
        """

    @Test(arguments: [
        Attempt("nobody signed it", sign: "", "it is not signed: no test result names it"),
        Attempt(
            "somebody without the role", sign: "--sign eve",
            "eve signed it and has no role 'validator' for greeting in production"),
        Attempt(
            "a validator of another environment", sign: "--sign carol",
            "carol signed it and has no role 'validator' for greeting in production"),
        Attempt(
            "a key that nobody has", sign: "--sign forge",
            "nobody in the base's .waybill/access.yaml has the key SHA256:"),
        Attempt(
            "what was signed is altered", then: alter, "its signature does not hold, or is by a key that nobody has"),
        Attempt(
            "the evidence is altered, its signature kept",
            then:
                "sed -i 's/2 files/9 files/; s/1 file /9 files /; s/\"message\":\"/\"message\":\"so /' evidence/greeting@1.1.0.c.json",
            "it is not signed: no test result names it"),
        Attempt(
            "the version changes after it was tested",
            then:
                "cd fleet && sed -i '/license:/a\\  metrics: {accuracy: 1}' fleet/next.yaml && git commit -qam better",
            "it is about another manifest of greeting@1.1.0 than this commit has: it was tested before it changed"),
        Attempt(
            "the same pull request makes its signer a validator", sign: "--sign eve",
            then:
                "cd fleet && sed -i 's/people: .robot.}/people: [robot, eve]}/' .waybill/access.yaml && git commit -qam me",
            "eve signed it and has no role 'validator' for greeting in production"),
    ])
    func `what no validator signed is shown as not proven, with the reason`(_ attempt: Attempt) async throws {
        try await with { fleet in
            try validate(fleet, attempt.sign)
            try fleet.sh(attempt.then)
            let read = try plan(fleet)
            #expect(!read.isProven && read.why.hasPrefix(attempt.why), "\(read.proof) \(read.attention)")
            #expect(
                read.attention.contains {
                    $0.hasPrefix(
                        "greeting@1.1.0: evidence by checklist c says passed and is not proven: \(attempt.why)")
                }, "\(read.attention)")
        }
    }

    @Test func `evidence of another version says nothing of this one`() async throws {
        try await with { fleet in
            try validate(fleet, version: "1.0.0")
            let read = try plan(fleet)
            #expect(read.proof.isEmpty && (read.asked["given"] as? [String])?.isEmpty == true, "\(read.asked)")
            #expect(
                read.attention.contains(
                    "evidence was given about versions that this merge does not touch, and says nothing here: greeting@1.0.0"
                ),
                "\(read.attention)")
        }
    }

    @Test func `a checklist that the same pull request loosens is said, however well its evidence is signed`()
        async throws
    {
        try await with { fleet in
            try fleet.sh("cd fleet && sed -i '/license: {allowed/d' fleet/c.yaml && git commit -qam looser")
            try validate(fleet)
            let read = try plan(fleet)
            #expect(read.asked["changed"] as? Bool == true)
            #expect(
                read.attention.contains(
                    "production/greeting: what production asks of a version changes in this same merge, to checklist c"),
                "\(read.attention)")
        }
    }
}
