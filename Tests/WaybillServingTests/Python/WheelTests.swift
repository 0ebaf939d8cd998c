import Foundation
import Glibc
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// Environments that are built again with no index.
@Suite struct `Wheels that are kept` {
    /// Keeps copies in folders.
    private final class FolderWheels: WheelStore {
        let root: URL
        let placed = Mutex(0)
        init(_ root: URL) { self.root = root }

        func place(_ key: String, into folder: String) async throws(Failure) -> [String]? {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: key).path)
            else { return nil }
            for name in names {
                try? FileManager.default.copyItem(
                    atPath: root.appending(path: "\(key)/\(name)").path, toPath: "\(folder)/\(name)")
            }
            placed.withLock { $0 += 1 }
            return names.sorted()
        }

        func keep(_ key: String, from folder: String, indexes: [String]) async throws(Failure) {
            do {
                try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: folder, toPath: root.appending(path: key).path)
            } catch { throw Failure(.retry, reason: "Test", message: "\(error)") }
        }

        func forget(_ key: String) async throws(Failure) {
            try? FileManager.default.removeItem(at: root.appending(path: key))
        }

        var keys: [String] { (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? [] }
    }

    @Test func `give the same environment again when no index can be reached, and go with it`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try EnvironmentFixture(in: folder)
            let wheels = FolderWheels(folder.appending(path: "wheels"))
            fixture.wheels = wheels
            try await fixture.build()
            let place = try await fixture.store.folder(for: fixture.environment)
            let packages = "\(place)/lib/python3.11/site-packages/six.py"
            #expect(FileManager.default.fileExists(atPath: packages))
            #expect(!FileManager.default.fileExists(atPath: "\(place)/wheels"))
            #expect(fixture.built.last?.body["from"] == "index" && fixture.built.last?.body["wheels"] == 1)
            let bytes = try Data(contentsOf: URL(filePath: packages))

            // The network is cut: every index that pip could ask is one where nobody answers.
            for name in fixture.variables.keys where name.hasPrefix("PIP_") { fixture.variables[name] = nil }
            fixture.variables["PIP_INDEX_URL"] = "http://127.0.0.1:9/simple"
            fixture.variables["PIP_NO_CACHE_DIR"] = "1"
            fixture.variables["HOME"] = folder.path
            fixture.variables["PIP_CONFIG_FILE"] = "/dev/null"
            try FileManager.default.removeItem(atPath: fixture.root)
            try await fixture.build()
            #expect(try Data(contentsOf: URL(filePath: packages)) == bytes)
            #expect(wheels.placed.withLock { $0 } == 1)
            #expect(fixture.built.last?.body["from"] == "store")
            #expect(fixture.built.last?.undeclaredMembers == [])

            let keys = try await fixture.store.unneeded(keeping: [], folders: [])
            _ = try await fixture.store.remove(keys, ticket: try await fixture.ledger.ticket())
            #expect(wheels.keys == [])
        }
    }

    @Test func `come one by one from pip's index, by their hashes`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try EnvironmentFixture(in: folder)
            let scratch = folder.appending(path: "scratch").path
            let index = WheelIndex(scratch: scratch, search: fixture.search, variables: fixture.variables)
            let name = "six-1.16.0-py2.py3-none-any.whl"
            let digest = try Digest(
                parsing: "sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254")
            try await index.fetch(name, digest: digest, indexes: [], into: folder.path)
            #expect(Digest(of: try Data(contentsOf: folder.appending(path: name))) == digest)
            let wrong = Digest(of: "another".utf8)
            do throws(Failure) {
                try await index.fetch(name, digest: wrong, indexes: [], into: folder.path)
                Issue.record("other bytes were taken")
            } catch { #expect(error.reason == "WheelUnavailable" && error.message.hasPrefix("pip did not bring it: ")) }
        }
    }

    @Test(
        arguments: [
            ("six-1.16.0-py2.py3-none-any.whl", "six==1.16.0", "py 3 none any"),
            (
                "numpy-2.0.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "numpy==2.0.0",
                "cp 311 cp311 manylinux_2_17_x86_64 manylinux2014_x86_64"
            ),
            ("a-1+cpu-7-cp37-abi3-linux_x86_64.whl", "a==1+cpu", "cp 37 abi3 linux_x86_64"),
            ("six.whl", nil, nil), ("six-1.16.0-py3-none-any.tar.gz", nil, nil),
        ] as [(String, String?, String?)])
    func `say in their names what pip has to be asked for`(_ name: String, _ wanted: String?, _ words: String?) {
        let wheel = WheelName(name)
        #expect(wheel?.requirement == wanted)
        #expect((wheel?.options.filter { !$0.hasPrefix("--") }.joined(separator: " ")) == words)
    }

    @Test func `are the lock of a list that has no hashes, which an older build installed`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let wheels = FolderWheels(folder.appending(path: "wheels"))
            var locked = try EnvironmentFixture(in: folder)
            locked.wheels = wheels
            try await locked.build()
            let kept = try #require(wheels.keys.first)
            var fixture = try EnvironmentFixture(in: folder, lock: "six==1.16.0\n")
            #expect(await fixture.failure()?.reason == "LockInvalid")
            fixture.wheels = wheels
            #expect(await fixture.failure()?.reason == "LockInvalid")
            let key = fixture.wheelKey
            try FileManager.default.copyItem(
                at: wheels.root.appending(path: kept), to: wheels.root.appending(path: key))
            try await fixture.build()
            #expect(fixture.built.last?.outcome == .succeeded && fixture.built.last?.body["from"] == "store")
        }
    }

    @Test func `are those that a pylock names, whatever its markers say of other machines`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            // As 'uv export --format pylock.toml' writes it.
            let lock = """
                lock-version = "1.0"
                created-by = "uv"
                requires-python = ">=3.9"

                [[packages]]
                name = "six"
                version = "1.16.0"
                index = "https://pypi.org/simple"
                wheels = [{ url = "https://files.example/six-1.16.0-py2.py3-none-any.whl", size = 11053, hashes = { sha256 = "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254" } }]

                [[packages]]
                name = "colorama"
                version = "0.4.6"
                marker = "sys_platform == 'win32'"
                index = "https://pypi.org/simple"
                wheels = []
                """
            let fixture = try EnvironmentFixture(in: folder, lock: lock, path: "locks/pylock.toml")
            try await fixture.build()
            let place = try await fixture.store.folder(for: fixture.environment)
            #expect(FileManager.default.fileExists(atPath: "\(place)/lib/python3.11/site-packages/six.py"))
            let wrong = lock.replacing("8abb2f", with: "000000")
            let other = try EnvironmentFixture(in: folder, lock: wrong, path: "locks/pylock.toml")
            let failure = await other.failure()
            #expect(failure?.reason == "LockMismatch" && failure?.disposition == .stall, "\(failure as Any)")
        }
    }

    @Test func `are those that a uv lock names for its project on this machine`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try EnvironmentFixture(in: folder, lock: UVLock.text, path: "locks/uv.lock")
            try await fixture.build()
            let place = try await fixture.store.folder(for: fixture.environment)
            let packages = "\(place)/lib/python3.11/site-packages"
            #expect(FileManager.default.fileExists(atPath: "\(packages)/six.py"))
            for other in ["colorama", "iniconfig"] {
                #expect(!FileManager.default.fileExists(atPath: "\(packages)/\(other)"))
            }
            #expect(fixture.built.last?.outcome == .succeeded)
            // Neither the wheel nor the source is what the index has.
            let wrong = UVLock.text.replacing("8abb2f", with: "000000").replacing("1e61c3", with: "000000")
            let other = try EnvironmentFixture(in: folder, lock: wrong, path: "locks/uv.lock")
            let failure = await other.failure()
            #expect(failure?.reason == "LockMismatch" && failure?.disposition == .stall, "\(failure as Any)")
        }
    }

    @Test(arguments: ["locks/requirements.in", "locks/pyproject.toml", "locks/pylock.toml", "locks/uv.lock"])
    func `are never fetched for what is no lock`(_ path: String) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try EnvironmentFixture(in: folder, lock: "six\n", path: path)
            let failure = await fixture.failure()
            #expect(failure?.reason == "LockInvalid" && failure?.disposition == .stall)
            #expect(failure?.message.hasPrefix("\(path): ") == true)
            #expect(fixture.folders == [])
        }
    }
}
