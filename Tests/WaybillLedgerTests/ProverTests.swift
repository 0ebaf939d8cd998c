import Foundation
import Testing
import WaybillCore
import WaybillLedger
import WaybillTestSupport
import WaybillTrust

@Suite struct ProverTests {
    @Test func `each entry has a receipt, from the ledger and from a copy of its published log`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try SampleLedger(in: folder)
            for path in [ledger.folder.path, ledger.folder.path + "/log"] {
                let prover = try LedgerProver(folder: path)
                #expect(prover.checkpoint.note == ledger.note)
                for index in [0, 1, 255, 256, 299] as [LedgerIndex] {
                    let proof = try LogProof(parsing: prover.proof(of: index).bytes)
                    let entry = try #require(proof.extra)
                    #expect(try proof.verify(entry, with: ledger.key).size == 300)
                    guard case .readable(let parts) = entry.withUnsafeBytes({ LedgerEntry.parse($0) }) else {
                        Issue.record("entry \(index) cannot be read")
                        continue
                    }
                    let sealed = try prover.sealedBodies(of: [index])
                    if path.hasSuffix("/log") {
                        #expect(sealed.isEmpty)
                    } else {
                        #expect(MerkleHash.plain(try #require(sealed[index])) == parts.bodyDigest)
                    }
                }
                #expect(
                    failure { try prover.proof(of: 300) }?.message
                        == "the published checkpoint counts 300 entries, the last of them entry 299; there is no entry 300 in it"
                )
            }
        }
    }

    @Test func `an entry of this moment has its receipt as soon as it is published`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.path + "/ledger"
            let ledger = try await Ledger.open(LedgerSettings(folder: path))
            let events = (0..<3).map { number in
                Event(
                    .storeRebuilt, decision: DecisionID(UInt64(number)), time: Timestamp(milliseconds: 1),
                    subject: "controller", body: ["reason": .string("\(number)")])
            }
            for event in events {
                let index = try #require(try await ledger.append([event]).first)
                let prover = try LedgerProver(folder: path, covering: index, patience: .seconds(30))
                #expect(try prover.proof(of: index).index == index)
            }
            // What nobody wrote is not waited for longer than that.
            let prover = try LedgerProver(folder: path, covering: 3, patience: .milliseconds(10))
            #expect(failure { try prover.proof(of: 3) }?.reason == "NoSuchEntry")
            await ledger.close()
        }
    }

    @Test func `bodies of many entries are found across segments`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try SampleLedger(in: folder)
            #expect(ledger.segments.count > 2)
            let wanted: Set<LedgerIndex> = [0, 3, 150, 299]
            #expect(Set(try LedgerProver(folder: ledger.folder.path).sealedBodies(of: wanted).keys) == wanted)
        }
    }

    @Test func `a log proves that it begins with an older checkpoint, and no other does`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try SampleLedger(in: folder)
            let prover = try LedgerProver(folder: ledger.folder.path)
            let older = try SignedCheckpoint(unverified: ledger.olderNote).checkpoint
            #expect(try prover.consistency(from: older).isEmpty == false)
            var other = older
            other.root = .empty
            #expect(
                failure { try prover.consistency(from: other) }?.message
                    == "the first 152 entries are not those of the checkpoint that was given: the log was rewritten")
            other = older
            other.size = 301
            #expect(
                failure { try prover.consistency(from: other) }?.message
                    == "the checkpoint that was given is of example.com/log, 301 entries; this log is example.com/log, 300 entries"
            )
        }
    }

    @Test func `a damaged tile gives an error and no receipt`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = try SampleLedger(in: folder)
            try ledger.flip("log/tile/0/000", at: 40)
            let found = failure { try LedgerProver(folder: ledger.folder.path).proof(of: 0) }
            #expect(found?.message.contains("the proof leads to another root") == true, "\(String(describing: found))")
        }
    }

    @Test func `a folder without a published log says what is missing`() async throws {
        try await withTemporaryFolder { folder in
            #expect(
                failure { try LedgerProver(folder: folder.path) }?.message
                    == "\(folder.path): there is no published checkpoint; name a ledger's folder or a copy of its 'log'"
            )
        }
    }
}
