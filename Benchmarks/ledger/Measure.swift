import Dispatch
import Glibc
import WaybillCore

/// Milliseconds that `body` takes.
func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
    let begin = DispatchTime.now().uptimeNanoseconds
    try await body()
    return Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
}

extension [Double] {
    /// The value below which `share` of them lie.
    func quantile(_ share: Double) -> Double {
        let ordered = sorted()
        return ordered.isEmpty ? 0 : ordered[Swift.min(ordered.count - 1, Int(Double(ordered.count) * share))]
    }
}

/// `number` with three digits after the point.
func shown(_ number: Double) -> String {
    let thousandths = Int((number * 1000).rounded())
    let digits = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
}

/// A file that is only written and synced.
final class Peer {
    private let descriptor: Int32
    private var offset = 0

    init(_ path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw Failure(.retry, reason: "BenchFailed", message: "open \(path): errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// Appends `count` bytes and makes them durable.
    func append(_ count: Int) throws {
        let bytes = [UInt8](repeating: 0x5A, count: count)
        guard bytes.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, count, offset) }) == count,
            fdatasync(descriptor) == 0
        else { throw Failure(.retry, reason: "BenchFailed", message: "write or fdatasync: errno \(errno)") }
        offset += count
    }
}

/// An event of the size that the controller writes.
func sampleEvent(_ number: Int) -> Event {
    Event(
        .routesChanged, phase: .fact, decision: DecisionID(UInt64(number)),
        time: Timestamp(milliseconds: 1_795_000_000_000 + Int64(number)), environment: try? Name(parsing: "production"),
        subject: "production/churn", actor: .unixUser(uid: 1000, name: "anna"),
        body: [
            "replica": "production/churn/0", "revision": "sha256:1f2e3d4c5b6a",
            "reason": "spec.version: 1.4.0 to 1.5.0, asked for by commit 0123456789abcdef0123456789abcdef01234567",
            "generation": .integer(Int64(number)),
        ])
}
