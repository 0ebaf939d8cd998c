import Testing
import WaybillCore

@testable import WaybillManifest

/// Environments on a promotion path, and their freezes.
@Suite struct EnvironmentPromotionTests {
    private static func environment(_ name: String, _ spec: String) -> String {
        "apiVersion: waybill.dev/v1alpha1\nkind: Environment\nmetadata: {name: \(name)}\nspec:\n\(spec)\n"
    }

    private func problems(_ files: [String: String]) async throws -> [String] {
        let tree = MemoryTree()
        return try await FleetLoader(tree: tree).load(try tree.commit(1, files)).diagnostics.map(
            DiagnosticText.headline)
    }

    @Test func `what it says reads back as it is written`() async throws {
        let spec = """
              promotion: {from: staging, soak: 24h}
              override: {people: 2}
              freezes:
                - weekly: {from: fri 16:00, until: mon 08:00}
                  timeZone: Europe/Berlin
                  reason: nobody watches
                  author: ada
                  expires: 2027-01-01
                - {dates: {from: 2026-12-20, until: 2027-01-03T08:00}, reason: year's end, author: ada}
            """
        let tree = MemoryTree()
        let loader = FleetLoader(tree: tree)
        let files = ["a.yaml": Self.environment("production", spec), "b.yaml": Self.environment("staging", "  {}")]
        #expect(try await loader.load(try tree.commit(1, files)).diagnostics == [])
        let id = ResourceID.environment(try Name(parsing: "production"))
        let resource = try #require(await loader.state?.resources[id])
        guard case .environment(let environment) = resource.spec else { throw InvalidInput("no environment") }
        #expect(environment.promotion?.soak == .seconds(86_400) && environment.overriders == 2)
        #expect(
            environment.freezes.map(\.text) == [
                "fri 16:00 to mon 08:00, Europe/Berlin", "2026-12-20T00:00 to 2027-01-03T08:00, UTC",
            ])
        let again = try Resource(
            kind: .environment, document: ["metadata": ["name": "production"], "spec": resource.specValue],
            location: resource.location)
        #expect(again.spec == resource.spec)
        // Without any of it an environment's rules are the bytes that they were.
        #expect(WaybillCore.Environment(target: .local).value == ["target": "local"])
        #expect(WaybillCore.Environment(target: .local).policy == nil && environment.policy?.overriders == 2)
    }

    @Test(arguments: [
        ("  promotion: {soak: 1h}", "a.yaml:5:3: error: 'from' is missing"),
        (
            "  promotion: {from: stagin}",
            "a.yaml:5:21: error: there is no Environment 'stagin'"
        ),
        (
            "  promotion: {from: production}",
            "a.yaml:5:21: error: production takes from production: nothing could ever begin there"
        ),
        ("  freezes: [{reason: x, author: y}]", "a.yaml:5:13: error: a freeze needs a window"),
        (
            "  freezes: [{weekly: {from: fri 16:00, until: fri 16:00}, reason: x, author: y}]",
            "a.yaml:5:14: error: a window from fri 16:00 to fri 16:00 never ends"
        ),
        (
            "  freezes: [{weekly: {from: friday, until: mon 08:00}, reason: x, author: y}]",
            "a.yaml:5:29: error: 'friday' is no time of a week; write a day of mon to sun and a time, as in 'fri 16:00'"
        ),
        (
            "  freezes: [{dates: {from: 2027-01-03, until: 2026-12-20}, reason: x, author: y}]",
            "a.yaml:5:14: error: the window ends before it begins"
        ),
        (
            "  freezes: [{dates: {from: 2026-12-20, until: 2027-01-03}, expires: 2027-01-01, reason: x, author: y}]",
            "a.yaml:5:69: error: a window of days ends by itself"
        ),
        (
            "  freezes: [{dates: {from: 2026-12-20, until: 2027-01-03}, timeZone: \"a b\", reason: x, author: y}]",
            "a.yaml:5:70: error: 'a b' is no time zone; write a name of the IANA database, as in 'Europe/Berlin', or 'UTC'"
        ),
    ])
    func `what is wrong is said in its place`(_ spec: String, _ problem: String) async throws {
        let files = ["a.yaml": Self.environment("production", spec), "b.yaml": Self.environment("staging", "  {}")]
        let found = try await problems(files).first
        #expect(found == problem)
    }

    @Test func `a path without a beginning is a problem of each environment on it, until one of them is mended`()
        async throws
    {
        let tree = MemoryTree()
        let loader = FleetLoader(tree: tree)
        var files = [
            "a.yaml": Self.environment("a", "  promotion: {from: b}"),
            "b.yaml": Self.environment("b", "  promotion: {from: c}"),
            "c.yaml": Self.environment("c", "  {}"), "d.yaml": Self.environment("d", "  promotion: {from: a}"),
        ]
        #expect(try await loader.load(try tree.commit(1, files)).diagnostics == [])
        files["c.yaml"] = Self.environment("c", "  promotion: {from: a}")
        #expect(
            try await loader.load(try tree.commit(2, files)).diagnostics.map(\.message) == [
                "a takes from b, which takes from c, which takes from a: nothing could ever begin there",
                "b takes from c, which takes from a, which takes from b: nothing could ever begin there",
                "c takes from a, which takes from b, which takes from c: nothing could ever begin there",
            ])
        files["b.yaml"] = Self.environment("b", "  {}")
        #expect(try await loader.load(try tree.commit(3, files)).diagnostics == [])
    }
}
