import Foundation
import Testing
import WaybillCore

@testable import WaybillServing

@Suite struct ReplicaLifeTests {
    @Test func `a replica starts, becomes ready, answers, and stops as asked`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            #expect(replica.id == id)
            #expect(replica.revision == spec.revision)
            #expect(replica.version == spec.version)
            let answer = try await post("/v2/models/churn/infer", #"{"inputs":[{"data":[1,3]}]}"#, to: replica)
            #expect(answer.contains(#""data": [10.0]"#))
            try await target.stop(id, ticket: try await ticket())
            let status = try await target.waitUntilExited(spec.key)
            #expect(status.cause == .signal(15))
            #expect(status.description == "ended by signal 15: told to stop")
            #expect(status.lastLines == ["serving churn"])
            try await target.forget(id, ticket: try await ticket())
            #expect(try await target.knownKeys() == [])
            #expect(Disk.names(in: machine.settings.replicas) == [])
        }
    }
}
