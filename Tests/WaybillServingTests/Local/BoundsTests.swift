import CLinux
import Foundation
import Glibc
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// Limits, devices, ports, secrets, logs: what a replica may use and leave.
@Suite struct BoundsTests {
    @Test func `a replica that grows past its memory limit is ended with that reason`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(resources: Resources(memory: 100 << 20))
            _ = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            try await post("/grow", String(10 << 20), to: replica)
            _ = try? await post("/grow", String(300 << 20), to: replica)
            let status = try await target.waitUntilExited(spec.key)
            #expect(status.cause == .signal(9))
            // The kernel's count, in a cgroup, is not told; the keeper's own is.
            let passed = "memory limit of 104857600 bytes passed"
            let isCounted = status.reason.map { $0.hasPrefix("\(passed): ") && $0.hasSuffix(" in use") } ?? false
            #expect(
                target.cgroup.path == nil ? isCounted : status.reason == passed, "\(String(describing: status.reason))")
        }
    }

    /// Why cgroups hold no limits here; nil when they do.
    private static let withoutCgroup: String? =
        if case .unavailable(let reason) = CgroupPlace.find(configured: nil) { reason } else { nil }

    @Test(.enabled(if: withoutCgroup != nil, "a cgroup holds the limit of processors here, and leaves affinity alone"))
    func `a replica of one core is bound to one processor`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(resources: Resources(cpuMillis: 500))
            _ = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            #expect(try await post("/eval", "len(os.sched_getaffinity(0))", to: replica) == #"{"result": "1"}"#)
            #expect(try await post("/eval", "os.nice(0)", to: replica) == #"{"result": "5"}"#)
        }
    }

    @Test(.enabled(if: withoutCgroup == nil, "no cgroup v2 can be made on this machine"))
    func `limits by cgroup v2`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(resources: Resources(memory: 200 << 20, cpuMillis: 500))
            let id = try await machine.start(spec, on: target)
            _ = try await target.waitUntilReady(spec.key)
            let place = try #require(target.cgroup.path)
            #expect(Disk.text("\(place)/\(id)/memory.max") == "209715200\n")
            #expect(Disk.text("\(place)/\(id)/cpu.max") == "50000 100000\n")
            #expect(try #require(machine.folder(id).runningRecord()).running.limits == "cgroup")
        }
    }

    @Test func `a cgroup folder without controllers is not taken`() async throws {
        try await withTemporaryFolder { root in
            let mounts = root.appending(path: "mountinfo").path
            let own = root.appending(path: "cgroup").path
            try Disk.write(Array("30 20 0:26 / \(root.path) rw - cgroup2 cgroup2 rw\n".utf8), to: mounts)
            try Disk.write(Array("0::/system.slice/waybill.service\n".utf8), to: own)
            try Disk.write(Array("pids\n".utf8), to: root.appending(path: "cgroup.controllers").path)
            let missing =
                "the cgroup v2 folder \(root.path)/system.slice/waybill.service has no memory and cpu controllers"
            let place = CgroupPlace.find(configured: nil, mounts: mounts, own: own)
            #expect(place.path == nil)
            #expect(
                place
                    == .unavailable(
                        reason: "the cgroup v2 folder \(root.path)/system.slice has no memory and cpu controllers")
                    || place == .unavailable(reason: missing))
        }
    }

    @Test func `a device that is not there is refused`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec(resources: Resources(devices: [97]))
            await #expect(
                throws: Failure(
                    .stall, reason: "DeviceMissing",
                    message: "device 97 is asked for and /dev/nvidia97 is not there; "
                        + "name a device of this machine in resources.devices")
            ) { try await machine.start(spec, on: target) }
        }
    }

    @Test func `a replica that asks for no device sees none`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            _ = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            #expect(try await post("/eval", "os.environ['CUDA_VISIBLE_DEVICES']", to: replica) == #"{"result": "''"}"#)
        }
    }

    @Test func `ports of live replicas, of published routes and of strangers are not given`() async throws {
        try await withMachine { machine, target in
            let first = try machine.spec("first")
            let one = try await machine.start(first, serial: 0, on: target)
            let range = machine.settings.ports
            #expect(try machine.folder(one).record().servedPort == range.lowerBound)
            machine.inUse.withLock { $0 = [range.lowerBound + 1] }
            let two = try await machine.start(try machine.spec("second"), serial: 0, on: target)
            #expect(try machine.folder(two).record().servedPort == range.lowerBound + 2)
            machine.inUse.withLock { $0 = Set(range) }
            await #expect(
                throws: Failure(
                    .retry, reason: "NoFreePort",
                    message: "1 ports are needed and 0 are free in \(range.lowerBound)-\(range.upperBound); "
                        + "widen the range of ports or stop what uses it")
            ) { try await machine.start(try machine.spec("third"), on: target) }
        }
    }

    @Test func `the log is bounded, and can be read and followed across its files`() async throws {
        try await withMachine({
            $0.logSize = 32_768
            $0.logGenerations = 3
        }) { machine, target in
            let spec = try machine.spec()
            let id = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            let log = target.log(of: id)
            let follower = log.follow(every: .milliseconds(10), until: { false })
            for number in 0..<40 {
                try await post("/say", "\(number) \(String(repeating: "x", count: 1000))", to: replica)
            }
            try await post("/say", "\u{1b}[2J moved", to: replica)
            var seen: [String] = []
            for await line in follower {
                seen.append(line)
                if line.hasSuffix("moved") { break }
            }
            #expect(seen.count == 41)
            #expect(seen.last?.hasSuffix(#" out \u{1b}[2J moved"#) == true)
            #expect(log.tail(2).map { $0.contains("39 xxx") } == [true, false])
            for _ in 0..<10 { try await post("/say", String(repeating: "y", count: 20_000), to: replica) }
            try await eventually("old files go") { log.files.count == 3 }
            for file in log.files { #expect((Disk.read(file)?.count ?? 0) <= 32_768) }
            #expect(!log.tail(1000).contains { $0.contains("moved") })
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounts a small disk, which needs root"))
    func `a full disk loses log lines and never the exit status`() async throws {
        try await withTemporaryFolder { root in
            chmod(root.path, 0o755)
            let disk = root.resolvingSymlinksInPath().appending(path: "disk")
            try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
            guard mount("tmpfs", disk.path, "tmpfs", 0, "size=1m,mode=0755") == 0 else {
                print("skipped: no small disk can be mounted here: \(String(cString: strerror(errno)))")
                return
            }
            defer { umount2(disk.path, Int32(MNT_DETACH)) }
            try await withReplicas(of: try Machine(root: disk)) { machine, target in
                let spec = try machine.spec()
                let id = try await machine.start(spec, on: target)
                let replica = try await target.waitUntilReady(spec.key)
                try? Data(repeating: 1, count: 2 << 20).write(to: disk.appending(path: "filler"))
                for _ in 0..<100 { try await post("/say", String(repeating: "z", count: 60_000), to: replica) }
                _ = try? await post("/eval", "os._exit(4)", to: replica)
                #expect(try await target.waitUntilExited(spec.key).cause == .code(4))
                await #expect(throws: Failure.self) { try await machine.start(try machine.spec("next"), on: target) }
                #expect(Disk.names(in: machine.settings.replicas) == [id.description])
            }
        }
    }

    @Test func `a secret reaches the program and no file and no command line`() async throws {
        try await withMachine { machine, target in
            let file = machine.root.appending(path: "token").path
            try Disk.write(Array("s3cr3t-7f1d\n".utf8), to: file)
            let spec = try machine.spec(env: [EnvironmentVariable(name: "TOKEN", source: .file(file))])
            let id = try await machine.start(spec, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            #expect(try await post("/eval", "os.environ['TOKEN']", to: replica) == #"{"result": "'s3cr3t-7f1d'"}"#)
            let secret = Data("s3cr3t-7f1d".utf8)
            let files = FileManager.default.enumerator(atPath: machine.state)?.compactMap { $0 as? String } ?? []
            #expect(files.contains("replicas/\(id)/spec"))
            for name in files {
                guard let bytes = Disk.read("\(machine.state)/\(name)") else { continue }
                #expect(Data(bytes).range(of: secret) == nil, "\(name)")
            }
            let running = try #require(machine.folder(id).runningRecord()).running
            for process in ProcessTable.tree(of: running.keeper.pid) {
                #expect(Data(Disk.read("/proc/\(process)/cmdline") ?? []).range(of: secret) == nil)
            }
        }
    }
}
