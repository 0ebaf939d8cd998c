import Testing
import WaybillCore

@Suite struct EventFilterTests {
    private static func header(
        time: String = "2026-08-15T12:00:00Z", type: String = "rollout.moved", subject: String = "production/churn",
        environment: String? = "production", outcome: String? = nil, cause: UInt64? = 7
    ) throws -> EventFilter.Header {
        EventFilter.Header(
            time: try Timestamp(parsing: time), type: type, subject: subject, environment: environment,
            outcome: outcome, decision: "00000000000000aa", cause: cause)
    }

    private static func filter(_ change: (inout EventFilter) throws -> Void) rethrows -> EventFilter {
        var filter = EventFilter()
        try change(&filter)
        return filter
    }

    @Test func `nothing given takes all`() throws {
        #expect(EventFilter().takes(try Self.header()))
        #expect(!EventFilter().needsBody)
        #expect(EventFilter().takes(actor: "anna", subject: "x", body: [:]))
    }

    @Test func `the first moment is in, the last one is not`() throws {
        let (from, to) = (try Timestamp(parsing: "2026-07-01"), try Timestamp(parsing: "2026-10-01"))
        let quarter = Self.filter { ($0.from, $0.to) = (from, to) }
        for (time, isIn) in [
            ("2026-06-30T23:59:59.999Z", false), ("2026-07-01T00:00:00Z", true), ("2026-09-30T23:59:59.999Z", true),
            ("2026-10-01T00:00:00Z", false),
        ] { #expect(quarter.takes(try Self.header(time: time)) == isIn, "\(time)") }
    }

    @Test(
        arguments: [
            ("rollout.moved", "rollout.moved", true), ("rollout.*", "rollout.moved", true),
            ("*.moved", "rollout.moved", true),
            ("*", "", true), ("", "", true), ("", "a", false), ("rollout", "rollout.moved", false),
            ("r*l*t.m*d", "rollout.moved", true), ("r*l*t.m*x", "rollout.moved", false), ("**", "x", true),
            ("*aab", "aaaab", true), ("churn@1.4.0", "churn@1.4x0", false),
        ])
    func `a star is any run of characters, a dot is a dot`(_ pattern: String, _ text: String, _ isTaken: Bool) throws {
        #expect(Self.filter { $0.types = [pattern] }.takes(try Self.header(type: text)) == isTaken)
        #expect(Self.filter { $0.subjects = ["nothing", pattern] }.takes(try Self.header(subject: text)) == isTaken)
    }

    @Test func `environment, outcome, decision and cause are themselves`() throws {
        let header = try Self.header(outcome: "failed")
        #expect(Self.filter { $0.environment = "production" }.takes(header))
        #expect(!Self.filter { $0.environment = "prod" }.takes(header))
        #expect(!Self.filter { $0.environment = "production" }.takes(try Self.header(environment: nil)))
        #expect(Self.filter { $0.outcome = "failed" }.takes(header))
        #expect(!Self.filter { $0.outcome = "failed" }.takes(try Self.header()))
        #expect(Self.filter { $0.decision = "00000000000000aa" }.takes(header))
        #expect(!Self.filter { $0.decision = "00000000000000ab" }.takes(header))
        #expect(Self.filter { $0.cause = 7 }.takes(header))
        #expect(!Self.filter { $0.cause = 7 }.takes(try Self.header(cause: nil)))
        #expect(!Self.filter { ($0.cause, $0.environment) = (7, "staging") }.takes(header))
    }

    private static let body: Members = [
        "reason": "Broken feature in the caller", "count": 3,
        "artifacts": .list([.object(["digest": "sha256:3f2a9c01d4e5aa00", "path": "model.bin"])]),
        "commit": "0123456789abcdef0123456789abcdef01234567",
    ]

    private static func takes(_ change: (inout EventFilter) -> Void) -> Bool {
        let filter = Self.filter(change)
        return filter.needsBody
            && filter.takes(
                actor: "Anna (uid 1000)", subject: "fedcba9876543210fedcba9876543210fedcba98", body: Self.body)
    }

    @Test func `a person is found by a part of the name, whatever its case`() {
        #expect(Self.takes { $0.actor = "anna" })
        #expect(!Self.takes { $0.actor = "bob" })
    }

    @Test func `a digest is found by its first digits, in lists too, and not in the middle`() {
        for digest in ["3f2a9c01", "sha256:3f2a9c01d4e5", "0123456789abcdef0123456789abcdef01234567", "fedcba98"] {
            #expect(Self.takes { $0.digest = digest }, "\(digest)")
        }
        for digest in ["9c01d4e5", "3f2a9c02", "0123456789abcdef0123456789abcdef012345678"] {
            #expect(!Self.takes { $0.digest = digest }, "\(digest)")
        }
    }

    @Test func `all words must be there, in any text and any case`() {
        #expect(Self.takes { $0.words = ["broken", "CALLER"] })
        #expect(Self.takes { $0.words = ["model.bin", "feature"] })
        #expect(!Self.takes { $0.words = ["broken", "nowhere"] })
        #expect(!Self.takes { ($0.words, $0.actor) = (["broken"], "bob") })
    }
}
