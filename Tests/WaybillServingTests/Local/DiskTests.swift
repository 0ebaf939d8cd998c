import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

@Suite struct DiskTests {
    @Test func `a hostile tree is removed, and nothing outside it`() async throws {
        try await withTemporaryFolder { root in
            let outside = root.appending(path: "outside")
            try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: outside.appending(path: "kept"))
            let tree = root.appending(path: "tree").path
            try Disk.makeFolder("\(tree)/closed/inner")
            symlink(outside.path, "\(tree)/link")
            chmod("\(tree)/closed", 0)
            let descriptor = open("\(tree)/\u{fffd}", O_CREAT | O_WRONLY, 0o600)
            close(descriptor)
            var raw: [CChar] = Array("\(tree)/bad-".utf8CString.dropLast()) + [CChar(bitPattern: 0xff), 0]
            close(open(&raw, O_CREAT | O_WRONLY, 0o600))
            deepen(tree, 400)
            RemovedTree.remove(tree)
            #expect(!Disk.exists(tree))
            #expect(Disk.exists(outside.appending(path: "kept").path))
        }
    }

    private func deepen(_ path: String, _ depth: Int) {
        var folder = open(path, O_RDONLY | O_DIRECTORY)
        for _ in 0..<depth {
            mkdirat(folder, "d", 0o700)
            let next = openat(folder, "d", O_RDONLY | O_DIRECTORY)
            close(folder)
            folder = next
        }
        close(folder)
    }

    @Test(arguments: ["plain", "two\nlines", "back\\slash \\n", "\r", "", "a b  c", "ünïcode"])
    func `fields come back as they were`(_ value: String) {
        var fields = KeeperFields()
        fields.add("key", value)
        fields.add("key", "other")
        #expect(KeeperFields(parsing: fields.bytes).all("key") == [value, "other"])
    }

    @Test(arguments: ["", "nonsense", "format waybill.shim/1\n", "format waybill.shim/2\nreplica x\n"])
    func `a spec that no controller wrote is a clear error`(_ text: String) async throws {
        try await withMachine { machine, target in
            let spec = try machine.spec()
            let id = ReplicaID(key: spec.key, revision: spec.revision, serial: 9)
            try Disk.makeFolder(machine.folder(id).path)
            try Disk.write(Array(text.utf8), to: "\(machine.folder(id).path)/spec")
            #expect(try await target.knownKeys() == [spec.key])
            await #expect(
                throws: Failure(
                    .stall, reason: "ReplicaUnreadable",
                    message: "\(machine.folder(id).path)/spec cannot be read as a replica's; "
                        + "stop what runs from this folder, then remove it")
            ) { try await target.observe(spec.key, revisions: []) }
        }
    }
}
