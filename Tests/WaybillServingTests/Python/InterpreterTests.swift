import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

@Suite struct `Finding an interpreter` {
    @Test func `Debian's own comes first`() throws {
        let search = InterpreterSearch(path: "/somewhere:/usr/bin:relative", isForOthers: true)
        #expect(search.folders == ["/usr/bin", "/usr/local/bin", "/somewhere"])
        let found = try search.find("3.11", cancellation: Cancellation())
        #expect(found.path == "/usr/bin/python3.11")
        #expect(found.version.hasPrefix("3.11."))
    }

    @Test func `one that others cannot run is passed over with the reason`() async throws {
        try await withTemporaryFolder { folder in
            let home = folder.appending(path: "home").path
            let bin = "\(home)/bin"
            try EnvironmentFolder.make(bin, mode: 0o755)
            #expect(chmod(home, 0o700) == 0)
            #expect(symlink("\(bin)/real", "\(bin)/python3.11") == 0)
            #expect(symlink("/usr/bin/python3.11", "\(bin)/python3") == 0)
            try Data("#!/bin/sh\nexec /usr/bin/python3.11 \"$@\"\n".utf8).write(to: URL(filePath: "\(bin)/real"))
            #expect(chmod("\(bin)/real", 0o755) == 0)

            let search = InterpreterSearch(folders: [bin], isForOthers: true)
            // The second name leads to /usr/bin, which everybody can run.
            #expect(try search.find("3.11", cancellation: Cancellation()).path == "/usr/bin/python3.11")
            #expect(unlink("\(bin)/python3") == 0)
            let failure = #expect(throws: Failure.self) { _ = try search.find("3.11", cancellation: Cancellation()) }
            #expect(failure?.disposition == .stall)
            #expect(
                failure?.message == "no usable Python 3.11 on this machine; install it with 'apt install python3.11 "
                    + "python3.11-venv', or as /usr/local/bin/python3.11. Passed over: \(bin)/python3.11: other users may not "
                    + "enter \(home).")
        }
    }

    @Test func `a version that is not there is asked for`() {
        let search = InterpreterSearch(folders: ["/usr/bin"], isForOthers: false)
        let failure = #expect(throws: Failure.self) { _ = try search.find("3.5", cancellation: Cancellation()) }
        #expect(failure?.reason == "PythonMissing")
        #expect(failure?.message.contains("Passed over: /usr/bin/python3: it is Python 3.11.") == true)
    }

    @Test func `a program that is no Python does no harm`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "python3.11").path
            try Data("#!/bin/sh\nexit 3\n".utf8).write(to: URL(filePath: path))
            #expect(chmod(path, 0o755) == 0)
            let failure = #expect(throws: Failure.self) {
                _ = try InterpreterSearch(folders: [folder.path], isForOthers: false).find(
                    "3.11", cancellation: Cancellation())
            }
            #expect(failure?.message.hasSuffix("Passed over: \(path): it does not run.") == true)
        }
    }
}
