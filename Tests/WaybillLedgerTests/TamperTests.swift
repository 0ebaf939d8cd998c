import Foundation
import Testing
import WaybillCore
import WaybillLedger
import WaybillTestSupport
import WaybillTrust

/// One way to falsify a ledger and the exact words that verification has for it.
struct Tampering: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Changes the ledger and says what verification must say.
    let change: @Sendable (SampleLedger) throws -> String

    init(_ description: String, _ change: @escaping @Sendable (SampleLedger) throws -> String) {
        testDescription = description
        self.change = change
    }
}

@Suite struct TamperTests {
    @Test func `an honest ledger is consistent, with the checkpoint that was given`() async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            #expect(sample.segments.count > 2)
            let report = try sample.verify()
            #expect((report.size, report.publishedSize, report.tornBytes) == (300, 300, 0))
            #expect(report.conclusion == "internally consistent, not anchored")
            #expect(report.latestTime?.description == "2026-11-18T11:06:40.299Z")
            #expect(
                sample.problem(since: sample.note)
                    == "consistent with the checkpoint of 2026-11-18T11:06:40.299Z, size 300, that was given")
            #expect(
                sample.problem(since: sample.olderNote)
                    == "consistent with the checkpoint of 2026-11-18T11:06:40.151Z, size 152, that was given")
            let copy = folder.appending(path: "published")
            try FileManager.default.copyItem(at: sample.folder.appending(path: "log"), to: copy)
            let alone = try LedgerVerifier.verify(folder: copy.path, key: sample.key, since: sample.olderNote)
            #expect((alone.size, alone.hasJournal, alone.root) == (300, false, report.root))
            #expect(
                alone.conclusion
                    == "consistent with the checkpoint of 2026-11-18T11:06:40.151Z, size 152, that was given")
        }
    }

    @Test(arguments: journalCases + publishedCases)
    func `tampering is found where it is`(_ tampering: Tampering) async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            let expected = try tampering.change(sample)
            #expect(sample.problem() == expected)
        }
    }

    static let journalCases = [
        Tampering("a byte of a segment's header") { sample in
            try sample.flip(sample.segmentPath(0), at: 30)
            return "FIRST: byte 0: the segment's header is not whole"
        },
        Tampering("the kind of a record") { sample in
            let place = try sample.entry(5).range.lowerBound
            try sample.flip(sample.segmentPath(0), at: place)
            return "FIRST: byte \(place): entry 5: no record begins here"
        },
        Tampering("the length of an entry") { sample in
            let place = try sample.entry(5).range.lowerBound
            try sample.flip(sample.segmentPath(0), at: place + 2)
            return "FIRST: byte \(place): entry 5: the entry's bytes do not have its leaf hash"
        },
        Tampering("the length of a body") { sample in
            let place = try sample.entry(5).range.lowerBound
            try sample.flip(sample.segmentPath(0), at: place + 6)
            return "FIRST: byte \(place): entry 5: the body does not have the digest in its entry"
        },
        Tampering("a length out of bounds") { sample in
            let place = try sample.entry(5).range.lowerBound
            try sample.change(sample.segmentPath(0)) { $0[place + 3] = 0xFF }
            return "FIRST: byte \(place): entry 5: an entry's lengths are out of bounds"
        },
        Tampering("a leaf hash") { sample in
            let place = try sample.entry(5).range.lowerBound
            try sample.flip(sample.segmentPath(0), at: place + 7)
            return "FIRST: byte \(place): entry 5: the entry's bytes do not have its leaf hash"
        },
        Tampering("the date in a header") { sample in
            let entry = try sample.entry(5)
            try sample.flip(sample.segmentPath(0), at: entry.content.lowerBound + 90)
            return "FIRST: byte \(entry.range.lowerBound): entry 5: the entry's bytes do not have its leaf hash"
        },
        Tampering("a byte of a body") { sample in
            let entry = try sample.entry(5)
            try sample.flip(sample.segmentPath(0), at: entry.sealed.upperBound - 1)
            return "FIRST: byte \(entry.range.lowerBound): entry 5: the body does not have the digest in its entry"
        },
        Tampering("a byte of a salt") { sample in
            let entry = try sample.entry(5)
            try sample.flip(sample.segmentPath(0), at: entry.sealed.lowerBound)
            return "FIRST: byte \(entry.range.lowerBound): entry 5: the body does not have the digest in its entry"
        },
        Tampering("the bodies of two entries exchanged") { sample in
            let (one, two) = (try sample.entry(5), try sample.entry(6))
            try sample.change(sample.segmentPath(0)) { bytes in
                let body = Array(bytes[one.sealed])
                bytes.replaceSubrange(one.sealed, with: Array(bytes[two.sealed]))
                bytes.replaceSubrange(two.sealed, with: body)
            }
            return "FIRST: byte \(one.range.lowerBound): entry 5: the body does not have the digest in its entry"
        },
        Tampering("two entries exchanged") { sample in
            let (one, two) = (try sample.entry(5), try sample.entry(6))
            let checkpoint = try sample.records(0).filter { !$0.isEntry }[1]
            try sample.change(sample.segmentPath(0)) { bytes in
                bytes.replaceSubrange(
                    one.range.lowerBound..<two.range.upperBound, with: Array(bytes[two.range]) + Array(bytes[one.range])
                )
            }
            return
                "FIRST: byte \(checkpoint.range.lowerBound): the checkpoint's root is not that of the 8 entries before it"
        },
        Tampering("an entry dropped") { sample in
            let entry = try sample.entry(5)
            let checkpoint = try sample.records(0).filter { !$0.isEntry }[1]
            try sample.change(sample.segmentPath(0)) { $0.removeSubrange(entry.range) }
            return "FIRST: byte \(checkpoint.range.lowerBound - entry.range.count): "
                + "the checkpoint counts 8 entries, the journal 7"
        },
        Tampering("an entry twice") { sample in
            let entry = try sample.entry(5)
            let checkpoint = try sample.records(0).filter { !$0.isEntry }[1]
            try sample.change(sample.segmentPath(0)) {
                $0.insert(contentsOf: Array($0[entry.range]), at: entry.range.upperBound)
            }
            return "FIRST: byte \(checkpoint.range.lowerBound + entry.range.count): "
                + "the checkpoint counts 8 entries, the journal 9"
        },
        Tampering("a batch dropped") { sample in
            let records = try sample.records(0)
            let checkpoint = records.filter { !$0.isEntry }[2]
            let batch = records[5].range.lowerBound..<records[9].range.upperBound
            try sample.change(sample.segmentPath(0)) { $0.removeSubrange(batch) }
            return "FIRST: byte \(checkpoint.range.lowerBound - batch.count): "
                + "the checkpoint counts 12 entries, the journal 8"
        },
        Tampering("a byte of a checkpoint") { sample in
            let checkpoint = try sample.records(0).filter { !$0.isEntry }[1]
            try sample.flip(sample.segmentPath(0), at: checkpoint.content.upperBound - 5)
            return
                "FIRST: byte \(checkpoint.range.lowerBound): entry 8: the checkpoint's bytes do not have its checksum"
        },
        Tampering("a checkpoint with another signature and a right checksum") { sample in
            let checkpoint = try sample.records(0).filter { !$0.isEntry }[1]
            try sample.change(sample.segmentPath(0)) { bytes in
                bytes[checkpoint.content.upperBound - 40] = bytes[checkpoint.content.upperBound - 40] == 65 ? 66 : 65
                let sum = MerkleHash.plain(Array(bytes[checkpoint.content])).bytes
                bytes.replaceSubrange((checkpoint.range.lowerBound + 3)..<checkpoint.content.lowerBound, with: sum)
            }
            return "FIRST: byte \(checkpoint.range.lowerBound): the checkpoint of 8 entries: "
                + "the signature by 'example.com/log' does not fit the text"
        },
        Tampering("a checkpoint twice") { sample in
            let checkpoint = try sample.records(0).filter { !$0.isEntry }[1]
            try sample.change(sample.segmentPath(0)) {
                $0.insert(contentsOf: Array($0[checkpoint.range]), at: checkpoint.range.upperBound)
            }
            return "FIRST: byte \(checkpoint.range.upperBound): a checkpoint follows no entry"
        },
        Tampering("the end of a segment that others follow") { sample in
            let last = try #require(try sample.records(0).last)
            try sample.change(sample.segmentPath(0)) { $0.removeLast(10) }
            return "FIRST: byte \(last.range.lowerBound): the file ends inside the record that begins here"
        },
        Tampering("a segment removed") { sample in
            try sample.remove(sample.segmentPath(1))
            return "\(sample.segmentPath(2)): it should begin with entry \(sample.segments[1]): "
                + "a segment is missing or too much"
        },
        Tampering("two segments exchanged") { sample in
            let (one, two) = (
                try bytes(sample.folder, sample.segmentPath(1)), try bytes(sample.folder, sample.segmentPath(2))
            )
            try write(two, sample.folder, sample.segmentPath(1))
            try write(one, sample.folder, sample.segmentPath(2))
            return "\(sample.segmentPath(1)): byte 0: the segment begins with entry \(sample.segments[2]), "
                + "not as its name says"
        },
        Tampering("the state in a later segment's header") { sample in
            try sample.change(sample.segmentPath(1)) { bytes in
                bytes[35] ^= 1
                let end = rawRecords(bytes)[0].range.lowerBound - 32
                bytes.replaceSubrange(end..<(end + 32), with: MerkleHash.plain(Array(bytes[..<end])).bytes)
            }
            return "\(sample.segmentPath(1)): byte 20: the segment's header does not have the state that the entries "
                + "before it leave"
        },
        Tampering("the last batch cut off") { sample in
            let last = sample.segments.count - 1
            let records = try sample.records(last)
            try sample.change(sample.segmentPath(last)) {
                $0.removeSubrange(records[records.count - 5].range.lowerBound...)
            }
            return "log/checkpoint: it counts 300 entries, the journal has 296"
        },
        Tampering("the last checkpoint cut off") { sample in
            let last = sample.segments.count - 1
            let records = try sample.records(last)
            try sample.change(sample.segmentPath(last)) { $0.removeSubrange(records[records.count - 1].range) }
            return "log/checkpoint: it counts 300 entries, the journal has 296"
        },
        Tampering("the journal emptied") { sample in
            for number in sample.segments.indices { try sample.remove(sample.segmentPath(number)) }
            return "journal: it holds no segment"
        },
    ]

    static let publishedCases = [
        Tampering("a byte of a tile") { sample in
            try sample.flip("log/tile/0/000", at: 64)
            return "log/tile/0/000: byte 64: entry 2: the tile does not have the tree's hash here"
        },
        Tampering("a byte of a partial tile") { sample in
            try sample.flip("log/tile/0/001.p/44", at: 40)
            return "log/tile/0/001.p/44: byte 40: entry 257: the tile does not have the tree's hash here"
        },
        Tampering("a byte of an upper tile") { sample in
            try sample.flip("log/tile/1/000.p/1", at: 31)
            return "log/tile/1/000.p/1: byte 31: the tile does not have the tree's hash here"
        },
        Tampering("a byte of a bundle") { sample in
            try sample.flip("log/tile/entries/000", at: 20)
            return "log/tile/entries/000: byte 20: entry 0: the bundle does not hold the log's entry here"
        },
        Tampering("a tile cut short") { sample in
            try sample.change("log/tile/0/000") { $0.removeLast(32) }
            return "log/tile/0/000: byte 8160: entry 255: the file is too short"
        },
        Tampering("a tile made longer") { sample in
            try sample.change("log/tile/0/000") { $0.append(0) }
            return "log/tile/0/000: byte 8192: the tile does not have the tree's hash here"
        },
        Tampering("a tile removed") { sample in
            try sample.remove("log/tile/0/000")
            return "log/tile/0/000: it is missing, although the published checkpoint counts it"
        },
        Tampering("a partial bundle removed") { sample in
            try sample.remove("log/tile/entries/001.p/44")
            return "log/tile/entries/001.p/44: it is missing, although the published checkpoint counts it"
        },
        Tampering("a bundle exchanged for another") { sample in
            try write(try bytes(sample.folder, "log/tile/entries/001.p/44"), sample.folder, "log/tile/entries/000")
            return "log/tile/entries/000: byte 67: entry 0: the bundle does not hold the log's entry here"
        },
        Tampering("a file that should not be there") { sample in
            try write([1], sample.folder, "log/tile/0/more")
            return "log/tile/0/more: it should not be there"
        },
        Tampering("a tile beyond the end") { sample in
            try write([1], sample.folder, "log/tile/0/002")
            return "log/tile/0/002: it should not be there"
        },
        Tampering("a partial tile that counts too much") { sample in
            try write(try bytes(sample.folder, "log/tile/0/001.p/44"), sample.folder, "log/tile/0/001.p/45")
            return "log/tile/0/001.p/45: it counts more entries than there are"
        },
        Tampering("a byte of the published checkpoint") { sample in
            try sample.flip("log/checkpoint", at: 17)
            return "log/checkpoint: the signature by 'example.com/log' does not fit the text"
        },
        Tampering("the published checkpoint by another key of the same name") { sample in
            let other = try SampleLedger(in: sample.folder.deletingLastPathComponent(), name: "other")
            try write(other.note, sample.folder, "log/checkpoint")
            return "log/checkpoint: no signature is by a known key"
        },
        Tampering("the published checkpoint of a fork by the same key") { sample in
            let fork = try SampleLedger(
                in: sample.folder.deletingLastPathComponent(), name: "fork", identity: sample.folder, message: "other")
            try write(fork.note, sample.folder, "log/checkpoint")
            return "log/checkpoint: its root is not that of the first 300 entries"
        },
    ]

    @Test func `a history made anew with the true key is caught by a checkpoint that somebody else held`() async throws
    {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            let fork = try SampleLedger(in: folder, name: "fork", identity: sample.folder, message: "other")
            #expect(fork.key == sample.key)
            #expect(fork.problem() == "internally consistent, not anchored")
            #expect(
                fork.problem(since: sample.olderNote)
                    == "the first 152 entries are not those of the checkpoint that was given: the log was rewritten")
            let short = try SampleLedger(in: folder, name: "short", identity: sample.folder, count: 200)
            #expect(
                short.problem(since: sample.note)
                    == "the log ends after 200 entries, the checkpoint that was given counts 300: entries are missing")
            let other = try SampleLedger(in: folder, name: "other")
            #expect(
                sample.problem(since: other.note) == "the checkpoint that was given: no signature is by a known key")
            #expect(
                sample.problem(since: [1]) == "the checkpoint that was given: not a signed note: "
                    + "holds a control character")
            #expect(
                throws: VerificationProblem(file: "log/checkpoint", "no signature is by a known key")
            ) { try LedgerVerifier.verify(folder: sample.folder.path, key: other.key) }
        }
    }

    @Test(arguments: [
        // A changed bundle is the log here: what tells is the tile.
        ("tile/entries/000", "tile/0/000: byte 0: entry 0: the tile does not have the tree's hash here"),
        ("tile/0/000", "tile/0/000: byte 20: entry 0: the tile does not have the tree's hash here"),
        ("tile/1/000.p/1", "tile/1/000.p/1: byte 20: the tile does not have the tree's hash here"),
    ])
    func `the published form alone is checked the same way`(path: String, problem: String) async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            try sample.flip("log/\(path)", at: 20)
            do {
                _ = try LedgerVerifier.verify(folder: sample.folder.appending(path: "log").path, key: sample.key)
                Issue.record("nothing was found")
            } catch let found as VerificationProblem {
                #expect(found.description == problem)
            }
        }
    }

    @Test func `a zeroed body is found with its place, and the ledger does not open`() async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            let entry = try sample.entry(5)
            try sample.change(sample.segmentPath(0)) { bytes in for place in entry.sealed { bytes[place] = 0 } }
            let problem = "the body is all zeros, and nothing erases bodies yet"
            let found = #expect(throws: VerificationProblem.self) { try sample.verify() }
            #expect(found?.index == 5)
            #expect(found?.message == problem)
            let read = try await LedgerReader(folder: sample.folder.path).events(from: 5, limit: 2)
            #expect(read.map(\.content) == [.unreadable(problem), .disclosed(fact(6, message: "found 6"))])
            #expect(read.first?.header?.subject == "production/churn")
            // Opening reads the last segment; what decides and is older is read by the start of the controller, which refuses it.
            let last = sample.segments.count - 1
            let newer = try #require(try sample.records(last).first(where: \.isEntry))
            try sample.change(sample.segmentPath(last)) { bytes in for place in newer.sealed { bytes[place] = 0 } }
            // It is in the last batch, which may be torn and is cut; the published checkpoint then counts what is gone.
            let refused = failure { try LedgerStore(LedgerSettings(folder: sample.folder.path)) }
            #expect(refused?.reason == "LedgerRolledBack")
        }
    }

    @Test func `a file where the tiles should be is a problem with its place`() async throws {
        try await withTemporaryFolder { folder in
            let sample = try SampleLedger(in: folder)
            let tiles = sample.folder.appending(path: "log/tile")
            try FileManager.default.removeItem(at: tiles)
            try Data().write(to: tiles)
            let found = #expect(throws: VerificationProblem.self) { try sample.verify() }
            #expect(found?.file?.hasPrefix("log/tile/") == true)
            #expect(found?.message == "it is missing, although the published checkpoint counts it")
            let failed = failure { try LedgerStore(LedgerSettings(folder: sample.folder.path)).publish() }
            #expect(failed?.reason == "PublicationFailed")
            #expect(failed?.message.hasPrefix("published log: ") == true)
        }
    }
}
