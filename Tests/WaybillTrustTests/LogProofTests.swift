import Testing
import WaybillCore
import WaybillTrust

@Suite struct LogProofTests {
    private static func entries(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("entry \($0)".utf8) } }

    private static func proof(of index: Int, in count: Int) throws -> LogProof {
        let entries = entries(count)
        var frontier = MerkleFrontier()
        for entry in entries { frontier.append(.leaf(entry)) }
        let note = try SignedCheckpoint(
            signing: Checkpoint(origin: "example.com/log", size: UInt64(count), root: frontier.root),
            with: NoteTests.signer())
        let path = try MerkleProof.inclusion(of: UInt64(index), in: UInt64(count)) { height, place in
            var subtree = MerkleFrontier()
            for leaf in entries[(Int(place) << height)..<(Int(place + 1) << height)] { subtree.append(.leaf(leaf)) }
            return subtree.root
        }
        return LogProof(extra: entries[index], index: UInt64(index), path: path, note: note.note)
    }

    @Test func `a proof has the form of the specification, and holds for its entry alone`() throws {
        let proof = try Self.proof(of: 5, in: 7)
        let text = String(decoding: proof.bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "c2sp.org/tlog-proof@v1" && lines[1] == "extra ZW50cnkgNQ==" && lines[2] == "index 5")
        #expect(lines[6] == "" && lines[7] == "example.com/log" && lines[8] == "7")
        #expect(try LogProof(parsing: proof.bytes) == proof)
        let key = try NoteTests.signer().key
        #expect(try proof.verify(Array("entry 5".utf8), with: key).size == 7)
        #expect(throws: InvalidInput("entry 5: the proof leads to another root")) {
            try proof.verify(Array("entry 4".utf8), with: key)
        }
        var moved = proof
        moved.index = 7
        #expect(throws: InvalidInput("entry 7: the index or size lies outside the tree")) {
            try moved.verify(Array("entry 5".utf8), with: key)
        }
        moved.index = 5
        moved.path.removeLast()
        #expect(throws: InvalidInput("entry 5: the proof has the wrong number of hashes for its index and size")) {
            try moved.verify(Array("entry 5".utf8), with: key)
        }
    }

    @Test func `a log of one entry has a proof without hashes`() throws {
        let proof = try Self.proof(of: 0, in: 1)
        #expect(proof.path.isEmpty)
        #expect(
            try LogProof(parsing: proof.bytes).verify(Array("entry 0".utf8), with: NoteTests.signer().key).size == 1)
    }

    @Test func `a proof by another key is none`() throws {
        let key = try NoteTests.signer(seed: 8).key
        #expect(throws: InvalidInput("its checkpoint: no signature is by a known key")) {
            try Self.proof(of: 1, in: 3).verify(Array("entry 1".utf8), with: key)
        }
    }

    @Test(arguments: [
        ("", "no empty line parts the proof from its checkpoint"),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\nx", "it does not begin with 'c2sp.org/tlog-proof@v1'"),
        ("c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nx", "what follows 'extra' is not base64"),
        ("c2sp.org/tlog-proof@v1\n\nx", "no line 'index NUMBER' follows the first"),
        ("c2sp.org/tlog-proof@v1\nindex 01\n\nx", "no line 'index NUMBER' follows the first"),
        ("c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx", "line 'AAAA' is not a hash in base64"),
    ])
    func `a malformed proof is refused with its reason`(text: String, reason: String) {
        #expect(throws: InvalidInput(reason)) { try LogProof(parsing: Array(text.utf8)) }
    }
}
