import Crypto
import Testing
import WaybillCore

@testable import WaybillTrust

@Suite struct `Who may do what` {
    private static func key(_ seed: UInt8) -> String {
        let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed, count: 32))
        return key.map { SSHPrivateKey($0).publicKey.description } ?? ""
    }

    private static func person(_ name: String, _ keys: [Value]) -> Value {
        ["name": .string(name), "keys": .list(keys)]
    }

    private static func document(people: [Value], groups: [Value] = [], roles: [Value] = []) -> Value {
        ["spec": ["people": .list(people), "groups": .list(groups), "roles": .list(roles)]]
    }

    private static let ada = person("ada", [["key": .string(key(1))]])

    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let document: Value
        let problem: String
    }

    static let broken: [Broken] = [
        Broken(
            testDescription: "no key", document: document(people: [person("ada", [["key": "nonsense"]])]),
            problem:
                "spec.people[0].keys[0].key: 'nonsense' is no public SSH key; expected a line as in a '.pub' file: 'ssh-ed25519 AAAA…'"
        ),
        Broken(
            testDescription: "one key, two people",
            document: document(people: [ada, person("bob", [["key": .string(key(1))]])]),
            problem: "spec.people[1].keys[0].key: this key is written twice; the first is of 'ada'"),
        Broken(
            testDescription: "one account, two people",
            document: document(people: [
                ada.with("unix", ["root"]), person("bob", [["key": .string(key(2))]]).with("unix", ["root"]),
            ]),
            problem: "spec.people[1].unix[0]: the account 'root' is written twice; the first is of 'ada'"),
        Broken(
            testDescription: "no moment",
            document: document(people: [person("ada", [["key": .string(key(1)), "validFrom": "yesterday"]])]),
            problem:
                "spec.people[0].keys[0].validFrom: 'yesterday' is no moment; write a day, '2026-11-23', or a time in UTC, "
                + "'2026-11-23T15:04:05Z'"),
        Broken(
            testDescription: "an end before the beginning",
            document: document(people: [
                person(
                    "ada", [["key": .string(key(1)), "validFrom": "2026-02-01", "validUntil": "2026-02-01"]])
            ]),
            problem:
                "spec.people[0].keys[0].validUntil: this key would never count: it ends at 2026-02-01T00:00:00.000Z and begins "
                + "at 2026-02-01T00:00:00.000Z"),
        Broken(
            testDescription: "a member that is nobody",
            document: document(people: [ada], groups: [["name": "risk", "members": ["eve"]]]),
            problem: "spec.groups[0].members[0]: there is no person 'eve'"),
        Broken(
            testDescription: "a group that is none",
            document: document(
                people: [ada], roles: [["role": "signer", "models": ["*"], "groups": ["risk"]]]),
            problem: "spec.roles[0].groups[0]: there is no group 'risk'"),
        Broken(
            testDescription: "a role of nobody",
            document: document(people: [ada], roles: [["role": "signer", "models": ["*"]]]),
            problem: "spec.roles[0]: this role is given to nobody"),
        Broken(
            testDescription: "a pattern that is none",
            document: document(people: [ada], roles: [["role": "signer", "models": ["Churn"], "people": ["ada"]]]),
            problem:
                "spec.roles[0].models[0]: 'Churn' names no models; use 1 to 63 lowercase letters, digits, '-' and '*', as in 'risk-*'"
        ),
    ]

    @Test(arguments: broken) func `a file with a problem says nothing but that`(_ broken: Broken) {
        #expect(Access.problems(broken.document).map { "\($0.path.text): \($0.message)" } == [broken.problem])
        #expect(throws: InvalidInput(broken.problem)) { try Access(broken.document) }
    }

    @Test(arguments: [
        ("churn", "churn", true), ("*", "churn", true), ("risk-*", "risk-eu", true), ("risk-*", "risk", false),
        ("*-eu", "risk-eu", true), ("r*k-*u", "risk-eu", true), ("r*k", "risk-eu", false), ("**", "a", true),
        ("a*a*a", "aa", false), ("churn", "churn2", false),
    ])
    func `a pattern takes the names that it stands for`(pattern: String, name: String, matches: Bool) throws {
        #expect(try NamePattern(parsing: pattern).matches(try Name(parsing: name)) == matches)
    }

    @Test func `groups give roles, and what nobody is given nobody may`() throws {
        let access = try Access(
            Self.document(
                people: [Self.ada, Self.person("bob", [["key": .string(Self.key(2))]])],
                groups: [["name": "risk", "members": ["ada"]]],
                roles: [["role": "signer", "models": ["churn"], "groups": ["risk"]]]))
        let (churn, fraud) = (try Name(parsing: "churn"), try Name(parsing: "fraud"))
        let now = try Timestamp(parsing: "2026-06-01")
        let (ada, bob) = (try SSHPublicKey(parsing: Self.key(1)), try SSHPublicKey(parsing: Self.key(2)))
        #expect(access.decide(ada, .signer, model: churn, seen: now).isAllowed)
        #expect(!access.decide(ada, .signer, model: fraud, seen: now).isAllowed)
        #expect(access.decide(bob, .signer, model: churn, seen: now) == .missingRole(person: try Name(parsing: "bob")))
        #expect(
            access.decide(try SSHPublicKey(parsing: Self.key(3)), .signer, model: churn, seen: now) == .unknownKey)
        #expect(access.allowedSigners(.signer, model: churn, namespace: "n").map(\.principals) == [["ada"]])
    }

    @Test(arguments: [
        ("2026-11-23", "2026-11-23T00:00:00.000Z"), ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000Z"),
        ("1970-01-01T00:00:00.5Z", "1970-01-01T00:00:00.500Z"), ("9999-12-31", "9999-12-31T00:00:00.000Z"),
        ("2000-02-29", "2000-02-29T00:00:00.000Z"),
    ])
    func `moments are read as they are written`(text: String, written: String) throws {
        #expect(try Timestamp(parsing: text).description == written)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-02-29", "2026-1-01", "2026-01-01T", "2026-01-01T00:00:00",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00.1234Z", "1969-12-31", "２０２６-01-01", "2026-01-01T00:00:00.Z",
    ])
    func `what is no moment is refused`(text: String) {
        #expect(throws: InvalidInput.self) { try Timestamp(parsing: text) }
    }
}

extension Value {
    fileprivate func with(_ name: String, _ value: Value) -> Value {
        var members = object ?? [:]
        members[name] = value
        return .object(members)
    }
}
