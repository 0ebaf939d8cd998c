import Testing
import WaybillCore

@testable import WaybillPackage

/// Which bundles stay though nothing is deployed of them.
@Suite struct RetentionTests {
    @Test(
        arguments: [
            ("churn@1.4.0", "churn@1.4.0", true), ("churn@1.4.0", "churn@1.4.1", false),
            ("churn@*", "churn@1.4.0", true), ("churn@*", "churn-2@1.4.0", false), ("*@2.*", "fraud@2.0.0", true),
            ("*@2.*", "fraud@1.2.0", false), ("*@*", "a@1.0.0", true), ("c*n@1.*.0", "churn@1.4.0", true),
            ("c*n@1.*.0", "churn@1.4.1", false), ("churn@1.4.0*0", "churn@1.4.0", false),
            ("churn@**", "churn@1.4.0", true),
        ])
    func `a pattern names versions`(_ pattern: String, _ version: String, _ isMatch: Bool) throws {
        #expect(try VersionPattern(parsing: pattern).matches(VersionID(parsing: version)) == isMatch)
    }

    @Test(arguments: ["churn", "churn@", "@1.0.0", "a@b@c", "churn@1 0", ""])
    func `what names no versions is refused`(_ text: String) {
        #expect(
            throws: InvalidInput(
                "'\(text)' names no versions; write MODEL@VERSION, with '*' for any characters, as in 'churn@1.*'")
        ) { try VersionPattern(parsing: text) }
    }

    @Test func `the newest stay, and those that a rule names`() throws {
        let retention = Retention(newest: 1, versions: [try VersionPattern(parsing: "churn@1.*")])
        let old = try VersionID(parsing: "churn@1.0.0")
        let older = try VersionID(parsing: "churn@0.9.0")
        #expect(retention.keeps(older, place: 1) && !retention.keeps(older, place: 2) && retention.keeps(old, place: 9))
        #expect(!Retention(newest: 0).keeps(old, place: 1))
        #expect(Retention(newest: 0).keeping([old]).keeps(old, place: 9))
        #expect(!Retention(newest: 0).keeping([old]).keeps(older, place: 9))
    }
}
