import Foundation
import Glibc
import Testing
import WaybillCore

@testable import WaybillServing

@Suite struct ProbeTests {
    private static let probes = Probes(
        startup: Probe(check: .tcp, failures: 2), readiness: Probe(check: .tcp, failures: 2),
        liveness: Probe(check: .tcp, failures: 2))

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var from: ProbeState.Phase
        var results: [(ProbeState.Question, ProbeState.Result)]
        var phase: ProbeState.Phase
        var last: ProbeState.Consequence
    }

    @Test(arguments: [
        Row(
            testDescription: "a passed startup probe alone makes nothing ready", from: .starting,
            results: [(.startup, .passed)], phase: .started, last: .nothing),
        Row(
            testDescription: "startup, then readiness, makes ready", from: .starting,
            results: [(.startup, .passed), (.readiness, .passed)], phase: .ready, last: .phaseChanged),
        Row(
            testDescription: "a second pass changes nothing", from: .started,
            results: [(.readiness, .passed), (.readiness, .passed)], phase: .ready, last: .nothing),
        Row(
            testDescription: "startup fails up to its bound", from: .starting,
            results: [(.startup, .failed("x")), (.startup, .failed("y"))],
            phase: .failing(reason: "startup probe failed 2 times: y"), last: .phaseChanged),
        Row(
            testDescription: "liveness fails up to its bound, and what it answers later changes nothing", from: .ready,
            results: [(.liveness, .failed("x")), (.liveness, .failed("y")), (.readiness, .passed)],
            phase: .failing(reason: "liveness probe failed 2 times: y"), last: .nothing),
        Row(
            testDescription: "one failed readiness is forgiven", from: .started,
            results: [(.readiness, .passed), (.readiness, .failed("x"))], phase: .ready, last: .nothing),
        Row(
            testDescription: "a pass between two failures begins the count anew", from: .started,
            results: [
                (.readiness, .passed), (.readiness, .failed("x")), (.readiness, .passed), (.readiness, .failed("x")),
            ], phase: .ready, last: .nothing),
        Row(
            testDescription: "two failures in a row lose readiness", from: .started,
            results: [(.readiness, .passed), (.readiness, .failed("x")), (.readiness, .failed("x"))], phase: .unready,
            last: .phaseChanged),
        Row(
            testDescription: "a stranger on the port loses readiness at once", from: .started,
            results: [(.readiness, .passed), (.readiness, .stranger("port 1 is taken"))], phase: .unready,
            last: .phaseChanged),
        Row(
            testDescription: "liveness fails up to its bound", from: .started,
            results: [(.readiness, .passed), (.liveness, .failed("x")), (.liveness, .failed("z"))],
            phase: .failing(reason: "liveness probe failed 2 times: z"), last: .phaseChanged),
        Row(
            testDescription: "a replica that was found and does not answer is starting", from: .found,
            results: [(.readiness, .failed("x"))], phase: .starting, last: .nothing),
        Row(
            testDescription: "a replica that was found and answers is ready", from: .found,
            results: [(.readiness, .passed)], phase: .ready, last: .phaseChanged),
    ])
    func `results lead to phases`(_ row: Row) {
        var state = ProbeState(Self.probes, phase: row.from)
        let consequences = row.results.map { state.handle($0.0, $0.1) }
        #expect(consequences.last == row.last)
        #expect(state.phase == row.phase)
    }

    @Test func `a replica that loses and regains readiness is reported each time`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            _ = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            var changes = target.changes.makeAsyncIterator()
            _ = await changes.next()
            try await post("/set/ready", "503", to: replica)
            try await eventually("it is unready") { try await target.only(spec.key).phase == .unready }
            #expect(await changes.next() == spec.key)
            try await post("/set/ready", "200", to: replica)
            _ = try await target.waitUntilReady(spec.key)
            #expect(await changes.next() == spec.key)
        }
    }

    @Test func `a replica whose liveness probe fails is reported with that reason and left to run`() async throws {
        try await withMachine { machine, target in
            let live = Probe(check: .http(path: "/v2/health/live"), period: .milliseconds(50), failures: 3)
            let spec = try machine.spec(liveness: live)
            let id = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            var changes = target.changes.makeAsyncIterator()
            // That it was started, and that it is ready.
            for _ in 0..<2 { _ = await changes.next() }
            try await post("/set/live", "500", to: replica)
            #expect(await changes.next() == spec.key)
            let port = try #require(replica.port)
            #expect(
                try await target.only(spec.key).phase
                    == .failing("liveness probe failed 3 times: GET /v2/health/live on port \(port) answered 500"))
            try await Task.sleep(for: .milliseconds(500))
            #expect(machine.folder(id).isAskedToStop == false)
            guard case .running = machine.folder(id).life() else {
                Issue.record("it was ended by the prober")
                return
            }
            try await target.stop(id, ticket: try await ticket())
            #expect(try await target.waitUntilExited(spec.key).reason == "told to stop")
        }
    }

    @Test(arguments: [
        (Probe.Check.tcp, "port PORT accepts no connection"),
        (.http(path: "/v2/health/ready"), "GET /v2/health/ready on port PORT: no connection"),
    ])
    func `a program that never listens is failing by its startup probe`(_ check: Probe.Check, _ reason: String)
        async throws
    {
        try await withMachine { machine, target in
            var spec = try machine.spec(command: ["/bin/sleep", "600"])
            // A refusal is an answer: nobody waits for the end of the time that a probe has.
            spec.probes.startup = Probe(check: check, period: .milliseconds(20), timeout: .seconds(60), failures: 3)
            let id = try await machine.start(spec, on: target)
            let port = try #require(try machine.folder(id).record().servedPort)
            try await eventually("it is failing") {
                try await target.only(spec.key).failure
                    == "startup probe failed 3 times: \(reason.replacing("PORT", with: "\(port)"))"
            }
            guard case .running = machine.folder(id).life() else {
                Issue.record("it was ended by the prober")
                return
            }
        }
    }

    @Test func `an answer from a process that is not the replica's makes nothing ready`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(command: ["/bin/sleep", "600"])
            let id = try await machine.start(spec, on: target)
            let port = try #require(try machine.folder(id).record().servedPort)
            let other = Process()
            other.executableURL = URL(filePath: "/usr/bin/python3")
            other.arguments = [machine.server, String(port), "churn", machine.weights.path]
            other.standardOutput = FileHandle.nullDevice
            try other.run()
            defer { kill(other.processIdentifier, SIGKILL) }
            try await eventually("the stranger is seen") { try await target.only(spec.key).drift != nil }
            let replica = try await target.only(spec.key)
            #expect(replica.drift == "port \(port) belongs to a process that is not the replica's")
            #expect(replica.phase == .starting)
        }
    }

    @Test func `an edited model file is drift with both digests`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            _ = try await machine.start(spec, on: target)
            let copy = machine.models.folder(for: spec.artifacts) + "/weights"
            chmod(copy, 0o644)
            try Data("9.9".utf8).write(to: URL(filePath: copy))
            let found = Digest(of: Array("9.9".utf8))
            let seen = try await target.observe(spec.key, revisions: [spec])
            #expect(
                seen.preparations == [
                    spec.revision: .altered(path: "weights", expected: machine.weights.digest, found: found)
                ])
            #expect(
                seen.replicas.first?.drift
                    == "model file weights is altered: expected \(machine.weights.digest), found \(found)")
        }
    }
}
