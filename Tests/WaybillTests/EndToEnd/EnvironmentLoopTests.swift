import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// Python environments on the real programs: built from a lock, kept, and built again with no index.
extension `End to end` {
    private static let lock =
        "six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"

    @Test func `an environment is built again from its wheels when no index can be reached`() async throws {
        try await withFleet { fleet in
            try fleet.useLock(Self.lock)
            try await fleet.startServing()
            let built = try #require(try await fleet.events(.environmentBuilt).first)
            #expect(built.body["from"] == "index" && built.body["wheels"] == 1)

            try await fleet.controller.end(SIGTERM)
            // The network is cut: the only index is one where nobody answers. Then the environment is lost.
            try fleet.write(
                "../.config/pip/pip.conf", "[global]\nindex-url = http://127.0.0.1:9/simple\nno-cache-dir = true\n")
            try FileManager.default.removeItem(atPath: fleet.state + "/environments")
            try await fleet.start()
            let model = try #require(fleet.processes.models.first)
            kill(model.pid, SIGKILL)
            try await fleet.eventually("another process serves") {
                fleet.processes.models.contains { $0.pid != model.pid }
            }
            try await fleet.serves("production/risk-score", "1.0.0")
            let again = try await fleet.events(.environmentBuilt).dropFirst()
            #expect(again.map { $0.body["from"] } == ["store"] && again.map(\.outcome) == [.succeeded])
            #expect(again.map { $0.body["digest"] } == [built.body["digest"]])
        }
    }

    @Test func `an unlocked list stalls what is new, and what serves goes on`() async throws {
        try await withFleet { fleet in
            try fleet.useLock(Self.lock)
            try await fleet.startServing()
            let before = fleet.processes.models
            try fleet.write("locks/risk.txt", "six==1.17.0\n")
            try await fleet.apply("an unlocked list")
            try await fleet.eventually("it stalls") {
                try await fleet.condition("production/risk-score", "Stalled")?.reason == "LockInvalid"
            }
            let stalled = try #require(try await fleet.condition("production/risk-score", "Stalled"))
            #expect(
                stalled.message
                    == "locks/risk.txt:1: 'six==1.17.0' has no hashes, so its bytes are not locked; lock it with 'uv pip compile "
                    + "--universal --generate-hashes --python-version 3.11 --output-file locks/risk.txt locks/risk.txt'"
            )
            #expect(fleet.processes.models == before)
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            try fleet.write("locks/risk.txt", Self.lock)
            try await fleet.apply("locked again")
            try await fleet.serves("production/risk-score", "1.0.0")
            #expect(fleet.processes.models == before)
        }
    }
}

extension Fleet {
    /// Gives the runtime a Python environment with the lock `text`.
    fileprivate func useLock(_ text: String) throws {
        try write("locks/risk.txt", text)
        let runtime = try sample("runtimes/python-oip.yaml").replacing(
            "  command:\n    - /usr/bin/python3\n",
            with: """
                  environment: {python: "3.11", lock: locks/risk.txt}
                  command:
                    - "{{ environment.dir }}/bin/python"

                """)
        try write("runtimes/python-oip.yaml", runtime)
    }
}
