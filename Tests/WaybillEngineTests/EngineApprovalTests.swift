import Crypto
import Testing
import WaybillCore
import WaybillEngine

@testable import WaybillTrust

/// Changes that wait for the words of the people named for them.
@Suite struct `The engine asks for approvals` {
    private let risk: Name
    private let (alice, bob, dave): (Name, Name, Name)
    private let now = Timestamp(milliseconds: 1_000_000)

    init() throws {
        risk = try Name(parsing: "risk")
        (alice, bob, dave) = (
            try Name(parsing: "alice"), try Name(parsing: "bob"), try Name(parsing: "dave")
        )
    }

    private func secret(_ person: Name) throws -> SSHPrivateKey {
        let seed = Array(SHA256.hash(data: Array(person.text.utf8)))
        return SSHPrivateKey(try Curve25519.Signing.PrivateKey(rawRepresentation: seed))
    }

    private func board(_ found: [FoundStatement] = [], asks: Bool = true) throws -> ApprovalBoard {
        let people = try [alice, bob, dave].map {
            Access.Person(name: $0, keys: [Access.Key(key: try secret($0).publicKey)])
        }
        let grant = Access.Grant(
            role: .approver, as: risk, models: [try NamePattern(parsing: "*")], people: [alice, bob])
        return ApprovalBoard(
            access: Access(people: people, grants: [grant]), rules: WaybillCore.Digest(of: [7]),
            policies: asks ? [try Name(parsing: "production"): ApprovalPolicy(required: [.init(role: risk)])] : [:],
            shelf: StatementShelf(statements: found))
    }

    private func word(
        _ kind: ApprovalStatement.Kind, _ person: Name, _ change: Change, expires: Duration = .seconds(3600),
        evidence: WaybillCore.Digest? = nil
    ) throws -> FoundStatement {
        let statement = ApprovalStatement(
            kind, change.key, change: change.digest, from: change.from, evidence: evidence,
            role: kind == .propose ? nil : risk,
            issued: now, expires: kind == .approve ? now + expires : nil)
        let signature = try secret(person).sign(
            Array(statement.description.utf8), namespace: statement.kind.namespace)
        let path = ApprovalPath(statement, of: person)
        return FoundStatement(place: path.description, path: path, file: SignedStatement(statement, signature).file)
    }

    private func change(_ bench: Bench, from: Int?, to: Int?) -> Change {
        let (old, new) = (
            from.map { bench.deployment(setting: $0, replicas: 1) },
            to.map { bench.deployment(setting: $0, replicas: 1) }
        )
        return Change(bench.key, from: old?.revision, to: new?.rendering, checklist: nil)
    }

    /// A bench that serves `1`, admitted before anybody was asked, and then asks.
    private func serving() throws -> Bench {
        var bench = try Bench()
        bench.now = now
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        bench.send(.words(try board()))
        bench.notes = []
        bench.acts = []
        return bench
    }

    private func held(_ bench: Bench) -> String? {
        bench.core.currentSummary(of: bench.key)?.conditions[.held]?.message
    }

    @Test func `a change waits with the exact words, and what serves is still cared for`() throws {
        var bench = try serving()
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(
            held(bench)
                == "waiting for 1 more of risk (alice, bob) and 1 more person, since no signed proposal says who the author is (alice, bob)"
        )
        #expect(bench.core.currentSummary(of: bench.key)?.conditions[.held]?.reason == "AwaitingApproval")
        #expect(bench.acts == [])
        let hold = bench.notes.filter { $0.type == .holdPlaced }
        #expect(hold.map { $0.body["change"]?.string } == [change(bench, from: 1, to: 2).digest.description])
        #expect(bench.notes.allSatisfy { $0.undeclaredMembers.isEmpty })

        // A replica of what is in force is replaced as ever.
        let id = try #require(bench.replicas.keys.first)
        bench.replicas[id]?.phase = .exited(ExitStatus(cause: .signal(9), at: bench.now))
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        let old = bench.deployment(setting: 1, replicas: 1).revision
        #expect(bench.route.replicas.map(\.revisionShort) == [old.short] && !bench.route.replicas.contains(id))
        #expect(bench.core.violations == [])
    }

    @Test func `it goes on by itself once the words are there, and a restart asks no more`() throws {
        var bench = try serving()
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        let change = change(bench, from: 1, to: 2)
        let words = [try word(.propose, dave, change), try word(.approve, alice, change)]
        bench.send(.words(try board(words)))
        bench.settle()
        let new = bench.deployment(setting: 2, replicas: 1).revision
        #expect(bench.replicas.values.map(\.revision) == [new])
        #expect(held(bench) == nil)
        let types = bench.notes.map(\.type).filter {
            [.approvalSeen, .changeAdmitted, .holdReleased, .holdPlaced].contains($0)
        }
        #expect(types == [.holdPlaced, .approvalSeen, .changeAdmitted, .holdReleased])
        let admitted = try #require(bench.notes.first { $0.type == .changeAdmitted })
        #expect(admitted.body["change"]?.string == change.digest.description)
        #expect(admitted.body["authors"] == ["dave"])
        #expect(admitted.body["approvals"]?.list?.first?["person"] == "alice")
        #expect(bench.notes.allSatisfy { $0.undeclaredMembers.isEmpty })

        // Withdrawn and expired meanwhile: what began goes on.
        var later = try Bench(facts: bench.core.facts)
        later.now = bench.now + .seconds(90_000)
        (later.replicas, later.preparations, later.route) = (bench.replicas, bench.preparations, bench.route)
        later.send(.words(try board()))
        later.send(.desired(later.delta(setting: 2, replicas: 1)))
        later.settle()
        #expect(later.core.currentSummary(of: later.key)?.conditions.isTrue(.ready) == true)
        #expect(held(later) == nil)
        #expect(later.notes.allSatisfy { $0.type != .changeAdmitted && $0.type != .holdPlaced })
    }

    @Test func `a controller killed right after it admitted a change does not ask again`() throws {
        var bench = try serving()
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        let change = change(bench, from: 1, to: 2)
        let words = [try word(.propose, dave, change), try word(.approve, alice, change)]
        bench.send(.words(try board(words)))
        // Of what was asked for, only the notes up to the admission reached the ledger.
        var facts = bench.core.facts
        facts.keys[bench.key]?.approved = change.rendering?.description
        var later = try Bench(facts: facts)
        later.now = bench.now
        later.send(.words(try board()))
        later.send(.desired(later.delta(setting: 2, replicas: 1)))
        later.settle()
        #expect(later.replicas.values.map(\.revision) == [later.deployment(setting: 2, replicas: 1).revision])
    }

    @Test func `words that are void by the time they are needed begin nothing`() throws {
        var bench = try serving()
        let other = change(bench, from: 3, to: 2)
        let edited = change(bench, from: 1, to: 4)
        let short = change(bench, from: 1, to: 2)
        bench.send(
            .words(
                try board([
                    try word(.propose, dave, short), try word(.approve, alice, other), try word(.approve, bob, edited),
                ])))
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(
            held(bench)?.hasPrefix("waiting for 1 more of risk (alice, bob). not counted: alice: it starts from ")
                == true)
        #expect(bench.acts == [])

        // An approval that comes and has expired.
        bench.now = bench.now + .seconds(7200)
        bench.send(.words(try board([try word(.propose, dave, short), try word(.approve, alice, short)])))
        bench.settle()
        #expect(held(bench)?.contains("alice: it expired at 1970-01-01T01:16:40Z") == true)
        #expect(bench.acts == [])
    }

    @Test func `a clock that is set back makes no expired approval good`() throws {
        var bench = try serving()
        bench.now = bench.now + .seconds(7200)
        bench.send(.resync)
        bench.settle()
        bench.send(.command(OperatorCommand(id: 1, verb: .retry(bench.key), actor: .controller)))
        bench.settle()
        let later = bench.core.facts
        var back = try Bench(facts: later)
        (back.replicas, back.preparations, back.route) = (bench.replicas, bench.preparations, bench.route)
        back.now = now
        let change = change(bench, from: 1, to: 2)
        back.send(.words(try board([try word(.propose, dave, change), try word(.approve, alice, change)])))
        back.send(.desired(back.delta(setting: 2, replicas: 1)))
        back.settle()
        #expect(held(back)?.contains("alice: it expired at ") == true)
        #expect(back.acts.allSatisfy { $0.name != "start-replica" })
    }

    @Test func `neither resume, nor retry, nor restart, nor accept gets past it`() throws {
        var bench = try serving()
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        let verbs: [OperatorCommand.Verb] = [
            .pause(bench.key), .resume(bench.key), .retry(bench.key), .restart(bench.key), .accept(bench.commit),
        ]
        for (id, verb) in verbs.enumerated() {
            bench.send(.command(OperatorCommand(id: UInt64(id + 1), verb: verb, actor: .controller)))
            bench.settle()
        }
        #expect(bench.answers.count == verbs.count)
        let old = bench.deployment(setting: 1, replicas: 1).revision
        #expect(Set(bench.replicas.values.map(\.revision)) == [old])
        #expect(held(bench)?.hasPrefix("waiting for 1 more of risk") == true)
    }

    @Test func `a deployment goes only when its going is approved, also over a restart`() throws {
        var bench = try serving()
        let delta = DesiredDelta(commit: bench.commit, removed: [bench.key])
        bench.send(.desired(delta))
        bench.settle()
        #expect(held(bench)?.hasPrefix("waiting for 1 more of risk") == true && bench.acts == [])

        var later = try Bench(facts: bench.core.facts)
        (later.replicas, later.preparations, later.route) = (bench.replicas, bench.preparations, bench.route)
        later.now = bench.now
        later.send(.words(try board()))
        later.send(.found([later.key]))
        later.send(.desired(DesiredDelta(commit: later.commit)))
        later.settle()
        #expect(held(later)?.hasPrefix("waiting for 1 more of risk") == true && later.acts == [])
        #expect(later.replicas.count == 1)

        let gone = change(later, from: 1, to: nil)
        later.send(.words(try board([try word(.propose, dave, gone), try word(.approve, alice, gone)])))
        later.settle()
        #expect(later.replicas.isEmpty)
        #expect(later.core.keys == [])
    }

    @Test func `a first deployment waits as well, and takes back what git takes back`() throws {
        var bench = try Bench()
        bench.now = now
        bench.send(.words(try board()))
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        #expect(bench.core.currentSummary(of: bench.key)?.conditions[.ready]?.reason == "AwaitingApproval")
        #expect(bench.acts == [])
        bench.send(.desired(DesiredDelta(commit: bench.commit, removed: [bench.key])))
        bench.settle()
        #expect(bench.core.keys == [])
        #expect(bench.notes.map(\.type).last { $0 == .holdReleased } == .holdReleased)
    }

    @Test func `where no access file says who may, what is asked for in vain begins nothing`() throws {
        var bench = try serving()
        var board = try board()
        board.access = nil
        bench.send(.words(board))
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(
            held(bench)
                == "production asks for 1 of risk, and there is no '.waybill/access.yaml' that says who they are; nothing of it begins"
        )
        #expect(bench.acts == [])
    }

    @Test func `an environment that asks for nothing changes as before`() throws {
        var bench = try serving()
        bench.send(.words(try board(asks: false)))
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(bench.replicas.values.map(\.revision) == [bench.deployment(setting: 2, replicas: 1).revision])
        #expect(bench.notes.allSatisfy { $0.type != .changeAdmitted })
    }
}

extension `The engine asks for approvals` {
    /// What `setting` makes, asked a checklist before.
    private func asked(_ bench: Bench, setting: Int) throws -> DesiredDeployment {
        var desired = bench.deployment(setting: setting, replicas: 1)
        let gates = [Gate(name: "whole", .integrity)]
        desired.admission = AdmissionPolicy(
            checklist: AskedChecklist(name: try Name(parsing: "strict"), rules: Checklist(gates: gates)))
        return desired
    }

    @Test func `gates are asked before people, who approve the evidence that came of it`() throws {
        var bench = try serving()
        let desired = try asked(bench, setting: 2)
        let change = Change(
            bench.key, from: bench.deployment(setting: 1, replicas: 1).revision, to: desired.rendering,
            checklist: desired.admission.checklist?.digest)
        var board = try board()
        board.policies[bench.key.environment]?.requiresEvidence = true
        bench.send(.words(board))
        bench.send(.desired(DesiredDelta(commit: bench.commit, changed: [bench.key: desired])))
        bench.settle()
        #expect(bench.acts.map(\.name) == ["prepare", "validate"])
        #expect(bench.questions.map(\.deployment.revision) == [desired.revision])
        #expect(held(bench)?.hasPrefix("waiting for 1 more of risk (alice, bob)") == true)

        for (evidence, why) in [
            (nil, "it names no evidence, which production asks for"),
            (
                WaybillCore.Digest(of: [1]),
                "it names the evidence \(WaybillCore.Digest(of: [1]).short), and that of this change is "
            ),
        ] as [(WaybillCore.Digest?, String)] {
            let words = [try word(.propose, dave, change), try word(.approve, alice, change, evidence: evidence)]
            board.shelf = StatementShelf(statements: words)
            bench.send(.words(board))
            bench.settle()
            #expect(held(bench)?.contains("not counted: alice: \(why)") == true, "\(held(bench) ?? "")")
        }
        #expect(bench.acts.map(\.name) == ["prepare", "validate"])
        let evidence = try #require(bench.core.facts.keys[bench.key]?.verdict?.evidence)
        board.shelf = StatementShelf(statements: [
            try word(.propose, dave, change), try word(.approve, alice, change, evidence: evidence),
        ])
        bench.send(.words(board))
        bench.settle()
        #expect(bench.replicas.values.map(\.revision) == [desired.revision])
        #expect(bench.acts.count { $0.name == "validate" } == 1)
    }

    @Test func `what the gates refuse does not begin, whoever approved it`() throws {
        var bench = try serving()
        bench.verdict = .failed
        let desired = try asked(bench, setting: 2)
        let change = Change(
            bench.key, from: bench.deployment(setting: 1, replicas: 1).revision, to: desired.rendering,
            checklist: desired.admission.checklist?.digest)
        bench.send(.words(try board([try word(.propose, dave, change), try word(.approve, alice, change)])))
        bench.send(.desired(DesiredDelta(commit: bench.commit, changed: [bench.key: desired])))
        bench.settle()
        #expect(bench.acts.map(\.name) == ["prepare", "validate"])
        #expect(
            held(bench)
                == "gate whole of checklist strict: auc is 0.7, at least 0.8 is asked")
    }
}
