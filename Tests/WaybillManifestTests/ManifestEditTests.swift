import Testing
import WaybillCore

@testable import WaybillManifest

@Suite struct ManifestEditTests {
    private static let path: [FieldStep] = [.member("spec"), .member("version")]

    private func edit(_ text: String, _ path: [FieldStep] = path, to new: String) throws -> String {
        let id = ResourceID.modelDeployment(FleetLoaderTests.churn)
        let bytes = try ManifestEdit.replaceScalar(in: Array(text.utf8), of: id, at: path, with: new)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            ("version: 1.4.0", "1.5.0", "version: 1.5.0"), ("version: '1.4.0' # 模", "1.5.0", "version: '1.5.0' # 模"),
            ("version: \"1.4.0\"", "1.5.0-rc.1", "version: \"1.5.0-rc.1\""),
            ("version:    1.4.0   # x", "10.0.0", "version:    10.0.0   # x"),
        ])
    func `only the bytes of the scalar change`(_ old: String, _ new: String, _ expected: String) throws {
        for (head, end) in [("", "\n"), ("\u{feff}# é模\n---\n", "\n"), ("# é\r\n", "\r\n")] {
            let text =
                head
                + (SampleFleet.version("1.4.0") + "---\n" + SampleFleet.deployment("churn")).replacing("\n", with: end)
            let own = text.replacing(
                "churn\(end)  version: 1.4.0\(end)  runtime", with: "churn\(end)  \(old)\(end)  runtime")
            #expect(
                try edit(own, to: new)
                    == own.replacing("\(end)  \(old)\(end)  runtime", with: "\(end)  \(expected)\(end)  runtime"))
        }
    }

    @Test(arguments: [
        ("a: b", "\"a: b\""), ("", "\"\""), ("null", "\"null\""), ("#x", "\"#x\""), ("plain", "plain"),
        ("a\nb", "\"a\\nb\""),
    ])
    func `quotes are added where they are needed`(_ new: String, _ written: String) throws {
        let text = SampleFleet.deployment("churn", more: "  env: [{name: A, value: old}]")
        let path: [FieldStep] = [.member("spec"), .member("env"), .index(0), .member("value")]
        #expect(try edit(text, path, to: new) == text.replacing("old", with: written))
    }

    @Test(
        arguments: [
            ("version: &v 1.4.0", "'spec.version' is written with an anchor, a tag or as a block; edit it by hand"),
            ("version: !!str 1.4.0", "'spec.version' is written with an anchor, a tag or as a block; edit it by hand"),
        ])
    func `what an edit cannot see through is refused`(_ old: String, _ message: String) {
        let text = SampleFleet.deployment("churn").replacing("version: 1.4.0", with: old)
        #expect(throws: InvalidInput(message)) { try edit(text, to: "1.5.0") }
    }

    @Test func `a default or a missing resource is refused`() {
        #expect(throws: InvalidInput("there is no 'spec.replicas' in the file; it may come from a default or a merge"))
        {
            try edit(SampleFleet.deployment("churn"), [.member("spec"), .member("replicas")], to: "2")
        }
        #expect(throws: InvalidInput("the file does not define ModelDeployment production/churn")) {
            try edit(SampleFleet.model, to: "2")
        }
    }
}
