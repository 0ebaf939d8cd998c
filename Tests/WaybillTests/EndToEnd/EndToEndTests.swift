import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

/// The whole of Waybill on its real programs: git remote, controller, keepers, model servers, gateway, ledger.
///
/// One test at a time: each starts several processes, and the machine may have two cores. Those that build Python environments
/// have a suite of their own: of two limits the shorter counts.
@Suite(.serialized, .timeLimit(.minutes(5))) struct `End to end` {}

/// Real model servers; the first run of a machine builds their Python environments, which takes minutes.
@Suite(.serialized, .timeLimit(.minutes(20))) struct `End to end with model servers` {}

extension `End to end` {
    @Test func `a push serves, and a second push replaces it without a lost request`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            let tally = try await fleet.load("production/risk-score") {
                try fleet.version("2.0.0")
                try fleet.deploy("2.0.0")
                try await fleet.apply("the second version")
                try await fleet.serves("production/risk-score", "2.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            let versions = ["1.0.0", "2.0.0"].map { version in
                tally.bodies.filter { $0.key.contains("\"\(version)\"") }.values.reduce(0, +)
            }
            #expect(versions.reduce(0, +) == tally.begun && versions.allSatisfy { $0 > 0 }, "\(tally.bodies)")
            for _ in 0..<10 { #expect(try await fleet.answeringVersion("production/risk-score") == "2.0.0") }
            #expect(fleet.processes.models.count == 1)
        }
    }

    @Test func `a change of replicas keeps those that run`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let first = fleet.processes.models.map(\.pid)
            try fleet.deploy("1.0.0", replicas: 2)
            try await fleet.apply("two replicas")
            try await fleet.eventually("two replicas are ready") {
                try await fleet.deployment("production/risk-score")?.replicas.ready == 2
            }
            #expect(Set(fleet.processes.models.map(\.pid)).isSuperset(of: first))
        }
    }

    /// How soon is measured by `Benchmarks/run resting`; here no poll comes within the hour, so nothing else can have done it.
    @Test func `a push is decided by sync and by webhook, without a poll`() async throws {
        try await withFleet(["webhook: {secretFile: hook-secret}"]) { fleet in
            try fleet.write("../hook-secret", "s3cret\n")
            try await fleet.startServing()
            for (trigger, version) in [("sync", "2.0.0"), ("webhook", "3.0.0")] {
                try fleet.version(version)
                try fleet.deploy(version)
                let (commit, size) = (try await fleet.push("version \(version)"), try await fleet.ledgerSize())
                if trigger == "sync" {
                    _ = try await fleet.client.perform(.sync)
                } else {
                    #expect(try await fleet.callHook(token: "s3cret") == 202)
                }
                try await fleet.serves("production/risk-score", version)
                let new = try await fleet.events(from: size)
                let decided = new.filter { [.commitObserved, .commitAccepted, .planDecided].contains($0.type) }
                #expect(decided.prefix(3).map(\.type) == [.commitObserved, .commitAccepted, .planDecided])
                #expect(decided.allSatisfy { $0.body["commit"]?.string == commit.hex })
                #expect(decided.first?.body["trigger"]?.string == trigger)
            }
            let triggers = try await fleet.events(.commitObserved).map { $0.body["trigger"]?.string }
            #expect(triggers == ["start", "sync", "webhook"])
            #expect(try await fleet.callHook(token: "guess") == 401)
        }
    }

    @Test func `deletion drains, stops and forgets; what must not be pruned stays as an orphan`() async throws {
        try await withFleet { fleet in
            for name in ["kept", "leaving", "other"] {
                try fleet.deploy(
                    "1.0.0", as: name, annotations: name == "kept" ? "waybill.dev/prune: disabled" : nil)
            }
            try await fleet.push()
            try await fleet.start()
            for name in ["kept", "leaving", "other"] { try await fleet.serves("production/\(name)", "1.0.0") }
            for name in ["kept", "leaving"] { try fleet.remove("deployments/\(name).yaml") }
            try await fleet.apply("remove two")
            try await fleet.eventually("the deployment is forgotten") {
                try await fleet.deployment("production/leaving") == nil
            }
            #expect(try await fleet.ask(Fleet.path("production/leaving"), body: Fleet.request).status == 404)
            #expect(!fleet.processes.models.contains { $0.names("--name=leaving") })
            let kept = try #require(try await fleet.deployment("production/kept"))
            #expect(kept.orphaned && kept.status == "Held")
            #expect(try await fleet.answeringVersion("production/kept") == "1.0.0")
            let stops = try await fleet.events(.replicaStopped, phase: .outcome).map(\.subject)
            #expect(stops == ["production/leaving"])
            let forgotten = try await fleet.events(.replicaForgotten, phase: .outcome).map(\.subject)
            #expect(forgotten == ["production/leaving"])
        }
    }

    @Test(arguments: [true, false])
    func `a controller that shall not start the gateway starts none, and serves by one that somebody else runs`(
        _ isFlag: Bool
    ) async throws {
        try await withFleet { fleet in
            let settings = fleet.folder + "/waybill.yaml"
            let text = try String(contentsOfFile: settings, encoding: .utf8)
            try fleet.write(
                "../waybill.yaml", isFlag ? text : text.replacing("gateway: {", with: "gateway: {start: false, "))
            try fleet.deploy("1.0.0")
            try await fleet.push()
            let flag = isFlag ? ["/bin/sh", "-c", #"exec "$@" --no-gateway"#, "sh"] : []
            try await fleet.start(under: flag)
            try await fleet.eventually("nobody can call it") {
                let view = try? await fleet.deployment("production/risk-score")
                return view?.conditions.contains { $0.type == "Ready" && $0.reason == "GatewayStopped" }
            }
            for time in 0..<2 {
                let gateway = try Program.process(
                    [Program.waybill, "gateway"], in: fleet.folder, [:], output: fleet.folder + "/gateway.log",
                    errors: fleet.folder + "/gateway.log")
                try gateway.run()
                try await fleet.serves("production/risk-score", "1.0.0")
                #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
                if time > 0 { continue }
                // A gateway of its own would be started in the turn in which the loss is written down.
                kill(gateway.processIdentifier, SIGKILL)
                try await fleet.eventually("its loss is seen") { try await !fleet.events(.driftFound).isEmpty }
            }
            #expect(try await fleet.events(.gatewayStarted).isEmpty)
        }
    }

    @Test func `a secret reaches the model and nothing else`() async throws {
        let secret = "xyzzy-\(UUID().uuidString)"
        try await withFleet { fleet in
            try fleet.write("../secrets/token", secret + "\n")
            let runtime =
                try fleet.sample("runtimes/python-oip.yaml")
                + "  env:\n    - name: API_TOKEN\n      valueFrom: {file: \(fleet.folder)/secrets/token}\n"
            try fleet.write("runtimes/python-oip.yaml", runtime)
            let program = try fleet.sample("artifacts/risk-score/1.0.0/server.py")
                .replacing("import argparse", with: "import hashlib, os, argparse")
                .replacing(
                    #""platform": "python""#,
                    with: #""platform": hashlib.sha256(os.environ["API_TOKEN"].encode()).hexdigest()"#)
            try fleet.version("1.0.0", program: program)
            try await fleet.startServing()
            let answer = try await fleet.ask("/production/risk-score/v2/models/risk-score")
            #expect(answer.text.contains(Digest(of: secret.utf8).hex), "\(answer.text)")
            try await fleet.controller.end(SIGTERM)
            // Words that must be found show that the search sees what is there.
            #expect(!(try fleet.files(holding: "replica.started")).isEmpty)
            #expect(!fleet.processes.all.filter { $0.names("server.py") }.isEmpty)
            #expect(try fleet.files(holding: secret) == ["secrets/token"])
            #expect(fleet.processes.all.filter { $0.names(secret) } == [])
        }
    }
}

extension Fleet {
    /// Delivers a push as GitLab does; the status of the answer.
    func callHook(token: String) async throws -> Int {
        let result = try await Program.run(
            [
                "/usr/bin/curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--header",
                "X-Gitlab-Token: \(token)", "--header", "X-Gitlab-Event: Push Hook", "--header",
                "Content-Type: application/json", "--data", #"{"ref":"refs/heads/main"}"#,
                "http://127.0.0.1:\(ports.metrics)/hooks/git",
            ], in: folder)
        return Int(result.output) ?? 0
    }

    /// Files of the fleet's folder that hold `text`, by their path in it.
    func files(holding text: String) throws -> [String] {
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return paths.sorted().filter { path in
            let data = FileManager.default.contents(atPath: "\(folder)/\(path)") ?? Data()
            return data.range(of: Data(text.utf8)) != nil
        }
    }
}
