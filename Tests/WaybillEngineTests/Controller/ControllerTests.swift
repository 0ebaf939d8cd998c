import Testing
import WaybillCore
import WaybillEngine

struct ControllerTests {
    @Test func `every act has its plan and its intent in the ledger before it and its outcome after it`() async throws {
        let harness = ControllerHarness()
        let key = try Named.key()
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("it serves") { await harness.isReady(key) }
        }
        let events = harness.ledger.events
        #expect(harness.target.acts.map(\.name) == ["prepare", "start"])
        let plan = try #require(events.firstIndex { $0.type == .planDecided })
        for act in harness.target.acts {
            let intent = events[Int(act.ticket.index)]
            #expect(intent.phase == .intent && intent.subject == key.description)
            #expect(plan < Int(act.ticket.index))
            #expect(
                events.contains { $0.phase == .outcome && $0.cause == act.ticket.index && $0.outcome == .succeeded })
        }
        #expect(harness.ledger.facts.dangling == [:])
        #expect(events.flatMap(\.undeclaredMembers) == [])
    }

    @Test func `a route tells the model, and of each revision the commit that first brought it`() async throws {
        let harness = ControllerHarness()
        let key = try Named.key()
        let (first, second) = (try Named.commit("a").hex, try Named.commit("c").hex)
        @Sendable func backends() -> [RouteTable.Backend] { harness.gateway.table.routes.first?.backends ?? [] }
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("it serves") { await harness.isReady(key) }
            #expect(harness.gateway.table.routes.first?.model == Named.desired(key).spec.version.model.text)
            #expect(backends().map(\.commit) == [first])
            // The same revision, one replica more: it was admitted before.
            let more = DesiredDelta(commit: try Named.commit("b"), changed: [key: Named.desired(key, replicas: 2)])
            harness.controller.send(.desired(more))
            try await eventually("both serve") { backends().count == 2 }
            #expect(backends().map(\.commit) == [first, first])
            harness.controller.send(.desired(try Named.delta("c", [key], setting: 2)))
            try await eventually("the other revision serves alone") { backends().map(\.commit) == [second] }
        }
    }

    @Test func `an outcome that the ledger cannot take is concluded when it is back, and nothing is done till then`()
        async throws
    {
        let harness = ControllerHarness()
        let key = try Named.key()
        try await harness.run {
            harness.target.turnstile.close()
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("the act began") { harness.target.turnstile.waiting == 1 }
            harness.ledger.breakNow()
            harness.target.turnstile.open()
            try await eventually("the loss shows") {
                await harness.controller.summary(of: key)?.conditions[.reconciling]?.reason == "LedgerUnavailable"
            }
            let looks = harness.target.looks
            harness.controller.send(.replicaChanged(key))
            try await eventually("it is still looked at") { harness.target.looks > looks }
            #expect(harness.target.acts.map(\.name) == ["prepare"])
            #expect(harness.ledger.facts.dangling.count == 1)
            harness.ledger.mend()
            try await eventually("it serves in the end") { await harness.isReady(key) }
        }
        #expect(harness.ledger.facts.dangling == [:])
        #expect(harness.ledger.events(of: .revisionPrepared).map(\.phase) == [.intent, .outcome])
        // The ledger's outcome and the core's step each have a moment of their own.
        var (written, known) = (harness.ledger.facts.keys, await harness.controller.facts.keys)
        #expect(written[key]?.stays.map(\.revision) == known[key]?.stays.map(\.revision))
        written[key]?.stays = []
        known[key]?.stays = []
        #expect(written == known)
    }

    @Test func `notes that the ledger refused come once and in order when it is back`() async throws {
        let harness = ControllerHarness()
        let key = try Named.key()
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("it serves") { await harness.isReady(key) }
            harness.ledger.breakNow()
            harness.controller.send(
                .hold(
                    FleetHold(
                        cause: .massDeletion, commit: try Named.commit("b"), accepted: try Named.commit("a"),
                        message: "much")))
            try await eventually("it is told") { await harness.controller.isLedgerLost }
            harness.controller.send(.release(reason: "a later commit"))
            harness.controller.send(.replicaChanged(key))
            try await eventually("the release is taken") { await harness.controller.fleetHold == nil }
            harness.ledger.mend()
            try await eventually("both are written") { harness.ledger.events(of: .holdReleased).count == 1 }
        }
        let holds = harness.ledger.events.map(\.type).filter { [.holdPlaced, .holdReleased].contains($0) }
        #expect(holds == [.holdPlaced, .holdReleased])
        #expect(harness.ledger.facts.fleetHold == nil)
    }

    @Test func `an act asked for without a ledger is answered, and tried again when there is one`() async throws {
        let harness = ControllerHarness()
        let key = try Named.key()
        harness.ledger.breakNow()
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("it is told") { await harness.controller.isLedgerLost }
            #expect(harness.target.acts.isEmpty)
            let refused = await #expect(throws: Failure.self) {
                _ = try await harness.controller.command(.pause(key), by: Named.operatorActor, reason: nil)
            }
            #expect(refused?.reason == "LedgerUnavailable")
            harness.ledger.mend()
            try await eventually("it serves") { await harness.isReady(key) }
        }
        #expect(harness.ledger.events(of: .planDecided).count == 1)
    }

    @Test func `a command that the ledger refuses is refused, and not carried out when it is back`() async throws {
        let harness = ControllerHarness()
        let key = try Named.key()
        let held = try Named.commit("b")
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", [key])))
            harness.controller.send(
                .hold(
                    FleetHold(
                        cause: .historyRewound, commit: held, accepted: try Named.commit("a"), message: "rewound")))
            try await eventually("it serves") { await harness.isReady(key) }
            for verb in [.pause(key), .accept(held)] as [OperatorCommand.Verb] {
                try await eventually("the ledger is there") { await !harness.controller.isLedgerLost }
                harness.ledger.breakNow()
                let refused = await #expect(throws: Failure.self) {
                    _ = try await harness.controller.command(verb, by: Named.operatorActor, reason: "r")
                }
                #expect(refused?.reason == "LedgerUnavailable")
                harness.ledger.mend()
                try await eventually("the ledger is back") { await !harness.controller.isLedgerLost }
            }
            harness.controller.send(.release(reason: "the last word"))
            try await eventually("what was asked for later is written") {
                harness.ledger.events(of: .holdReleased).count == 1
            }
        }
        #expect(harness.ledger.events(of: .operatorCommand) == [])
        #expect(harness.reconsidered.all == [])
        #expect(await harness.controller.facts.keys[key]?.isPaused == false)
        #expect(await harness.controller.facts.operatorAccepted == nil)
    }

    @Test func `a gateway's start that an earlier controller did not conclude is reconciled`() async throws {
        let intent = Event(
            .gatewayStarted, phase: .intent, decision: DecisionID(1), time: Timestamp(milliseconds: 1),
            subject: "controller", body: ["reason": "no gateway answers"])
        let harness = ControllerHarness(ledger: FakeLedger([intent]))
        try await harness.run {
            try await eventually("it is reconciled") { harness.ledger.events(of: .intentReconciled).count == 1 }
        }
        #expect(harness.ledger.facts.dangling == [:])
        let note = try #require(harness.ledger.events(of: .intentReconciled).first)
        #expect(note.body["found"] == "a gateway answers at 127.0.0.1:8080")
        #expect(note.cause == 0 && note.undeclaredMembers == [])
    }

    @Test func `a stop waits for the act under way and starts no other`() async throws {
        let harness = ControllerHarness()
        let key = try Named.key()
        harness.target.turnstile.close()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await harness.controller.run() }
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("the act began") { harness.target.turnstile.waiting == 1 }
            harness.controller.send(.stop)
            try await eventually("the stop is taken") { await harness.controller.isStopping }
            #expect(harness.ledger.events(of: .revisionPrepared).map(\.phase) == [.intent])
            harness.target.turnstile.open()
            try await group.waitForAll()
        }
        #expect(harness.ledger.events(of: .revisionPrepared).map(\.phase) == [.intent, .outcome])
        #expect(harness.target.acts.map(\.name) == ["prepare"])
        let refused = await #expect(throws: Failure.self) {
            _ = try await harness.controller.command(.pause(key), by: Named.operatorActor, reason: nil)
        }
        #expect(refused?.message == "the controller is stopping")
    }

    @Test func `a gateway that is gone takes readiness from all and is one drift until it is back`() async throws {
        let harness = ControllerHarness()
        let keys = [try Named.key(), try Named.key("staging/churn")]
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", keys)))
            for key in keys { try await eventually("it serves") { await harness.isReady(key) } }
            harness.gateway.goAway(true)
            for key in keys {
                try await eventually("its absence shows") {
                    await harness.controller.summary(of: key)?.conditions[.ready]?.reason == "GatewayStopped"
                }
            }
            #expect(await harness.controller.gatewayProblem == "process 7 runs")
            harness.gateway.goAway(false)
            for key in keys { try await eventually("its return shows") { await harness.isReady(key) } }
            try await eventually("that is written") { harness.ledger.events(of: .driftCorrected).count == 1 }
        }
        let found = harness.ledger.events(of: .driftFound)
        #expect(found.map(\.subject) == ["controller"])
        #expect(
            found.first?.body == [
                "what": "gateway-stopped", "subject": "gateway", "found": "process 7 runs", "expected": "running",
                "message": "the gateway does not answer: process 7 runs",
            ])
        #expect(harness.ledger.events(of: .driftCorrected).map(\.subject) == ["controller"])
    }

    @Test func `a gateway that never answered and that nothing is routed by is no drift`() async throws {
        let harness = ControllerHarness()
        harness.gateway.goAway(true)
        try await harness.run {
            try await eventually("its absence shows") { await harness.controller.gatewayProblem != nil }
        }
        #expect(harness.ledger.events(of: .driftFound) == [])
    }

    @Test func `an append that never returns stops the engine's beat, though steps go on`() async throws {
        let harness = ControllerHarness()
        try await harness.run {
            let beats = harness.beats
            try await eventually("all loops are heard of") {
                ControllerLoop.allCases.allSatisfy { beats.count($0) > 0 }
            }
            harness.ledger.turnstile.close()
            harness.controller.send(
                .hold(
                    FleetHold(
                        cause: .massDeletion, commit: try Named.commit("b"), accepted: try Named.commit("a"),
                        message: "much")))
            try await eventually("the append hangs") { harness.ledger.turnstile.waiting == 1 }
            let (engine, clock) = (beats.count(.engine), beats.count(.clock))
            harness.controller.send(.release(reason: "it turns"))
            try await eventually("steps go on") { await harness.controller.fleetHold == nil }
            try await eventually("the clock goes on") { beats.count(.clock) > clock + 2 }
            #expect(beats.count(.engine) == engine)
            harness.ledger.turnstile.open()
            try await eventually("the engine is heard of again") { beats.count(.engine) > engine }
        }
    }

    @Test func `a gateway that is started anew has everything looked at again`() async throws {
        let harness = ControllerHarness()
        let key = try Named.key()
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("it serves") { await harness.isReady(key) }
            harness.gateway.goAway(true)
            try await eventually("its absence shows") {
                harness.controller.send(.replicaChanged(key))
                return !(await harness.isReady(key))
            }
            harness.gateway.goAway(false)
            try await eventually("its return shows") { await harness.isReady(key) }
        }
    }
}
