import Crypto
import Testing
import WaybillCore
import WaybillEngine

@testable import WaybillTrust

/// Verbs that bypass a rule are for those who have the role.
@Suite struct EnginePermissionTests {
    /// Accounts `ada` and `bob`; ada accepts, bob aborts for models of risk.
    private func board(roles: Bool = true) throws -> ApprovalBoard {
        let people = try ["ada", "bob"].enumerated().map { index, name in
            let seed = [UInt8](repeating: UInt8(index + 1), count: 32)
            let key = SSHPrivateKey(try Curve25519.Signing.PrivateKey(rawRepresentation: seed)).publicKey
            return Access.Person(name: try Name(parsing: name), keys: [Access.Key(key: key)], unix: [name])
        }
        let grants = [
            Access.Grant(role: .accept, models: [try NamePattern(parsing: "*")], people: [people[0].name]),
            Access.Grant(role: .abort, models: [try NamePattern(parsing: "risk-*")], people: [people[1].name]),
        ]
        return ApprovalBoard(access: Access(people: people, grants: roles ? grants : []))
    }

    private func answer(_ verb: OperatorCommand.Verb, by account: String, roles: Bool = true) throws -> String {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        bench.send(.hold(FleetHold(cause: .historyRewound, commit: bench.commit, accepted: nil, message: "rewound")))
        bench.send(.words(try board(roles: roles)))
        let command = OperatorCommand(
            id: 1, verb: verb, actor: .unixUser(uid: 7, name: account), reason: "because")
        bench.send(.command(command))
        bench.settle()
        switch try #require(bench.answers.last) {
        case .success(let text): return text
        case .failure(let failure): return "\(failure.reason): \(failure.message)"
        }
    }

    @Test func `an account of nobody, or of somebody without the role, is refused with the remedy`() throws {
        let commit = try Bench().commit
        #expect(
            try answer(.accept(commit), by: "eve")
                == "RoleMissing: 'accept' needs the role accept, and the account 'eve' is nobody's in '.waybill/access.yaml'; write it to its owner's 'unix' there"
        )
        #expect(
            try answer(.accept(commit), by: "bob") == "RoleMissing: bob has not the role accept, which 'accept' needs")
        let key = try Bench().key
        #expect(
            try answer(.rollback(key, to: nil), by: "bob")
                == "RoleMissing: bob has not the role abort for production/churn, which 'rollback' needs")
        #expect(
            try answer(.lift(key), by: "ada")
                == "RoleMissing: ada has not the role abort for production/churn, which 'lift' needs")
    }

    @Test func `who has the role may, and nobody needs one that nobody has`() throws {
        let commit = try Bench().commit
        #expect(try answer(.accept(commit), by: "ada").hasPrefix("commit \(commit.short) is accepted in spite of "))
        #expect(try answer(.accept(commit), by: "eve", roles: false).hasPrefix("commit \(commit.short) is accepted"))
        #expect(try answer(.pause(try Bench().key), by: "eve").hasPrefix("paused"))
    }
}
