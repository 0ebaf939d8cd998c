import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// What a replica must not read, tried by a program that tries.
@Suite struct SandboxTests {
    @Test func `a sandboxed replica reads its model and neither the ledger's key nor another replica`() async throws {
        try await withMachine { machine, target in
            try Disk.write(Array("key".utf8), to: "\(machine.state)/ledger.key", mode: 0o644)
            let other = try machine.spec("other", isolation: .sandbox)
            let neighbour = try await machine.start(other, serial: 1, on: target)
            _ = try await target.waitUntilReady(other.key)
            let spec = try machine.spec(isolation: .sandbox)
            let id = try await machine.start(spec, serial: 2, on: target)
            let replica = try await target.waitUntilReady(spec.key)
            let paths = [
                "\(machine.state)/ledger.key", "\(machine.folder(neighbour).path)/spec",
                "\(machine.folder(neighbour).path)/work/tmp", "\(machine.folder(id).path)/spec",
                "\(machine.folder(id).path)/control",
            ]
            for path in paths {
                let answer = try await post("/eval", "open('\(path)').read()", to: replica)
                #expect(answer == #"{"error": "FileNotFoundError"}"#, "\(path)")
            }
            let model = "\(machine.models.folder(for: spec.artifacts))/weights"
            #expect(try await post("/eval", "open('\(model)').read()", to: replica) == #"{"result": "'2.5'"}"#)
            #expect(try await post("/eval", "open('\(model)', 'w')", to: replica) != #"{"result"}"#)
            #expect(
                try await post("/eval", "os.listdir('\(machine.settings.replicas)')", to: replica)
                    == "{\"result\": \"['\(id)']\"}")
            #expect(try await post("/eval", "open('mine', 'w').write('x')", to: replica) == #"{"result": "1"}"#)
            let neighbourPID = try #require(machine.folder(neighbour).runningRecord()).running.program.pid
            for name in ["environ", "mem", "root/etc/passwd"] {
                let answer = try await post("/eval", "open('/proc/\(neighbourPID)/\(name)').read()", to: replica)
                #expect(answer == #"{"error": "PermissionError"}"#)
            }
            if geteuid() == 0 {
                let user = try #require(try machine.folder(id).record().user)
                #expect(try await post("/eval", "os.getuid()", to: replica) == "{\"result\": \"\(user)\"}")
                #expect(try machine.folder(neighbour).record().user != user)
                #expect(try await post("/eval", "os.setuid(0)", to: replica) == #"{"error": "PermissionError"}"#)
            }
            try await target.stop(id, ticket: try await ticket())
            _ = try await target.waitUntilExited(spec.key)
            try await eventually("the keeper lets go") { !machine.folder(id).isLocked() }
            try await target.forget(id, ticket: try await ticket())
            #expect(!machine.folder(id).exists)
        }
    }

    @Test func `a closed folder above the state folder closes nothing to the replica`() async throws {
        try await withTemporaryFolder { outer in
            chmod(outer.path, 0o700)
            let root = outer.appending(path: "home")
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
            try await withReplicas(of: try Machine(root: root)) { machine, target in
                // The sample itself is in the closed folder: serve with a program of the system.
                var spec = try machine.spec(
                    isolation: .sandbox,
                    command: ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "{{ ports.http }}"])
                spec.probes.readiness.check = .tcp
                spec.probes.startup.check = .tcp
                let id = try await machine.start(spec, on: target)
                #expect(try await target.waitUntilReady(spec.key).id == id)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "tries another user's rights, which needs root"))
    func `without root a namespace keeps the ledger's key and other replicas away`() async throws {
        try await withTemporaryFolder { folder in
            let trial = try UnprivilegedTrial(folder)
            let lines = try await trial.run(isolation: "namespace", dropping: [])
            #expect(
                lines == [
                    "65534", "key: No such file or directory", "other: No such file or directory",
                    "spec: No such file or directory", "model: weights", "write: Read-only file system", "work: ok",
                    "keeper: Permission denied", "unmount: refused",
                ])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "tries another user's rights, which needs root"))
    func `without mount namespaces what the user could read is a refusal`() async throws {
        try await withTemporaryFolder { folder in
            let trial = try UnprivilegedTrial(folder)
            chmod("\(trial.state)/key", 0o644)
            let answer = try await trial.keep(isolation: "user", dropping: ["sys_admin"], asRoot: true)
            #expect(
                answer
                    == "refused SandboxUnavailable no mount namespace can be made here, and the replica's user could read "
                    + "\(trial.state)/key; take the rights of others from it (chmod o-rwx) or allow mount namespaces\n")
            chmod("\(trial.state)/key", 0o600)
            // Others pass through these; what is in them counts.
            for name in ["replicas/other", "candidates", "candidates/one", "shared"] {
                try Disk.makeFolder("\(trial.state)/\(name)")
                chmod("\(trial.state)/\(name)", 0o711)
            }
            try Disk.makeFolder("\(trial.state)/shared/set", mode: 0o755)
            chmod("\(trial.state)/replicas/other/work", 0o700)
            try Disk.write([], to: "\(trial.state)/candidates/one/log")
            chmod("\(trial.state)/candidates/one/log", 0o602)
            let open = try await trial.keep(isolation: "user", dropping: ["sys_admin"], asRoot: true)
            #expect(open.contains(" could read \(trial.state)/candidates/one/log; "), "\(open)")
            chmod("\(trial.state)/candidates/one/log", 0o600)
            #expect(try await trial.keep(isolation: "user", dropping: ["sys_admin"], asRoot: true) == "started \n")
            try await eventually("it ends") { Disk.exists("\(trial.replica)/exit") }
            #expect(
                trial.said.prefix(4) == [
                    "210000", "key: Permission denied", "other: Permission denied", "spec: Permission denied",
                ])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "tries another user's rights, which needs root"))
    func `where no other user can be had the start is refused`() async throws {
        try await withTemporaryFolder { folder in
            let trial = try UnprivilegedTrial(folder)
            let answer = try await trial.keep(isolation: "user", dropping: ["setuid", "setgid"], asRoot: true)
            #expect(
                answer
                    == "refused SandboxUnavailable this machine makes no sandbox (run the controller as root, allow user "
                    + "namespaces, or ask for 'isolation: none' in the runtime): become user 210000: Operation not permitted\n"
            )
            #expect(KeeperFields(parsing: Disk.read("\(trial.replica)/exit") ?? [])["cause"] == "refused")
        }
    }

    @Test func `doctor tells how replicas are set apart, limited and numbered`() async throws {
        try await withTemporaryFolder { folder in
            let settings = LocalTargetSettings(state: folder.path, shim: builtShim, ports: 29_990...29_999)
            let findings = await LocalTargetFacts.look(settings).findings
            #expect(findings.map(\.subject) == ["keeper", "isolation", "limits", "ports", "devices"])
            #expect(findings[0].message == builtShim)
            for finding in findings { #expect((finding.level == .ok) == (finding.remedy == nil)) }
            let missing = await LocalTargetFacts.look(
                LocalTargetSettings(state: folder.path, shim: "/nowhere/waybill-shim", ports: 40_000...40_001))
            #expect(missing.findings[0].message == "/nowhere/waybill-shim cannot be run")
            #expect(missing.findings[1].level == .problem)
            #expect(missing.findings[3].level == .warning)
        }
    }
}

/// A keeper started by hand with less rights than the tests have, and a program that tries what it must not.
private struct UnprivilegedTrial {
    let root: String
    let state: String
    let replica: String
    private let shim: String

    private static let script = """
        import os, sys
        state, replica, other, keeper = sys.argv[1:5]
        def attempt(name, act):
            try:
                print(name + ": " + act(), flush=True)
            except OSError as error:
                print(name + ": " + error.strerror, flush=True)
        print(os.getuid(), flush=True)
        attempt("key", lambda: open(state + "/key").read())
        attempt("other", lambda: open(other + "/work/file").read())
        attempt("spec", lambda: open(replica + "/spec").read())
        attempt("model", lambda: open(state + "/model/file").read())
        attempt("write", lambda: str(open(state + "/model/file", "w")))
        attempt("work", lambda: "ok" if open("mine", "w").write("x") else "")
        attempt("keeper", lambda: os.readlink("/proc/%d/fd/3" % os.getppid()) + open("/proc/%d/environ" % os.getppid()).read())
        left = os.system("unshare -Urm umount -l " + state + " 2>/dev/null && cat " + state + "/key 2>/dev/null")
        print("unmount: refused" if left else "unmount: done", flush=True)
        """

    init(_ folder: URL) throws {
        root = folder.resolvingSymlinksInPath().path
        (state, replica) = ("\(root)/state", "\(root)/state/replicas/mine")
        shim = "\(root)/waybill-shim"
        chmod(root, 0o755)
        try FileManager.default.copyItem(atPath: builtShim, toPath: shim)
        for name in ["replicas/mine/work", "replicas/other/work", "model"] {
            try Disk.makeFolder("\(state)/\(name)", mode: 0o711)
        }
        chmod("\(state)/replicas/other", 0o700)
        chmod("\(state)/model", 0o755)
        try Disk.write(Array("secret".utf8), to: "\(state)/key")
        try Disk.write(Array("secret".utf8), to: "\(state)/replicas/other/work/file")
        try Disk.write(Array("weights".utf8), to: "\(state)/model/file", mode: 0o644)
        try Disk.write(Array(Self.script.utf8), to: "\(root)/try.py", mode: 0o644)
    }

    /// What the program printed.
    var said: [String] { ReplicaLog(folder: replica).lastWords() }

    func run(isolation: String, dropping: [String]) async throws -> [String] {
        #expect(try await keep(isolation: isolation, dropping: dropping, asRoot: false) == "started \n")
        try await eventually("it ends") { Disk.exists("\(replica)/exit") }
        return said
    }

    /// The keeper's answer.
    func keep(isolation: String, dropping: [String], asRoot: Bool) async throws -> String {
        unlink("\(replica)/exit")
        var fields = KeeperFields()
        fields.add("format", "waybill.shim/1")
        fields.add("command", ["/usr/bin/python3", "\(root)/try.py", state, replica, "\(state)/replicas/other", "0"])
        fields.add("env", "PATH=/usr/bin:/bin")
        fields.add("work", "\(replica)/work")
        fields.add("isolation", isolation)
        fields.add("uid", "210000")
        fields.add("hide", state)
        fields.add("read", "\(state)/model")
        fields.add("write", "\(replica)/work")
        fields.add("share", "\(state)/shared")
        try Disk.write(fields.bytes, to: "\(replica)/spec")
        var arguments = asRoot ? [] : ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
        if !asRoot { try giveAllToNobody() }
        if !dropping.isEmpty {
            let list = dropping.map { "-\($0)" }.joined(separator: ",")
            arguments += ["--bounding-set", list, "--inh-caps", list]
        }
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = arguments + [shim, "keep", replica]
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return await offloaded {
            String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
    }

    private func giveAllToNobody() throws {
        for name in [""] + (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []) {
            lchown("\(root)/\(name)", 65534, 65534)
        }
    }
}
