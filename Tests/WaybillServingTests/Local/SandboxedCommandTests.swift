import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// Programs that a team, or somebody worse, has a gate run.
@Suite struct SandboxedCommandTests {
    /// Runs Python text as a gate's program; `MODEL` is the folder of a model, `STATE` the state folder.
    private func run(
        _ text: String, _ machine: Machine, _ target: LocalTarget, network: Bool = false,
        timeout: Duration = .seconds(30), memory: Int64 = 512 << 20, isolation: Isolation = .sandbox,
        collects: String? = nil
    ) async throws -> SandboxedCommand.End {
        let spec = try machine.spec()
        try await target.prepare(
            spec, at: try CommitID(parsing: String(repeating: "a", count: 40)), ticket: try await ticket())
        let model = machine.models.folder(for: spec.artifacts)
        let code = text.replacing("MODEL", with: model).replacing("STATE", with: machine.state)
        let data = machine.root.appending(path: "rows.csv").path
        try Data("a,b\n".utf8).write(to: URL(filePath: data))
        let command = SandboxedCommand(
            key: spec.key, revision: spec.revision, serial: UInt64.random(in: 1...1_000_000), version: spec.version,
            run: ["/usr/bin/python3", "check/c.py"], files: ["check/c.py": Array(code.utf8)], copies: ["in/rows": data],
            readable: [model], isolation: isolation, hasNetwork: network, timeout: timeout, memory: memory,
            outputSize: 4096, collects: collects
        ) { work in Array("{\"work\": \"\(work)\"}".utf8) }
        let end = try await target.run(command, ticket: try await ticket())
        #expect(!ReplicaFolder(command.id, in: machine.settings.replicas).exists)
        return end
    }

    private func text(_ end: SandboxedCommand.End) -> String {
        switch end {
        case .answered(let bytes): String(decoding: bytes, as: UTF8.self)
        case .gave(let files): files.map { "\($0.path) \($0.size)" }.joined(separator: ", ")
        case .failed(let why): "failed: \(why)"
        }
    }

    @Test func `it reads its question, its model and its data, writes in its folder, and inherits nothing`()
        async throws
    {
        try await withMachine { machine, target in
            setenv("WAYBILL_TEST_SECRET", "s3cret", 1)
            let end = try await run(
                """
                import json, os, sys
                question = json.load(sys.stdin)
                assert os.getcwd() == question["work"]
                open("mine", "w").write("x")
                open("in/rows", "a").write("altered")
                print(open("MODEL/weights").read(), open("in/rows").read().split()[0], sorted(os.environ))
                """, machine, target)
            #expect(text(end) == "2.5 a,b ['HOME', 'LANG', 'PATH', 'TMPDIR', 'WAYBILL_MARK']\n")
            let rows = try String(contentsOf: machine.root.appending(path: "rows.csv"), encoding: .utf8)
            #expect(rows == "a,b\n")
        }
    }

    @Test(
        arguments: [
            ("open('MODEL/weights', 'w')", "OSError"), ("open('MODEL/more', 'w')", "OSError"),
            ("open('STATE/ledger.key').read()", "FileNotFoundError"), ("open('../spec').read()", "FileNotFoundError"),
            ("open('../answer').read()", "FileNotFoundError"), ("os.kill(os.getppid(), 9)", "PermissionError"),
            ("socket.create_connection(('127.0.0.1', PORT), 2)", "OSError"),
            ("socket.create_connection(('192.0.2.1', 80), 2)", "OSError"),
            ("open('big', 'wb').truncate((1 << 30) + 1)", "OSError"),
        ])
    func `it alters no model, reads no key, signals nobody and reaches no network`(
        _ attempt: String, _ expected: String
    ) async throws {
        try await withMachine { machine, target in
            try Disk.write(Array("key".utf8), to: "\(machine.state)/ledger.key", mode: 0o644)
            let port = try Listener()
            let end = try await run(
                """
                import os, signal, socket
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                try:
                    \(attempt.replacing("PORT", with: String(port.port)))
                    print("done")
                except OSError as error:
                    print(type(error).__name__, isinstance(error, OSError))
                """, machine, target)
            let said = text(end)
            #expect(said.hasSuffix(" True\n"), "\(attempt): \(said)")
            if expected != "OSError" { #expect(said.hasPrefix(expected), "\(said)") }
        }
    }

    @Test func `what it leaves in its folder is collected by digest, and no link leads out of it`()
        async throws
    {
        try await withMachine { machine, target in
            try Disk.write(Array("key".utf8), to: "\(machine.state)/ledger.key", mode: 0o644)
            let end = try await run(
                """
                import os
                assert os.listdir("out/deep") == []
                open("out/deep/b.bin", "wb").write(b"x" * 70000)
                os.mkdir("out/deep/a")
                open("out/deep/a/metrics.json", "w").write("{}")
                os.symlink("STATE/ledger.key", "out/deep/key")
                os.symlink("/etc", "out/deep/etc")
                os.mkfifo("out/deep/pipe")
                open("elsewhere", "w").write("x")
                """, machine, target, collects: "out/deep")
            guard case .gave(let files) = end else {
                throw Failure(.stall, reason: "Test", message: text(end))
            }
            #expect(files.map(\.path) == ["a/metrics.json", "b.bin"])
            #expect(files[0].bytes == Array("{}".utf8) && files[1].bytes == nil && files[1].size == 70000)
            #expect(files[1].digest == Digest(of: [UInt8](repeating: UInt8(ascii: "x"), count: 70000)))
            let led = try await run(
                "import os\nos.rmdir('out/deep')\nos.symlink('/etc', 'out/deep')\n", machine, target,
                collects: "out/deep")
            #expect(text(led) == "failed: it left no folder 'out/deep'")
            let failed = try await run("raise SystemExit(3)", machine, target, collects: "out")
            #expect(text(failed) == "failed: the program ended with code 3")
        }
    }

    @Test func `with the machine's network it reaches loopback`() async throws {
        try await withMachine { machine, target in
            let port = try Listener()
            let end = try await run(
                "import socket\nsocket.create_connection(('127.0.0.1', \(port.port)), 5)\nprint('in')", machine, target,
                network: true)
            #expect(text(end) == "in\n")
        }
    }

    @Test func `a program that never ends, its children too, is ended at its time, which is no answer`() async throws {
        try await withMachine { machine, target in
            let end = try await run(
                """
                import os, sys, time
                print('{"numbers": {}}', flush=True)
                if os.fork() == 0: os.setsid()
                while True: time.sleep(1)
                """, machine, target, timeout: .seconds(2))
            #expect(text(end) == "failed: the program was ended: its time is over (2 s)")
            #expect(try leftovers(of: machine) == [])
        }
    }

    @Test func `what it leaves behind in sessions of their own is ended with it`() async throws {
        try await withMachine { machine, target in
            let end = try await run(
                """
                import os, time
                for _ in range(20):
                    if os.fork() == 0:
                        os.setsid()
                        if os.fork() == 0: time.sleep(600)
                        os._exit(0)
                print("left")
                """, machine, target)
            #expect(text(end) == "left\n")
            #expect(try leftovers(of: machine) == [])
        }
    }

    @Test func `a gigabyte of output is neither kept nor an answer`() async throws {
        try await withMachine { machine, target in
            let end = try await run(
                "import sys\nfor _ in range(1 << 10): sys.stdout.write('x' * (1 << 20))", machine, target)
            #expect(text(end).hasPrefix("failed: the program was ended: it wrote 4096 bytes or more"))
        }
    }

    @Test func `past its memory it is ended`() async throws {
        try await withMachine { machine, target in
            let end = try await run(
                "import time\nheld = [bytearray(1 << 20) for _ in range(200)]\ntime.sleep(20)", machine, target,
                memory: 64 << 20)
            #expect(text(end).hasPrefix("failed: the program was ended: memory limit of 67108864 bytes passed"))
        }
    }

    @Test(
        arguments: [
            (
                "import sys; sys.stderr.write('no luck'); sys.exit(3)",
                "failed: the program ended with code 3; its last words: no luck"
            ),
            ("import os; os.abort()", "failed: the program was ended by signal 6"),
        ])
    func `a program that fails is no answer, whatever it wrote`(_ code: String, _ expected: String) async throws {
        try await withMachine { machine, target in
            let end = try await run("print('{}', flush=True)\n" + code, machine, target)
            #expect(text(end).hasPrefix(expected), "\(text(end))")
        }
    }

    @Test func `a program that cannot be started says why`() async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let command = SandboxedCommand(
                key: spec.key, revision: spec.revision, serial: 7, version: spec.version, run: ["no-such-program"],
                files: [:], timeout: .seconds(5), memory: 1 << 28, outputSize: 10
            ) { _ in [] }
            await #expect {
                _ = try await target.run(command, ticket: try await ticket())
            } throws: { error in
                (error as? Failure)?.reason == "ProgramMissing" && (error as? Failure)?.disposition == .stall
            }
            #expect(!ReplicaFolder(command.id, in: machine.settings.replicas).exists)
        }
    }

    /// Processes that carry a mark and run from the machine's folder.
    private func leftovers(of machine: Machine) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { pid in
            let environment = Disk.text("/proc/\(pid)/environ") ?? ""
            return environment.contains("HOME=\(machine.settings.replicas)") ? environment : nil
        }
    }
}

/// Somebody who listens on loopback.
private final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (descriptor, copy) = (descriptor, address)
        let bound = withUnsafePointer(to: copy) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        try #require(bound == 0 && listen(descriptor, 8) == 0 && port > 0)
    }

    deinit { close(descriptor) }
}
