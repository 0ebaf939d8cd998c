import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// Revisions do not change by being packaged: a build that packages takes over from one that did not, and restarts nothing.
extension `End to end` {
    @Test(.enabled(if: geteuid() == 0, "replicas that root recorded have users of their own"))
    func `what the last build without packaging left goes on under this one`() async throws {
        try await RecordedFleet.with { fleet in
            try await fleet.resumeRecorded()
            #expect(!FileManager.default.fileExists(atPath: fleet.state + "/content"))
            try await fleet.takesOverUnchanged { try await fleet.start() }
            let adopted = try await fleet.events(.replicaAdopted).compactMap { $0.body["revision"]?.string }
            #expect(adopted == [RecordedFleet.revision])
            try await fleet.packagesBeside()
        }
    }

    /// The same with the old program itself, where `WAYBILL_OLD_BUILD` names the folder with its `waybill` and `waybill-shim`.
    @Test(.enabled(if: Fleet.oldBuild != nil, "WAYBILL_OLD_BUILD names no old build"))
    func `the last build without packaging hands over to this one`() async throws {
        let old = try #require(Fleet.oldBuild)
        try await withFleet { fleet in
            try fleet.deploy("1.0.0")
            try await fleet.push("first")
            try await fleet.start(old + "/waybill")
            try await fleet.serves("production/risk-score", "1.0.0")
            try await fleet.takesOverUnchanged {
                #expect(try await fleet.controller.end(SIGTERM) == 0)
                try await fleet.start()
            }
            try await fleet.packagesBeside()
        }
    }
}

extension Fleet {
    fileprivate static let oldBuild = ProcessInfo.processInfo.environment["WAYBILL_OLD_BUILD"]

    /// Replaces the controller by `replace` under load: no request is lost, the processes that serve stay, nothing starts or stops.
    fileprivate func takesOverUnchanged(_ replace: () async throws -> Void) async throws {
        let (models, keepers) = (processes.models, processes.keepers)
        let gateway = try #require(processes.gateway)
        #expect(models.count == 1 && keepers.count == 1)
        let known = LedgerIndex(try await events(from: 0).count)
        let started = try await events(.replicaStarted).map(\.body)
        let tally = try await load("production/risk-score") {
            try await replace()
            try await serves("production/risk-score", "1.0.0")
            // A look at everything, as after a poll, and one at this deployment.
            _ = try await client.perform(.sync)
            _ = try await client.perform(.retry(try key("production/risk-score")))
            try await Task.sleep(for: .seconds(1))
            try await serves("production/risk-score", "1.0.0")
        }
        #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
        #expect(processes.models == models && processes.keepers == keepers && processes.gateway == gateway)
        #expect(try await events(.replicaStarted).map(\.body) == started)
        let new = try await events(from: known)
        #expect(try await lifeEvents(from: known) == [])
        #expect(new.filter { $0.type == .controllerUpgraded }.count == 1)
        let adopted = new.filter { $0.type == .replicaAdopted }
        #expect(adopted.map { $0.body["pid"]?.integer } == keepers.map { Int64($0.pid) })
        #expect(adopted.map { $0.body["revision"] } == started.compactMap { $0["revision"] }.suffix(1))
        let touching: Set<EventType> = [
            .sourcesResolved, .artifactVerified, .artifactInspected, .bundleBuilt, .environmentBuilt, .driftFound,
        ]
        #expect(new.filter { touching.contains($0.type) }.map(\.type) == [])
    }

    /// Bundles come beside what serves: by hand for the version that serves, by the controller for the next one.
    fileprivate func packagesBeside() async throws {
        let models = processes.models
        let built = try await waybill("package", "build", "risk-score@1.0.0", "--repository", clone)
        #expect(built.code == 0, "\(built.output)\(built.errors)")
        #expect(try await waybill("package", "verify", "risk-score@1.0.0").code == 0)
        _ = try await client.perform(.retry(try key("production/risk-score")))
        try await serves("production/risk-score", "1.0.0")
        #expect(processes.models == models)
        // What was built by hand is an act with an end of its own; the controller records it once it finds the bytes of what
        // serves in the store.
        try await eventually("the controller records the bundle") {
            try await events(.bundleBuilt).map(\.phase) == [.intent, .outcome, .fact]
        }
        try version("2.0.0", adding: [("NOTES.md", Array("another model\n".utf8))])
        try deploy("2.0.0")
        let known = try await ledgerSize()
        try await apply("the second version")
        try await serves("production/risk-score", "2.0.0")
        let steps = try await events(from: known).map(\.type).filter {
            [.sourcesResolved, .artifactVerified, .artifactInspected, .bundleBuilt].contains($0)
        }
        // Two of its files are held already, by the bundle that was built by hand; all three are looked into.
        #expect(steps.first == .sourcesResolved && steps.last == .bundleBuilt)
        #expect(steps.filter { $0 == .artifactInspected }.count == 3)
        let bundles = try await events(.bundleBuilt).compactMap { event in
            event.body["version"]?.string.map { "\($0) \(event.phase.rawValue)" }
        }
        #expect(
            bundles == [
                "risk-score@1.0.0 intent", "risk-score@1.0.0 outcome", "risk-score@1.0.0 fact", "risk-score@2.0.0 fact",
            ])
        #expect(try await answeringVersion("production/risk-score") == "2.0.0")
    }
}
