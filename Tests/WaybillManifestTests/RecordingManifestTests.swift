import Testing

@testable import WaybillCore
@testable import WaybillManifest

/// `spec.recording` of a deployment: what it means, and what is refused where.
struct RecordingManifestTests {
    private func file(_ recording: String) -> ParsedFile {
        let manifest = SampleFleet.deployment("churn", more: "  recording: {\(recording)}")
        return ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8))
    }

    private func deployment(_ recording: String) throws -> ModelDeployment {
        let file = file(recording)
        #expect(file.diagnostics.map(DiagnosticText.headline) == [])
        let deployments = file.resources.compactMap { resource -> ModelDeployment? in
            if case .modelDeployment(let deployment) = resource.spec { deployment } else { nil }
        }
        return try #require(deployments.first)
    }

    @Test func `rules of recording and their defaults`() throws {
        #expect(try deployment("mode: bestEffort").recording == RecordingPolicy(mode: .bestEffort))
        let all =
            "mode: required, sample: 5, request: whole, answer: none, redact: [/a/*/b], features: [age], "
            + "retentionDays: 90, maxBytes: 2Gi"
        #expect(
            try deployment(all).recording
                == RecordingPolicy(
                    mode: .required, sample: 5, request: .whole, answer: .none, redact: ["/a/*/b"], features: ["age"],
                    retentionDays: 90, maxBytes: 2 << 30))
        #expect(try deployment("mode: off").recording == .off)
    }

    @Test(arguments: [
        (
            "sample: 5",
            "a.yaml:10:15: error: 'sample' means nothing while nothing is recorded (write 'mode: bestEffort' or 'mode: required', or remove it)"
        ),
        ("mode: bestEffort, sample: 0", "a.yaml:10:41: error: 'sample' is 0; expected 1 to 100"),
        (
            "mode: bestEffort, redact: [a.b]",
            "a.yaml:10:42: error: 'a.b' is no JSON pointer (write '/' before each step, as in '/inputs/0/data' or '/customer/*/name'; '~1' is a '/', '~0' a '~')"
        ),
        (
            "mode: bestEffort, request: digest, features: [a]",
            "a.yaml:10:50: error: 'features' means nothing with 'request: digest', which keeps no request (remove one of them)"
        ),
    ])
    func `rules that make no sense are refused`(recording: String, problem: String) {
        let found = file(recording).diagnostics.map { diagnostic in
            DiagnosticText.headline(diagnostic) + (diagnostic.hint.map { " (\($0))" } ?? "")
        }
        #expect(found.map { $0.replacing("\"", with: "'") } == [problem])
    }

    @Test func `rules are in the rendering that people approve, and in no revision`() throws {
        let (plain, recorded) = (try deployment("mode: off"), try deployment("mode: required"))
        let fields = KindSchema.modelDeployment.spec
        #expect(
            Rendering.part(plain.value, of: fields, .restart) == Rendering.part(recorded.value, of: fields, .restart))
        #expect(Rendering.part(recorded.value, of: fields, .live)?["recording"] == ["mode": "required"])
        #expect(Rendering.part(plain.value, of: fields, .live)?["recording"] == nil)
    }
}
