// Appends to a ledger from one thread and prints the index of each entry once it is durable, until it is killed or done.
//
//     ledger-hammer FOLDER COUNT [BATCH] [SEGMENT-BYTES] [PUBLISH-EVERY]

import Glibc
import WaybillCore
import WaybillLedger

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().map { Int($0) ?? 0 }
guard let folder = arguments.first, let count = numbers.first else {
    print("usage: ledger-hammer FOLDER COUNT [BATCH] [SEGMENT-BYTES] [PUBLISH-EVERY]")
    exit(2)
}
let batch = max(1, numbers.count > 1 ? numbers[1] : 1)
let publishEvery = numbers.count > 3 ? numbers[3] : 0

/// One line on standard output, in one write: whoever reads it may rely on the entry.
func acknowledge(_ indices: [LedgerIndex]) {
    let line = Array((indices.map(String.init).joined(separator: "\n") + "\n").utf8)
    line.withUnsafeBytes { _ = write(1, $0.baseAddress, $0.count) }
}

/// The event of an index, so that a reader can tell whether it is the one that was acknowledged.
func event(_ number: UInt64) -> Event {
    Event(
        .driftFound, phase: .fact, decision: DecisionID(number), time: Timestamp(milliseconds: 1_795_000_000_000),
        subject: "hammer/\(number)", actor: .unixUser(uid: 0, name: "hammer"),
        body: ["message": .string(String(repeating: "x", count: Int(number % 500)))])
}

do {
    var settings = LedgerSettings(folder: folder)
    if numbers.count > 2, numbers[2] > 0 { settings.segmentLimit = Int64(numbers[2]) }
    let store = try LedgerStore(settings)
    var round = 0
    while store.size < UInt64(count) {
        let first = store.size
        acknowledge(try store.append((0..<UInt64(batch)).map { event(first + $0) }))
        round += 1
        if publishEvery > 0, round % publishEvery == 0 { try store.publish() }
    }
    try store.publish()
} catch {
    let line = Array("\(error)\n".utf8)
    line.withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
    exit(1)
}
