import Foundation
import Glibc
import Synchronization
import WaybillCore

/// `waybill run` of one fleet: at most one at a time, started and ended by the test.
final class RunningController: Sendable {
    /// `Process` may be used from any thread as long as nobody does so at once. Its guard is `held`, the mutex below: it is
    /// reached through `held.withLock` only.
    private struct Held: @unchecked Sendable { var process: Process? }

    private let held = Mutex(Held())
    private let folder: String
    private let variables: [String: String]
    var log: String { folder + "/controller.log" }

    init(folder: String, variables: [String: String]) {
        self.folder = folder
        self.variables = variables
    }

    var pid: pid_t? { held.withLock { $0.process?.processIdentifier } }

    /// - Parameters:
    ///   - program: another build of `waybill` than the one that was built with the tests.
    ///   - prefix: a command that becomes `waybill run`, as setpriv does.
    func start(_ program: String = Program.waybill, under prefix: [String] = []) throws {
        let process = try Program.process(prefix + [program, "run"], in: folder, variables, output: log, errors: log)
        try process.run()
        held.withLock { $0.process = process }
    }

    /// Sends `signal`, waits for the end and returns its status: the code, or minus the signal.
    @discardableResult
    func end(_ signal: CInt) async throws -> Int32 {
        guard let pid else { return 0 }
        kill(pid, signal)
        for _ in 0..<6000 {
            let status: Int32? = held.withLock { held in
                guard let process = held.process, !process.isRunning else { return nil }
                held.process = nil
                return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            }
            if let status { return status }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure(.stall, reason: "Test", message: "the controller did not end on signal \(signal)")
    }
}
