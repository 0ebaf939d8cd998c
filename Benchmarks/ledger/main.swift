// The ledger beside write + fdatasync of the same bytes to one file, in one run, alternating.
//
//     bench-ledger [FOLDER] [EVENTS-TO-VERIFY]

import Dispatch
import Glibc
import WaybillCore
import WaybillLedger

let folder = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "/tmp/waybill-bench-ledger-\(getpid())"
let verified = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 0 : 1_000_000
guard !folder.hasPrefix("-"), verified > 0, CommandLine.arguments.count <= 3 else {
    print("usage: bench-ledger [FOLDER] [EVENTS-TO-VERIFY]")
    exit(2)
}
mkdir(folder, 0o700)

do {
    let ledger = try await Ledger.open(LedgerSettings(folder: "\(folder)/ledger"))
    try await AppendBenchmark(ledger: ledger, peer: Peer("\(folder)/peer")).run()
    await ledger.close()
    try VerifyBenchmark(folder: "\(folder)/large", count: verified).run()
} catch {
    print("bench-ledger: \(error)")
    exit(1)
}
