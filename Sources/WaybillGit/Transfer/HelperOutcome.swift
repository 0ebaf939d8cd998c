import FoundationEssentials
import Glibc
import WaybillCore

/// Reads how a helper ended, in the words of its request.
struct HelperOutcome {
    private let request: HelperRequest
    private let deadline: Duration

    init(_ request: HelperRequest, _ deadline: Duration) {
        self.request = request
        self.deadline = deadline
    }

    func read(_ outcome: ChildRun.Outcome) throws(Failure) -> (commit: CommitID, received: Int) {
        switch outcome {
        case .ended(.exited(0), let output, _): return try answer(output)
        case .ended(let ending, _, let errors): throw crash(ending, errors)
        case .outOfTime:
            throw Failure(
                .retry, reason: "RemoteTimeout",
                message: "\(request.remote.address): no answer within \(deadline.milliseconds / 1000) s; "
                    + "the \(what) was stopped, it is tried again")
        case .cancelled:
            throw Failure(.retry, reason: "Cancelled", message: "\(request.remote.address): the \(what) was cancelled")
        case .tooTalkative:
            throw Failure(
                .retry, reason: "GitHelperFailed",
                message: "\(request.remote.address): the git helper gave an answer without end and was stopped")
        }
    }

    private func answer(_ output: [UInt8]) throws(Failure) -> (commit: CommitID, received: Int) {
        guard let response = try? JSONDecoder().decode(HelperResponse.self, from: Data(output)) else {
            throw Failure(
                .retry, reason: "GitHelperFailed",
                message: "\(request.remote.address): the git helper ended without an answer")
        }
        switch response {
        case .done(let commit, let received):
            do throws(InvalidInput) {
                return (try CommitID(parsing: commit), received)
            } catch {
                throw Failure(.retry, reason: "GitHelperFailed", message: "the git helper's answer: \(error)")
            }
        case .failed(let disposition, let reason, let message):
            throw Failure(Disposition(rawValue: disposition) ?? .retry, reason: reason, message: message)
        }
    }

    private func crash(_ ending: ChildProcess.Ending, _ errors: [UInt8]) -> Failure {
        let how =
            switch ending {
            case .exited(let code): "with exit code \(code)"
            case .signalled(let number): "by signal \(number) (\(String(cString: strsignal(number))))"
            }
        let last = String(decoding: errors, as: UTF8.self).split(separator: "\n").last.map {
            ": " + $0.quotedForMessage
        }
        // A full disk ends the C library by SIGBUS: it writes packs through mapped memory.
        if FreeSpace.isExhausted(at: request.scratch) { return FreeSpace.failure(at: request.scratch) }
        return Failure(
            .retry, reason: "GitHelperCrashed",
            message: "\(request.remote.address): the git helper ended \(how) during the \(what)\(last ?? ""); "
                + "nothing was taken from the remote, it is tried again")
    }

    private var what: String {
        switch request.operation {
        case .head: "look at the branch"
        case .fetch, .collect, .statements: "fetch"
        case .resolve(let name): "look at \(name.quotedForMessage)"
        case .publish: "push"
        }
    }
}

/// Whether the disk is the reason.
enum FreeSpace {
    /// Less than this is a full disk, in bytes.
    private static let least: UInt64 = 1 << 20

    static func isExhausted(at folder: String) -> Bool {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { return false }
        return UInt64(facts.f_bavail) * UInt64(facts.f_frsize) < least || (facts.f_files > 0 && facts.f_favail == 0)
    }

    static func failure(at folder: String) -> Failure {
        Failure(
            .retry, reason: "DiskFull",
            message:
                "the disk of '\(folder)' is full; free some space, the fetch is tried again and what was there is kept")
    }
}
