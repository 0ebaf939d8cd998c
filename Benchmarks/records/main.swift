import Foundation
import WaybillGateway
import WaybillTrust

// How long one prediction takes to be found among many: bench-records [RECORDS] [FOLDER].
//
// Segments of about 16 MiB, one a minute from long ago on, as a gateway leaves them; the indexes are made by the first look.

let words = CommandLine.arguments.dropFirst()
let count = UInt64(words.first ?? "1000000") ?? 1_000_000
let folder =
    words.dropFirst().first ?? NSTemporaryDirectory() + "bench-records-\(ProcessInfo.processInfo.processIdentifier)"
let perSegment: UInt64 = 24_000
let begin: UInt64 = 1_700_000_000_000
let request = Array(
    (#"{"inputs":[{"name":"x","shape":[1,4],"data":["# + String(repeating: "1", count: 250) + "]}]}").utf8)

func id(_ number: UInt64) -> RecordID {
    let milliseconds = begin + number / perSegment * 60_000 + number % perSegment * 60_000 / perSegment
    return RecordID(high: milliseconds << 16 | 0x7000, low: 1 << 63 | number)
}

func record(_ number: UInt64) -> Record {
    let salt = Salt(number | 1, 7)
    let server = PredictionRecord.Server(
        environment: "production", deployment: "churn", model: "churn", version: "1.4.0",
        revision: "sha256:" + String(repeating: "1a", count: 32), commit: String(repeating: "0b", count: 20),
        replica: "production/churn-1")
    return .prediction(
        PredictionRecord(
            id: id(number), time: id(number).microseconds, duration: 1_000_000, status: 200, ending: .answered,
            reason: .share(90), generation: 1, server: server, request: RecordedBody(whole: request, salt: salt),
            answer: RecordedBody(whole: Array("[0.5]".utf8), salt: salt)))
}

func writeSegment(_ range: Range<UInt64>, _ names: SegmentNames) throws {
    let first = id(range.lowerBound)
    var (bytes, leaves, footer) = (ByteWriter(capacity: 1 << 24), [MerkleHash](), SegmentFooter())
    SegmentHeader(pid: 1, id: first, writer: first, number: 0, opened: first.microseconds).append(to: &bytes)
    for number in range {
        let record = record(number)
        if let leaf = RecordFrame.append(record, to: &bytes) { leaves.append(leaf) }
        footer.count(record.id, at: record.time)
    }
    footer.root = SegmentTree(leaves).root
    footer.appendFrame(to: &bytes)
    try Data(bytes.bytes).write(to: URL(filePath: names.closed(first)))
}

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body)
    return Double(duration.components.attoseconds) / 1e15 + Double(duration.components.seconds) * 1000
}

let store = SegmentStore(stateFolder: folder)
try FileManager.default.createDirectory(atPath: store.names.folder, withIntermediateDirectories: true)
let made = try milliseconds {
    for start in stride(from: 0, to: count, by: Int(perSegment)) {
        let range = start..<min(start + perSegment, count)
        try writeSegment(range, store.names)
        _ = try store.predictions(id(start))
    }
}
print("\(count) records in \(store.names.list(".segment").count) segments made in \(Int(made / 1000)) s")
var times: [Double] = []
for _ in 0..<500 {
    let number = UInt64.random(in: 0..<count)
    times.append(
        try milliseconds {
            let found = try store.predictions(id(number))
            precondition(found.count == 1 && found[0].record.id == id(number), "the wrong record was found")
        })
}
times.sort()
print("one id found: median \(times[250]) ms, p99 \(times[495]) ms, slowest \(times[499]) ms")
let sample = try store.predictions(id(count / 2))
let proven = try milliseconds { _ = try store.proof(of: sample[0]) }
print("one record proven in its segment: \(proven) ms")
if words.count < 2 { try FileManager.default.removeItem(atPath: folder) }
