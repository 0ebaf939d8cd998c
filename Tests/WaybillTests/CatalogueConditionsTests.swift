import Testing
import WaybillCore

@testable import waybill

/// Since when a model, version, runtime or environment is as it is.
@Suite struct CatalogueConditionsTests {
    private let inForce = CommitInForce()

    private func commit(_ number: Int) throws -> CommitID {
        try CommitID(parsing: String(repeating: "0", count: 39) + String(number))
    }

    /// As the ledger is told.
    private func accept(_ number: Int, at time: Int64) throws {
        let hex = try commit(number).hex
        inForce.take(
            Event(
                .commitAccepted, decision: DecisionID(1), time: Timestamp(milliseconds: time), subject: hex,
                body: ["commit": .string(hex)]))
    }

    /// The models of the commit, each in a file of its name, of which `broken` have an error.
    private func state(_ number: Int, _ names: [String], broken: [String] = []) throws -> DesiredState {
        var resources: [ResourceID: Resource] = [:]
        for text in names {
            let name = try Name(parsing: text)
            resources[.model(name)] = Resource(
                id: .model(name), spec: .model(Model(owner: "ada")), metadata: Metadata(),
                location: SourceLocation(path: "\(text).yaml", line: 1, column: 1))
        }
        let diagnostics = broken.map { name in
            Diagnostic(
                location: SourceLocation(path: "\(name).yaml", line: 2, column: 3), rule: "unknown-field", message: "no"
            )
        }
        return DesiredState(commit: try commit(number), resources: resources, diagnostics: diagnostics)
    }

    /// `churn Ready 100 Held 200` for each resource: what is true, and since when.
    private func lines(_ conditions: [ResourceID: Conditions]) -> [String] {
        conditions.map { id, conditions in
            guard case .model(let name) = id else { return "\(id)" }
            let words = conditions.all.map {
                "\($0.isTrue ? "" : "not ")\($0.kind.rawValue) \($0.changedAt.milliseconds)"
            }
            return ([name.text] + words).joined(separator: " ")
        }.sorted()
    }

    @Test func `times are those of the acceptance, however late somebody asks, and end with the resource`() throws {
        let catalogue = CatalogueConditions(inForce)
        #expect(try catalogue.take(state(1, ["a", "b"])).isEmpty)
        try accept(1, at: 100)
        #expect(try lines(catalogue.take(state(1, ["a", "b"]))) == ["a Ready 100", "b Ready 100"])
        #expect(catalogue.violations == [])
        try accept(2, at: 200)
        #expect(
            try lines(catalogue.take(state(2, ["a", "b"], broken: ["b"]))) == [
                "a Ready 100", "b not Ready 200 Held 200",
            ])
        #expect(catalogue.violations == [])
        // Loaded to be judged, and held: what is in force is as it was.
        #expect(
            try lines(catalogue.take(state(3, ["a"], broken: ["a"]))) == ["a Ready 100", "b not Ready 200 Held 200"])
        try accept(4, at: 400)
        #expect(try lines(catalogue.take(state(4, ["b", "c"]))) == ["b Ready 400", "c Ready 400"])
        #expect(catalogue.violations == [])
        try accept(5, at: 500)
        #expect(try lines(catalogue.take(state(5, ["a", "b"]))) == ["a Ready 500", "b Ready 400"])
        #expect(catalogue.take(nil).values.allSatisfy { $0[.ready]?.observedCommit == inForce.commit })
        #expect(catalogue.violations == [])
    }
}
