import Testing
import WaybillCore
import WaybillTrust

@Suite struct RecordFormatTests {
    @Test func `an id is read from its text and written as it`() {
        let text = "01927f3a-5b1c-7abc-8123-456789abcdef"
        #expect(RecordID(text) == RecordSamples.id)
        #expect(RecordID(text.uppercased()) == RecordSamples.id)
        #expect(RecordSamples.id.description == text)
        #expect(RecordSamples.id.microseconds / 1000 == 0x0192_7F3A_5B1C)
    }

    @Test(arguments: [
        "", "01927f3a-5b1c-7abc-8123-456789abcde", "01927f3a-5b1c-7abc-8123-456789abcdef0",
        "01927f3a5b1c-7abc-8123-456789abcdef0", "01927f3a-5b1c-7abc-8123-456789abcdeg",
        "٠1927f3a-5b1c-7abc-8123-456789abcd",
    ])
    func `what is no id is not read as one`(text: String) {
        #expect(RecordID(text) == nil)
    }

    @Test func `a prediction has its known bytes`() {
        let core = Record.prediction(RecordSamples.prediction()).core
        let expected =
            "0101" + "01927f3a5b1c7abc8123456789abcdef" + "0000000000000001" + "000622b28588d240" + "00000000002625a0"
            + "00c8" + "00" + "020a" + "0000000000000007" + text("order 4711") + text("production") + text("churn")
            + text("churn") + text("1.4.0") + text("sha256:ab") + text("c0ffee") + text("production/churn-1")
            + "0200" + "0000000000000007" + digest("{\"a\":1}") + "0200" + "0000000000000003" + digest("[2]")
        #expect(hexadecimal(core) == expected)
    }

    private func text(_ text: String) -> String {
        hexadecimal([UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 255)] + Array(text.utf8))
    }

    /// By the words of the specification: the hash of the salt and the bytes.
    private func digest(_ text: String) -> String { MerkleHash.plain(Array(0...15) + Array(text.utf8)).description }

    @Test func `a frame has its known bytes`() {
        var bytes = ByteWriter()
        let leaf = RecordFrame.append(RecordSamples.feedback, to: &bytes)
        let core = RecordSamples.feedback.core
        #expect(leaf == MerkleHash.leaf(core))
        let salt = Array(UInt8(0)...15)
        let attachments = salt + MerkleHash.plain(salt).bytes[..<4] + Array("{\"label\":1}".utf8)
        #expect(
            bytes.bytes == [0, 0, 0, UInt8(core.count), 0, 0, 0, 31] + MerkleHash.leaf(core).bytes[..<8] + core
                + attachments)
    }

    @Test func `every record is read as it was written`() throws {
        let written = RecordSamples.segment(RecordSamples.all)
        #expect(try RecordSamples.read(written.bytes) == RecordSamples.all)
        let scan = try RecordSamples.scan(written.bytes)
        #expect(scan.problem == nil)
        #expect(scan.footer?.count == UInt64(RecordSamples.all.count))
        #expect(scan.footer?.root == SegmentTree(scan.leaves).root)
        #expect(scan.end == written.bytes.count)
        #expect(
            scan.header
                == SegmentHeader(pid: 42, id: RecordSamples.id, writer: RecordSamples.id, number: 3, opened: 99))
    }

    @Test func `a tail torn at any byte leaves all records before it`() throws {
        let (bytes, ends) = RecordSamples.segment(Array(RecordSamples.all.prefix(5)) + [RecordSamples.feedback])
        for length in SegmentHeader.length..<bytes.count {
            let scan = try RecordSamples.scan(Array(bytes[..<length]))
            let whole = ends.filter { $0 <= length }
            #expect(scan.leaves.count == whole.count)
            #expect(scan.end == whole.last ?? SegmentHeader.length)
            #expect(scan.footer == nil)
            #expect((scan.problem == .cut) == (length != scan.end))
        }
        for length in 0..<SegmentHeader.length {
            #expect(throws: RecordError.cut) { try RecordSamples.scan(Array(bytes[..<length])) }
        }
    }

    @Test func `no altered byte goes unnoticed`() throws {
        let bytes = RecordSamples.segment(Array(RecordSamples.all.suffix(4))).bytes
        for place in bytes.indices {
            var altered = bytes
            altered[place] ^= 0x10
            let scan = try? RecordSamples.scan(altered)
            #expect(scan == nil || scan?.problem != nil, "byte \(place)")
        }
    }

    @Test func `an erased record keeps its leaf and tells that it is erased`() throws {
        var (bytes, ends) = RecordSamples.segment([.prediction(RecordSamples.prediction())])
        let before = try RecordSamples.scan(bytes)
        let frame = try bytes.withUnsafeBytes { try RecordFrame(at: SegmentHeader.length, of: $0) }
        for place in frame.attachments { bytes[place] = 0 }
        let after = try RecordSamples.scan(bytes)
        #expect(after.leaves == before.leaves && after.problem == nil && after.footer == before.footer)
        guard case .prediction(let record)? = try RecordSamples.read(bytes).first else { return #expect(Bool(false)) }
        #expect(record.request.isErased && record.request.payload == nil && record.request.size == 7)
        #expect(Record.prediction(record).core == Record.prediction(RecordSamples.prediction()).core)
        #expect(ends.count == 1)
    }

    @Test func `bytes of any kind are read without a crash`() {
        var random = SystemRandomNumberGenerator()
        let good = RecordSamples.segment(RecordSamples.all).bytes
        for _ in 0..<3_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: SegmentHeader.length..<bytes.count, using: &random)] = .random(in: 0...255)
            }
            _ = try? RecordSamples.read(bytes)
        }
        let head = Array(good[..<SegmentHeader.length])
        for length: UInt8 in [0, 1, 0x7F, 0xFF] {
            _ = try? RecordSamples.read(head + [UInt8](repeating: length, count: 64))
        }
    }

    @Test func `a record of a later version can be proven though not read`() throws {
        var bytes = RecordSamples.segment([RecordSamples.feedback], closed: false).bytes
        bytes[SegmentHeader.length + RecordFrame.overhead] = 9
        let frame = SegmentHeader.length + RecordFrame.overhead
        let core = Array(bytes[frame..<(frame + RecordSamples.feedback.core.count)])
        bytes.replaceSubrange((frame - 8)..<frame, with: MerkleHash.leaf(core).bytes[..<8])
        #expect(try RecordSamples.scan(bytes).leaves == [MerkleHash.leaf(core)])
        #expect(throws: RecordError.unknownVersion(9)) { try RecordSamples.read(bytes) }
    }

    @Test func `a proof leads from each record to the root`() throws {
        for count in 1...20 {
            let scan = try RecordSamples.scan(RecordSamples.segment(Array(RecordSamples.all.prefix(count))).bytes)
            let tree = SegmentTree(scan.leaves)
            for (index, leaf) in scan.leaves.enumerated() {
                try MerkleProof.verifyInclusion(
                    of: leaf, at: UInt64(index), in: tree.size, root: try #require(scan.footer?.root),
                    path: try tree.proof(of: index))
            }
        }
        #expect(SegmentTree([]).root == .empty)
    }

    @Test func `what is longer than the format allows is cut or refused`() throws {
        var long = RecordSamples.prediction()
        long.requestID = String(repeating: "é", count: 600)
        let record = try #require(RecordSamples.read(RecordSamples.segment([.prediction(long)]).bytes).first)
        guard case .prediction(let read) = record else { return #expect(Bool(false)) }
        #expect(read.requestID == String(repeating: "é", count: 512))
        var bytes = ByteWriter()
        let large = RecordedBody(whole: [UInt8](repeating: 0, count: 3 << 20), salt: RecordSamples.salt)
        #expect(RecordFrame.append(.prediction(RecordSamples.prediction(request: large)), to: &bytes) == nil)
        #expect(bytes.count == 0)
    }
}
