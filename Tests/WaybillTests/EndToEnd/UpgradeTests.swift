import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

extension `End to end` {
    @Test func `controller and gateway replaced by a newer build lose no request and restart no model`() async throws {
        try await withFleet { fleet in
            let older = try fleet.install()
            try fleet.deploy("1.0.0")
            try await fleet.push("first")
            try await fleet.start(older)
            try await fleet.serves("production/risk-score", "1.0.0")
            let (models, build) = (fleet.processes.models, try await fleet.client.status().controller.build)
            let gateway = try #require(fleet.processes.gateway)

            let newGateway = try await fleet.replaceUnderLoad()
            #expect(newGateway.pid != gateway.pid && fleet.processes.models == models)
            let upgraded = try await fleet.events(.controllerUpgraded)
            let starts = try await fleet.events(.controllerStarted).compactMap { $0.body["build"]?.string }
            #expect(starts.count == 2 && starts.first == build && Set(starts).count == 2)
            #expect(upgraded.map { [$0.body["from"], $0.body["to"]].compactMap { $0?.string } } == [starts])
            #expect(try await fleet.events(.replicaStarted, phase: .intent).count == 1)
            #expect(try await fleet.events(.gatewayStarted, phase: .intent).count == 1)
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
        }
    }

    /// With the old program itself, where `WAYBILL_BUILD_WITHOUT_SHARES` names the folder with its `waybill` and `waybill-shim`: one
    /// whose gateway reads route tables of format 1 only.
    @Test(.enabled(if: Fleet.buildWithoutShares != nil, "WAYBILL_BUILD_WITHOUT_SHARES names no old build"))
    func `a gateway that knows no shares serves a newer controller until it is replaced, and loses nothing`()
        async throws
    {
        let old = try #require(Fleet.buildWithoutShares)
        try await withFleet { fleet in
            try fleet.deploy("1.0.0")
            try await fleet.push("first")
            try await fleet.start(old + "/waybill")
            try await fleet.serves("production/risk-score", "1.0.0")
            let tally = try await fleet.load("production/risk-score") {
                #expect(try await fleet.controller.end(SIGTERM) == 0)
                try await fleet.start()
                try await fleet.serve("2.0.0")
                #expect(try fleet.tableFormat() == 1)
                try await fleet.replaceGateway(by: Program.waybill)
                try await fleet.serve("3.0.0")
                #expect(try fleet.tableFormat() == 2)
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
        }
    }

    @Test func `a gateway that ends after an installation is started again by the older controller`() async throws {
        try await withFleet { fleet in
            let older = try fleet.install()
            try fleet.deploy("1.0.0")
            try await fleet.push("first")
            try await fleet.start(older)
            try await fleet.serves("production/risk-score", "1.0.0")
            _ = try fleet.install()
            let gateway = try #require(fleet.processes.gateway)
            kill(gateway.pid, SIGKILL)
            try await fleet.eventually("another gateway answers") {
                let there = fleet.processes.gateway
                let version = there == nil ? nil : try? await fleet.answeringVersion("production/risk-score")
                return there?.pid != gateway.pid && version == "1.0.0"
            }
        }
    }
}

extension Fleet {
    fileprivate static let buildWithoutShares = ProcessInfo.processInfo.environment["WAYBILL_BUILD_WITHOUT_SHARES"]

    fileprivate func serve(_ version: String) async throws {
        try self.version(version)
        try deploy(version)
        try await apply(version)
        try await serves("production/risk-score", version)
    }

    /// Of the route table that the controller wrote last.
    fileprivate func tableFormat() throws -> Int? {
        let bytes = try Data(contentsOf: URL(filePath: state + "/gateway/routes.json"))
        return (try JSONSerialization.jsonObject(with: bytes) as? [String: Any])?["format"] as? Int
    }

    /// Installs this build into a folder of the fleet as `make install` does, over what is there: by renaming, while the older
    /// programs run. A later installation counts as another build, since its files have another time. The program's path.
    fileprivate func install() throws -> String {
        let place = URL(fileURLWithPath: folder + "/bin")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let built = URL(fileURLWithPath: Program.waybill).deletingLastPathComponent()
        for name in ["waybill", "waybill-shim"] {
            let new = place.appending(path: ".\(name).new")
            try FileManager.default.copyItem(at: built.appending(path: name), to: new)
            try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: new.path)
            guard rename(new.path, place.appending(path: name).path) == 0 else {
                throw Failure(.stall, reason: "Test", message: "\(name) could not be put in place")
            }
        }
        return place.appending(path: "waybill").path
    }

    /// Installs a newer build and replaces first the controller, then the gateway by it, while callers ask without
    /// pause. The gateway that serves then.
    fileprivate func replaceUnderLoad() async throws -> FleetProcesses.Entry {
        let before = processes.gateway
        let tally = try await load("production/risk-score") {
            let newer = try install()
            #expect(try await controller.end(SIGTERM) == 0)
            try await start(newer)
            try await serves("production/risk-score", "1.0.0")
            try await replaceGateway(by: newer)
            #expect(processes.gateway?.pid != before?.pid)
            try await serves("production/risk-score", "1.0.0")
        }
        #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
        return try #require(processes.gateway)
    }

    /// Lets `program` take over from the gateway that runs, and waits until that has ended.
    fileprivate func replaceGateway(by program: String) async throws {
        let gateway = try Program.process(
            [program, "gateway", "--take-over"], in: folder, [:], output: folder + "/gateway.log",
            errors: folder + "/gateway.log")
        try gateway.run()
        try await eventually("only the new gateway is there") {
            let there = processes.all.filter { $0.arguments.dropFirst().first == "gateway" }.map(\.pid)
            return there == [gateway.processIdentifier]
        }
    }
}
