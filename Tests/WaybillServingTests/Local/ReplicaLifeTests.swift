import Foundation
import Glibc
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

    @Test func `starting twice, stopping twice and forgetting twice are as once`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            try await target.start(id, spec, ticket: try await ticket())
            _ = try await target.waitUntilReady(spec.key)
            await #expect(throws: Failure(.wait, reason: "ReplicaAlive", message: "\(id) has not ended yet")) {
                try await target.forget(id, ticket: try await ticket())
            }
            for _ in 0..<2 { try await target.stop(id, ticket: try await ticket()) }
            _ = try await target.waitUntilExited(spec.key)
            try await target.start(id, spec, ticket: try await ticket())
            #expect(try await target.only(spec.key).phase.exit?.cause == .signal(15))
            try await eventually("the keeper lets go") { !machine.folder(id).isLocked() }
            for _ in 0..<2 { try await target.forget(id, ticket: try await ticket()) }
            #expect(try await target.knownKeys() == [])
        }
    }

    @Test(arguments: [
        (act: "os._exit(3)", cause: WaybillCore.ExitStatus.Cause.code(3)),
        (act: "os.kill(os.getpid(), signal.SIGKILL)", cause: .signal(9)),
        (act: "os.abort()", cause: .signal(6)),
    ])
    func `an exit that nobody asked for is known with its status`(
        _ row: (act: String, cause: WaybillCore.ExitStatus.Cause)
    )
        async throws
    {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            _ = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            _ = try? await post("/eval", row.act, to: replica)
            let status = try await target.waitUntilExited(spec.key)
            #expect(status.cause == row.cause)
            #expect(status.reason == nil)
            #expect(status.at >= replica.startedAt)
        }
    }

    @Test func `a program that ignores the polite signal is killed after its grace, with every grandchild`()
        async throws
    {
        try await withMachine { machine, target in
            let spec = try machine.spec(
                env: [EnvironmentVariable(name: "BEHAVIOUR", source: .value("parent"))], grace: .milliseconds(300))
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            let running = try #require(machine.folder(id).runningRecord()?.running)
            let tree = ProcessTable.tree(of: running.program.pid)
            #expect(tree.count == 2)
            try await target.stop(id, ticket: try await ticket())
            #expect(try await target.only(spec.key).phase != .ready)
            let status = try await target.waitUntilExited(spec.key)
            #expect(status.cause == .signal(15))
            #expect(status.reason == "told to stop; it did not end within 300 ms and was killed")
            for process in tree { #expect(kill(process, 0) != 0) }
        }
    }

    @Test func `a stubborn program is told apart from a polite one`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(
                env: [EnvironmentVariable(name: "BEHAVIOUR", source: .value("stubborn"))], grace: .milliseconds(300))
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            try await target.stop(id, ticket: try await ticket())
            let status = try await target.waitUntilExited(spec.key)
            #expect(status.cause == .signal(9))
            #expect(status.reason == "told to stop; it did not end within 300 ms and was killed")
        }
    }

    @Test func `a replica that was told to stop is stopping until it has ended`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(
                env: [EnvironmentVariable(name: "BEHAVIOUR", source: .value("stubborn"))], grace: .seconds(600))
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            try await target.stop(id, ticket: try await ticket())
            #expect(try await target.only(spec.key).phase == .stopping)
            #expect(try await machine.makeTarget().only(spec.key).phase == .stopping)
            kill(try #require(machine.folder(id).runningRecord()).running.program.pid, SIGKILL)
            let status = try await target.waitUntilExited(spec.key)
            #expect(status.description == "ended by signal 9: told to stop")
        }
    }

    @Test func `when a program ends by itself its children end with it`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(env: [EnvironmentVariable(name: "BEHAVIOUR", source: .value("parent"))])
            let id = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            let tree = ProcessTable.tree(of: try #require(machine.folder(id).runningRecord()).running.program.pid)
            #expect(tree.count == 2)
            _ = try? await post("/eval", "os._exit(0)", to: replica)
            #expect(try await target.waitUntilExited(spec.key).cause == .code(0))
            for process in tree { #expect(kill(process, 0) != 0) }
        }
    }

    @Test func `a program that is not there is refused and leaves nothing`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(command: ["no-such-server", "--port", "{{ ports.http }}"])
            let id = ReplicaID(key: spec.key, revision: spec.revision, serial: 1)
            let work = machine.folder(id).path + "/work"
            await #expect(
                throws: Failure(
                    .stall, reason: "ProgramMissing",
                    message: "\(id) was not started: cannot run 'no-such-server' in \(work): No such file or directory "
                        + "(PATH is searched for names without '/')")
            ) { try await machine.start(spec, on: target) }
            #expect(Disk.names(in: machine.settings.replicas) == [])
        }
    }

    @Test func `files are rendered into the work folder and may not leave it`() async throws {
        try await withMachine { machine, target in
            let file = RenderedFile(path: "conf/settings.json", content: #"{"name": "{{ deployment.name }}"}"#)
            let spec = try machine.spec(files: [file])
            let id = try await machine.start(spec, on: target)
            #expect(Disk.text("\(machine.folder(id).path)/work/conf/settings.json") == #"{"name": "churn"}"#)
            let hostile = try machine.spec("other", files: [RenderedFile(path: "../../x", content: "")])
            await #expect(
                throws: Failure(
                    .stall, reason: "TemplateInvalid",
                    message:
                        "file '../../x' of runtime sample is not a path inside the work folder; use a relative path without '..'"
                )
            ) { try await machine.start(hostile, on: target) }
        }
    }

    @Test func `a keeper is small`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            for number in 0..<200 { try await post("/say", "line \(number)", to: replica) }
            let keeper = try #require(machine.folder(id).runningRecord()).running.keeper.pid
            let line = (Disk.text("/proc/\(keeper)/status") ?? "").split(separator: "\n").first {
                $0.hasPrefix("VmRSS:")
            }
            let kilobytes = try #require(line?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
            print("keeper: \(kilobytes) KiB resident")
            #expect(kilobytes <= 8192)
        }
    }
}
