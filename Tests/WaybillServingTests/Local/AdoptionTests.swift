import Foundation
import Glibc
import Testing
import WaybillCore

@testable import WaybillServing

@Suite struct AdoptionTests {
    @Test func `a new controller takes a ready replica for ready at its first look`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            let before = try await target.waitUntilReady(spec.key)
            let successor = try machine.makeTarget()
            #expect(try await successor.only(spec.key) == before)
            try await successor.stop(id, ticket: try await ticket())
            #expect(try await successor.waitUntilExited(spec.key).cause == .signal(15))
        }
    }

    @Test func `a stop whose controller died before the keeper heard of it is carried out by the next`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            // What `stop` writes before it wakes the keeper.
            try Disk.write(Array("told to stop\n".utf8), to: "\(machine.folder(id).path)/stop")
            #expect(try await target.only(spec.key).phase == .stopping)
            let successor = try machine.makeTarget()
            #expect(try await successor.waitUntilExited(spec.key).cause == .signal(15))
        }
    }

    @Test func `an exit while no controller was there is known with status and time`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            _ = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            _ = try? await post("/eval", "print('bye', flush=True) or os._exit(7)", to: replica)
            let seen = try await target.waitUntilExited(spec.key)
            let successor = try machine.makeTarget()
            let status = try #require(try await successor.only(spec.key).phase.exit)
            #expect(status == seen)
            #expect(status.cause == .code(7))
            #expect(status.lastLines.last == "bye")
        }
    }

    @Test func `a killed keeper takes its program along, and what is left is swept`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(env: [EnvironmentVariable(name: "BEHAVIOUR", source: .value("parent"))])
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            let running = try #require(machine.folder(id).runningRecord()).running
            let grandchild = try #require(ProcessTable.tree(of: running.program.pid).last)
            kill(running.keeper.pid, SIGKILL)
            let status = try await target.waitUntilExited(spec.key)
            #expect(status.cause == .unknown)
            #expect(status.description == "gone without an exit status: its keeper was killed")
            try await eventually("the program ends with its keeper") { !running.program.isRunning }
            #expect(kill(grandchild, 0) == 0)
            #expect(try await target.only(spec.key).phase == .exited(status))
            try await target.forget(id, ticket: try await ticket())
            try await eventually("the grandchild is swept") {
                ProcessTable.name(grandchild) == nil || isZombie(grandchild)
            }
            #expect(try await target.knownKeys() == [])
        }
    }

    @Test func `a reused process number is neither adopted nor killed`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            let record = try #require(Disk.read("\(machine.folder(id).path)/spec"))
            _ = try await target.waitUntilReady(spec.key)
            try await target.stop(id, ticket: try await ticket())
            _ = try await target.waitUntilExited(spec.key)
            try await eventually("the keeper lets go") { !machine.folder(id).isLocked() }

            // The same replica as a crash would leave it, but its numbers are now those of a stranger.
            let stranger = Process()
            stranger.executableURL = URL(filePath: "/bin/sleep")
            stranger.arguments = ["600"]
            stranger.standardOutput = FileHandle.nullDevice
            stranger.standardError = FileHandle.nullDevice
            try stranger.run()
            defer { kill(stranger.processIdentifier, SIGKILL) }
            let folder = machine.folder(id)
            unlink("\(folder.path)/exit")
            unlink("\(folder.path)/stop")
            try Disk.write(record, to: "\(folder.path)/spec")
            var running = KeeperFields()
            running.add("format", "waybill.running/1")
            running.add("boot", ProcessTable.bootID())
            running.add("keeper", "\(stranger.processIdentifier) 12345")
            running.add("program", "\(stranger.processIdentifier) 12345")
            running.add("at", "1000")
            try Disk.write(running.bytes, to: "\(folder.path)/running")
            let holder = open("\(folder.path)/lock", O_RDWR | O_CLOEXEC)
            #expect(flock(holder, LOCK_EX | LOCK_NB) == 0)
            defer { close(holder) }

            let successor = try machine.makeTarget()
            #expect(try await successor.only(spec.key).phase.exit?.cause == .unknown)
            try await successor.stop(id, ticket: try await ticket())
            await #expect(throws: Failure.self) { try await successor.forget(id, ticket: try await ticket()) }
            flock(holder, LOCK_UN)
            try await successor.forget(id, ticket: try await ticket())
            #expect(stranger.isRunning)
        }
    }

    @Test func `after a restart of the machine nothing is taken for running`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            let running = "\(machine.folder(id).path)/running"
            let text = try #require(Disk.text(running))
            try Disk.write(
                Array(text.replacing(ProcessTable.bootID(), with: "11111111-2222-3333-4444-555555555555").utf8),
                to: running)
            let status = try #require(try await machine.makeTarget().only(spec.key).phase.exit)
            #expect(status.description == "gone without an exit status: the machine was restarted while it ran")
            try Disk.write(Array(text.utf8), to: running)
        }
    }

    @Test func `a start that was broken off before its keeper came up is made good by the next`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = ReplicaID(key: spec.key, revision: spec.revision, serial: 1)
            let started = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            try await target.stop(id, ticket: try await ticket())
            _ = try await target.waitUntilExited(spec.key)
            try await eventually("the keeper lets go") { !machine.folder(id).isLocked() }
            for name in ["exit", "running", "stop", "control"] { unlink("\(machine.folder(started).path)/\(name)") }
            let successor = try machine.makeTarget()
            let broken = try #require(try await successor.only(spec.key).phase.exit)
            #expect(broken.description == "gone without an exit status: its keeper never started it")
            try await successor.start(id, spec, ticket: try await ticket())
            try await whileProbing(successor) { _ = try await successor.waitUntilReady(spec.key) }
        }
    }

    @Test func `descriptors of the controller do not reach the replica`() async throws {
        try await withMachine { machine, target in
            // A listener as careless libraries make them: it would be inherited.
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            #expect(bind(listener, to: &address) == 0)
            #expect(listen(listener, 1) == 0)
            let inherited = try #require(Disk.link("/proc/self/fd/\(listener)"))
            defer { close(listener) }
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            let running = try #require(machine.folder(id).runningRecord()).running
            func descriptors(of pid: Int32) -> Set<String> {
                Set(Disk.names(in: "/proc/\(pid)/fd").compactMap { Disk.link("/proc/\(pid)/fd/\($0)") })
            }
            let kept = descriptors(of: running.keeper.pid)
            #expect(!descriptors(of: running.program.pid).contains(inherited))
            let allowed = ["/dev/null", "\(machine.folder(id).path)/", "pipe:", "anon_inode:[signalfd]"]
            for link in kept { #expect(allowed.contains { link.hasPrefix($0) }, "\(link)") }
        }
    }

    private func bind(_ descriptor: Int32, to address: inout sockaddr_in) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

private func isZombie(_ pid: Int32) -> Bool {
    (Disk.text("/proc/\(pid)/status") ?? "").contains("State:\tZ")
}
