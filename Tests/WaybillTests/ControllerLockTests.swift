import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// Who has a state folder.
@Suite struct ControllerLockTests {
    @Test func `a command that has the folder is waited for, and is no controller to be ended`() async throws {
        try await withTemporaryFolder { url in
            let folder = StateFolder(at: url.appending(path: "state"))
            try folder.create()
            let command = try ControllerLock(folder, for: .command)
            let holder = LockHolder(name: "controller", lock: folder.lock)
            let unknown = #expect(throws: Failure.self) { try holder.process() }
            #expect(unknown?.reason == "HolderUnknown")
            let busy = #expect(throws: Failure.self) { _ = try ControllerLock(folder) }
            #expect(busy?.reason == "StateFolderBusy")
            #expect(busy?.message == "somebody else has just taken \(folder.path); try again")
            async let waiting: Void = {
                let lock = try await ControllerLock.take(folder)
                #expect(try holder.process() == getpid())
                _ = consume lock
            }()
            try await Task.sleep(for: .milliseconds(200))
            _ = consume command
            try await waiting
        }
    }

    @Test func `a controller that has it is named`() async throws {
        try await withTemporaryFolder { url in
            let folder = StateFolder(at: url.appending(path: "state"))
            try folder.create()
            let lock = try ControllerLock(folder)
            let failure = #expect(throws: Failure.self) { _ = try ControllerLock(folder, for: .command) }
            #expect(
                failure?.message
                    == "another controller (process \(getpid())) holds \(folder.path); stop it first, or use another state "
                    + "folder")
            _ = consume lock
        }
    }
}
