import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

@Suite struct `Python environments` {
    @Test func `two that ask at once get one environment that any user can run`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try EnvironmentFixture(in: folder)
            #expect(try await fixture.store.isBuilt(fixture.environment) == false)
            try await withThrowingTaskGroup { group in
                for _ in 0..<2 { group.addTask { try await fixture.build() } }
                try await group.waitForAll()
            }
            #expect(try await fixture.store.isBuilt(fixture.environment))
            #expect(fixture.built.count == 1)
            let event = try #require(fixture.built.first)
            #expect(event.outcome == .succeeded && event.cause != nil && event.undeclaredMembers.isEmpty)

            let environment = try await fixture.store.folder(for: fixture.environment)
            let program = "import six, sys; print(six.__version__, six.__cached__ is not None, sys.prefix)"
            let (text, end) = try fixture.output(["\(environment)/bin/python", "-I", "-c", program])
            #expect(text == "1.16.0 True \(environment)\n")
            #expect(end == .code(0))
            #expect(FileManager.default.fileExists(atPath: "\(environment)/lib/python3.11/site-packages/__pycache__"))
            #expect(
                try FileManager.default.attributesOfItem(atPath: "\(fixture.root)/logs")[.posixPermissions] as? Int
                    == 0o700)

            #expect(try await fixture.store.unneeded(keeping: [fixture.environment], folders: []) == [])
            #expect(try await fixture.store.unneeded(keeping: [], folders: [environment]) == [])
            let unneeded = try await fixture.store.unneeded(keeping: [], folders: [])
            #expect(unneeded == fixture.folders)
            #expect(try await fixture.store.remove(unneeded, ticket: try await fixture.ledger.ticket()) == unneeded)
            #expect(fixture.folders == [])
            #expect(try await fixture.store.isBuilt(fixture.environment) == false)
        }
    }

    @Test func `half an environment of a killed process is not taken for one, and is built anew`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.path
            // Dies while pip installs: pip lives on and keeps the lock until it notices.
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let dying = try EnvironmentFixture(in: URL(filePath: path))
                let environment = try await dying.store.folder(for: dying.environment)
                try await withThrowingTaskGroup { group in
                    group.addTask { try await dying.build() }
                    while !FileManager.default.fileExists(atPath: "\(environment)/lock.txt") {
                        try await Task.sleep(for: .milliseconds(1))
                    }
                    kill(getpid(), SIGKILL)
                    try await group.waitForAll()
                }
            }
            let fixture = try EnvironmentFixture(in: folder)
            #expect(fixture.folders.count == 1)
            #expect(try await fixture.store.isBuilt(fixture.environment) == false)
            try await fixture.build()
            #expect(try await fixture.store.isBuilt(fixture.environment))
            #expect(fixture.built.count == 1)
        }
    }

    @Test func `a build waits for what a dead controller's child still does`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try EnvironmentFixture(in: folder)
            let environment = try await fixture.store.folder(for: fixture.environment)
            let key = URL(filePath: environment).lastPathComponent
            try EnvironmentFolder.make("\(fixture.root)/locks", mode: 0o700)
            try EnvironmentFolder.make("\(fixture.root)/environments/\(key)/bin", mode: 0o755)
            fixture.limit = .milliseconds(300)
            let held = try #require(try BuildLock.take("\(fixture.root)/locks/\(key)"))
            let failure = await fixture.failure()
            #expect(failure?.disposition == .wait)
            #expect(
                failure?.message
                    == "another process has been building the Python environment of locks/a.txt for 0.3 seconds")
            #expect(try await fixture.store.remove([key], ticket: try await fixture.ledger.ticket()) == [])
            #expect(fixture.folders == [key])
            withExtendedLifetime(held) {}
        }
    }

    @Test func `a build past its time is killed whole and leaves nothing`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try EnvironmentFixture(in: folder)
            fixture.limit = .milliseconds(200)
            let failure = await fixture.failure()
            #expect(failure?.reason == "EnvironmentBuildFailed")
            #expect(
                failure?.message.hasPrefix("the Python environment of locks/a.txt could not be built: venv did not end")
                    == true)
            #expect(fixture.folders == [])
            #expect(fixture.built.map(\.outcome) == [.failed])
        }
    }

    @Test func `a version that no index has needs a person`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try EnvironmentFixture(
                in: folder, lock: EnvironmentFixture.tiny.replacing("1.16.0", with: "0.0.1"))
            let wheels = folder.appending(path: "wheels")
            try FileManager.default.createDirectory(at: wheels, withIntermediateDirectories: true)
            try Data().write(to: wheels.appending(path: "six-1.16.0-py2.py3-none-any.whl"))
            fixture.variables["PIP_NO_INDEX"] = "1"
            fixture.variables["PIP_FIND_LINKS"] = wheels.path
            let failure = await fixture.failure()
            #expect(failure?.disposition == .stall)
            #expect(failure?.reason == "LockUnsatisfiable")
            #expect(failure?.message.contains("ERROR: No matching distribution found for six==0.0.1") == true)
            #expect(fixture.folders == [])
        }
    }

    @Test func `an index that cannot be reached is tried again, and its credentials stay hidden`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try EnvironmentFixture(in: folder)
            fixture.variables["PIP_INDEX_URL"] = "http://127.0.0.1:1/simple"
            fixture.variables["PIP_FIND_LINKS"] = "file://me:s3cret@localhost/wheels"
            fixture.variables["PIP_CONFIG_FILE"] = "/dev/null"
            let failure = await fixture.failure()
            #expect(failure?.disposition == .retry)
            #expect(failure?.message.contains("s3cret") == false)
            let logs = "\(fixture.root)/logs"
            let log = try #require(FileManager.default.enumerator(atPath: logs)?.nextObject() as? String)
            let text = try String(contentsOfFile: "\(logs)/\(log)", encoding: .utf8)
            #expect(text.contains("file://…@localhost/wheels") && !text.contains("s3cret"))
            #expect(fixture.folders == [])
        }
    }

    @Test func `a lock that leaves out what a package needs is refused unless it says so`() async throws {
        let lock =
            "python-dateutil==2.9.0.post0 --hash=sha256:a8b2bc7bffae282281c8140a97d3aa9c14da0b136dfe83f850eea9a5f7470427\n"
        try await withTemporaryFolder { folder in
            let fixture = try EnvironmentFixture(in: folder, lock: lock)
            let failure = await fixture.failure()
            #expect(failure?.disposition == .stall)
            #expect(
                failure?.message
                    == "locks/a.txt leaves out packages that others ask for: python-dateutil 2.9.0.post0 requires six. "
                    + "Nothing but the lock is installed: add them by exact version, or write '# waybill:omit NAME' where it is "
                    + "meant")
            #expect(fixture.folders == [])
        }
        try await withTemporaryFolder { folder in
            let fixture = try EnvironmentFixture(in: folder, lock: "# waybill:omit six\n\(lock)")
            try await fixture.build()
            #expect(fixture.built.map(\.outcome) == [.succeeded])
        }
    }

    @Test func `a lock that is missing or another is refused`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try EnvironmentFixture(in: folder)
            var environment = fixture.environment
            environment.lockDigest = Digest(of: [])
            let ticket = try await fixture.ledger.ticket()
            let changed = await #expect(throws: Failure.self) {
                try await fixture.store.build(environment, at: fixture.commit, ticket: ticket)
            }
            #expect(changed?.reason == "LockMismatch")
            environment.lock = "locks/b.txt"
            let missing = await #expect(throws: Failure.self) {
                try await fixture.store.build(environment, at: fixture.commit, ticket: ticket)
            }
            #expect(
                missing?.message
                    == "commit bbbbbbbbbb has no file 'locks/b.txt'; commit the lock that the runtime names")
        }
    }

    @Test func `an unlocked list builds nothing, and what was built from one goes on`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try EnvironmentFixture(in: folder, lock: "six==1.16.0\n")
            let failure = await fixture.failure()
            #expect(failure?.disposition == .stall && failure?.reason == "LockInvalid")
            #expect(
                failure?.message
                    == "locks/a.txt:1: 'six==1.16.0' has no hashes, so its bytes are not locked; lock it with 'uv pip compile "
                    + "--universal --generate-hashes --python-version 3.11 --output-file locks/a.txt locks/a.txt'")
            #expect(fixture.folders == [])
            #expect(fixture.built.map(\.outcome) == [.failed])

            // As a build that took such lists left it: it is there, so it is not judged again.
            let place = try await fixture.store.folder(for: fixture.environment)
            try EnvironmentFolder.make("\(place)/bin", mode: 0o755)
            try FileManager.default.createSymbolicLink(
                atPath: "\(place)/bin/python", withDestinationPath: PythonSuite.interpreter)
            try EnvironmentFolder(path: place).complete(
                .init(
                    python: "3.11", lockDigest: fixture.environment.lockDigest.description,
                    interpreter: "/usr/bin/python3.11", version: "3.11.2"))
            #expect(try await fixture.store.isBuilt(fixture.environment))
            try await fixture.build()
            #expect(fixture.built.count == 1)
        }
    }
}
