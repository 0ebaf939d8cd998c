import CLibgit2
import Dispatch
import FoundationEssentials
import Glibc
import WaybillCore

/// The part that a program plays when it is started as the git helper: one request from standard input, one answer on
/// standard output, then the end.
///
/// It holds the secrets and runs the C library on what a stranger sends, in a process that may be killed at any
/// instruction: what it leaves behind is either in its scratch folder or whole.
package enum GitHelper {
    /// Memory that one transfer may take, in bytes: a header that lies about a size ends this process, not the machine.
    private static let memoryLimit: UInt = 4 << 30

    /// Serves one request; the exit code for the process. 0 says that an answer was written, also when it is a failure.
    package static func main() -> Int32 {
        confine()
        guard let line = readRequest(), let request = try? JSONDecoder().decode(HelperRequest.self, from: Data(line))
        else {
            return 64
        }
        alarm(UInt32(clamping: request.seconds))
        endWithParent()
        let response = serve(request)
        guard let answer = try? JSONEncoder().encode(response) else { return 70 }
        return write(Array(answer) + [UInt8(ascii: "\n")]) ? 0 : 74
    }

    private static func serve(_ request: HelperRequest) -> HelperResponse {
        var secrets: [String] = []
        do throws(Failure) {
            try LibGit2.start()
            let session = RemoteSession(request, secrets: try SecretValues(request.remote))
            secrets = session.secrets.all
            let outcome = try session.perform(request.operation)
            return .done(commit: outcome.commit.hex, received: outcome.received)
        } catch {
            var failure = error
            // No message is built from a secret; should the C library ever quote one, it goes no further than this.
            for secret in secrets where !secret.isEmpty {
                failure.message = failure.message.replacing(secret, with: "[secret]")
            }
            return HelperResponse(failure)
        }
    }

    private static func confine() {
        signal(SIGPIPE, SIG_IGN)
        _ = waybill_forbid_core_files()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        var memory = rlimit(rlim_cur: memoryLimit, rlim_max: memoryLimit)
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &memory)
        umask(0o077)
    }

    /// Reads up to the end of the first line.
    private static func readRequest() -> [UInt8]? {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while line.count < 8 << 20 {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            guard count > 0 else { return nil }
            line += buffer[..<count]
            if line.last == UInt8(ascii: "\n") { return line }
        }
        return nil
    }

    /// The parent keeps its end of standard input open until this process is over; an end means that it died.
    private static func endWithParent() {
        DispatchQueue(label: "parent").async {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) > 0 {}
            _exit(71)
        }
    }

    private static func write(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }
}
