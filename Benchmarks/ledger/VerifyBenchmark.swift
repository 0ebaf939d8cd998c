import Dispatch
import Glibc
import WaybillCore
import WaybillLedger
import WaybillTrust

/// Verification of a large ledger, all files, and a restart on it.
struct VerifyBenchmark {
    let folder: String
    let count: Int

    func run() throws {
        let settings = LedgerSettings(folder: folder)
        var store: LedgerStore? = try LedgerStore(settings)
        guard let key = store?.key else { return }
        let written = try seconds {
            for start in stride(from: 0, to: count, by: 500) {
                _ = try store?.append((start..<min(start + 500, count)).map(sampleEvent))
            }
        }
        print("append \(count) events in batches of 500: \(shown(written)) s, \(Int(Double(count) / written)) events/s")
        print("publish them from nothing: \(shown(try seconds { try store?.publish() })) s")
        let note = store?.checkpoint?.note
        store = nil
        print("open again: \(shown(try seconds { _ = try LedgerStore(settings) })) s")
        var conclusion = ""
        let verified = try seconds {
            conclusion = try LedgerVerifier.verify(folder: folder, key: key, since: note).conclusion
        }
        print(
            "verify \(count) events, journal and published form: \(shown(verified)) s, \(peakMegabytes) MB resident at most"
        )
        print("  \(conclusion)")
        let tree = PublishedTree(folder: "\(folder)/log", size: UInt64(count))
        let proof = try seconds { _ = try tree.inclusionProof(of: UInt64(count / 3)) }
        print("prove one of them from the published tiles: \(shown(proof * 1000)) ms")
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let begin = DispatchTime.now().uptimeNanoseconds
        try body()
        return Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    }

    private var peakMegabytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }
}
