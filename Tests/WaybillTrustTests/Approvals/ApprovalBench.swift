import Crypto
import WaybillCore

@testable import WaybillTrust

/// People, their keys, a change, and statements about it.
enum ApprovalBench {
    static let now = Timestamp(milliseconds: 1_795_000_000_000)
    static let key = deployment("production/churn")
    static let serving = Revision(Digest(of: Array("serving".utf8)))
    static let change = Change(key, from: serving, rendering: Digest(of: Array("next".utf8)), checklist: nil)
    static let evidence = Digest(of: Array("evidence".utf8))

    static func deployment(_ text: String) -> DeploymentKey { make { try DeploymentKey(parsing: text) } }
    static func name(_ text: String) -> Name { make { try Name(parsing: text) } }

    /// For texts of this file, which are sound.
    private static func make<Made>(_ body: () throws -> Made) -> Made {
        do { return try body() } catch { preconditionFailure("\(error)") }
    }

    static func secret(_ seed: UInt8) -> SSHPrivateKey {
        make {
            SSHPrivateKey(try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: seed, count: 32)))
        }
    }

    static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }

    /// Who has which keys: alice and bob are of risk, carol of platform, dave writes; robot is a program of risk; eve has no role.
    static let seeds: [String: [UInt8]] = [
        "alice": [1, 11], "bob": [2], "carol": [3], "dave": [4], "robot": [5], "eve": [6],
    ]

    static func access(
        edit: (inout [Access.Person], inout [Access.Grant]) -> Void = { _, _ in }
    ) -> Access {
        var people = seeds.sorted { $0.key < $1.key }.map { person, seeds in
            Access.Person(
                name: name(person), keys: seeds.map { Access.Key(key: secret($0).publicKey) }, isBot: person == "robot")
        }
        let all = [make { try NamePattern(parsing: "*") }]
        var grants = [
            Access.Grant(
                role: .approver, as: name("risk"), models: all, people: Set(["alice", "bob", "robot"].map(name))),
            Access.Grant(
                role: .approver, as: name("platform"), models: all,
                environments: [make { try NamePattern(parsing: "prod*") }], people: [name("carol"), name("alice")]),
            Access.Grant(role: .governor, models: all, people: [name("alice")]),
        ]
        edit(&people, &grants)
        return Access(people: people, grants: grants)
    }

    static let policy = ApprovalPolicy(required: [.init(role: name("risk"))])

    static func statement(
        _ kind: ApprovalStatement.Kind = .approve, as role: String? = "risk",
        edit: (inout ApprovalStatement) -> Void = { _ in }
    ) -> ApprovalStatement {
        var made = ApprovalStatement(
            kind, key, change: change.digest, from: serving, role: kind == .propose ? nil : role.map(name),
            issued: now, expires: kind == .approve ? now + days(2) : nil, reason: kind == .reject ? "not yet" : nil)
        edit(&made)
        return made
    }

    static func signed(_ statement: ApprovalStatement, _ seed: UInt8, namespace: String? = nil) -> SignedStatement {
        make {
            SignedStatement(
                statement,
                try secret(seed).sign(
                    Array(statement.description.utf8), namespace: namespace ?? statement.kind.namespace))
        }
    }

    /// As the file of `person`, signed by the key of `seed` or their first one.
    static func found(
        _ person: String, _ statement: ApprovalStatement, seed: UInt8? = nil, namespace: String? = nil,
        place: String? = nil
    ) -> FoundStatement {
        let path = ApprovalPath(statement, of: name(person))
        let file = signed(statement, seed ?? seeds[person]?.first ?? 99, namespace: namespace).file
        return FoundStatement(place: place ?? path.description, path: path, file: file)
    }
}
