import Foundation
import Testing
import WaybillCore

@testable import WaybillTrust

@Suite struct PackTests {
    @Test func `a pack holds, and says what it holds`() throws {
        let bench = try PackBench()
        let file = try bench.pack().pack.zip().bytes
        let report = try PackVerification.verify(file, key: bench.signer.key)
        #expect(report.entries == 10 && report.bodies == 10 && report.objects == 7 && report.statements == 1)
        #expect(report.hasRecord && report.missing == 0 && report.claimed == 6)
        #expect(
            report.conclusion
                == "all proofs of the pack hold; internally consistent; no checkpoint was given to compare it with"
        )
        #expect(try bench.pack().pack.zip().bytes == file)
    }

    @Test func `a pack made since a checkpoint is compared with it`() throws {
        let bench = try PackBench()
        let (pack, older) = try bench.pack(since: 5)
        let report = try PackVerification.verify(pack.zip().bytes, key: bench.signer.key, since: older)
        #expect(report.givenSize == 5)
        #expect(report.conclusion.hasSuffix("; consistent with the checkpoint of 5 entries that was given"))
        let (plain, _) = try bench.pack()
        #expect(
            throws: InvalidInput(
                "the pack has no way from the checkpoint that was given, 5 entries, to its own, 10 entries; have it made again with --since and that checkpoint"
            )
        ) { try PackVerification.verify(plain.zip().bytes, key: bench.signer.key, since: older) }
    }

    /// One way to tamper, with what both verifiers say of it.
    struct Tampering: CustomTestStringConvertible, Sendable {
        let name: String
        let problem: String
        let change: @Sendable (inout [String: [UInt8]], PackBench) throws -> Void

        init(
            _ name: String, _ problem: String,
            _ change: @escaping @Sendable (inout [String: [UInt8]], PackBench) throws -> Void
        ) { (self.name, self.problem, self.change) = (name, problem, change) }

        var testDescription: String { name }
    }

    private static func replace(_ name: String, _ old: String, _ new: String)
        -> @Sendable (
            inout [String: [UInt8]], PackBench
        ) throws -> Void
    {
        { members, _ in
            let text = String(decoding: members[name] ?? [], as: UTF8.self)
            #expect(text.contains(old), "\(name) has no \(old)")
            members[name] = Array(text.replacing(old, with: new).utf8)
        }
    }

    private static func flip(_ name: String, _ place: Int)
        -> @Sendable (inout [String: [UInt8]], PackBench) throws -> Void
    {
        { members, _ in
            let count = members[name]?.count ?? 0
            members[name]?[place < 0 ? count + place : place] ^= 1
        }
    }

    static let other = Digest(of: Array("other".utf8)).description

    static let tamperings = [
        Tampering(
            "another checkpoint", "checkpoint: the signature by 'example.com/log' does not fit the text",
            replace("checkpoint", "\n10\n", "\n11\n")),
        Tampering("no checkpoint", "checkpoint: it is missing") { members, _ in members["checkpoint"] = nil },
        Tampering("no lineage", "lineage.json: it is missing") { members, _ in members["lineage.json"] = nil },
        Tampering("another key in the pack", "vkey: it is not the key that was given", flip("vkey", 3)),
        Tampering(
            "an entry's body", "ledger/3.sealed: it does not have the digest in its entry", flip("ledger/3.sealed", -5)),
        Tampering(
            "an entry's salt", "ledger/3.sealed: it does not have the digest in its entry", flip("ledger/3.sealed", 0)),
        Tampering("a body without its entry", "ledger/3.sealed: no entry with a proof is sealed in it") { members, _ in
            members["ledger/3.tlog-proof"] = nil
        },
        Tampering("an entry in another's place", "ledger/4.tlog-proof: it is of entry 3") { members, _ in
            members["ledger/4.tlog-proof"] = members["ledger/3.tlog-proof"]
        },
        Tampering("a way that leads elsewhere", "ledger/3.tlog-proof: entry 3: the proof leads to another root") {
            members, _ in
            var proof = try LogProof(parsing: members["ledger/3.tlog-proof"] ?? [])
            proof.path[0] = .empty
            members["ledger/3.tlog-proof"] = proof.bytes
        },
        Tampering(
            "a proof with another checkpoint", "ledger/3.tlog-proof: its checkpoint is not the pack's",
            replace("ledger/3.tlog-proof", "\n10\n", "\n11\n")),
        Tampering("an entry that is left out", "lineage.json: traffic: entry 8 is not in the pack") { members, _ in
            members["ledger/8.tlog-proof"] = nil
            members["ledger/8.sealed"] = nil
        },
        Tampering("a body that is left out", "lineage.json: traffic: the body of entry 8 is not in the pack") {
            members, _ in
            members["ledger/8.sealed"] = nil
        },
        Tampering(
            "a data set's digest in the lineage",
            "lineage.json: data 'train': models/1.4.0.yaml does not say '\(other)'"
        ) { members, bench in
            try replace("lineage.json", PackBench.training.description, other)(&members, bench)
            // The evidence has the same digest here; only the data set is meant.
            let text = String(decoding: members["lineage.json"] ?? [], as: UTF8.self)
            members["lineage.json"] = Array(
                text.replacing(#""evidence": "\#(other)""#, with: #""evidence": "\#(PackBench.training)""#).utf8)
        },
        Tampering(
            "a value that its proofs do not say",
            "lineage.json: code: nothing that it names says '\(String(repeating: "dead", count: 10))'",
            replace(
                "lineage.json", #""value": "\#(PackBench.codeCommit)""#,
                #""value": "\#(String(repeating: "dead", count: 10))""#)),
        Tampering(
            "a revision that the record does not say", "lineage.json: revision: not all that it names say '\(other)'",
            replace("lineage.json", #""value": "\#(PackBench.revision)""#, #""value": "\#(other)""#)),
        Tampering(
            "another deployment's answer",
            "lineage.json: revision: the entry that it names is not of 'production/fraud'",
            replace(
                "lineage.json", #""deployment": "production/churn",\#n  "format""#,
                #""deployment": "production/fraud",\#n  "format""#)),
        Tampering(
            "a claim that calls itself proven", "lineage.json: prediction: it is called proven, and names nothing"
        ) { members, _ in
            members["lineage.json"] = Array(
                #"{"format": "waybill.lineage/1", "deployment": "production/churn", "title": "t", "links": [{"what": "prediction", "value": "x", "standing": "proven", "by": []}]}"#
                    .utf8)
        },
        Tampering("a lineage that says nothing", "lineage.json: it has no links") { members, _ in
            members["lineage.json"] = Array(
                #"{"format": "waybill.lineage/1", "deployment": "production/churn", "title": "t", "links": []}"#.utf8)
        },
        Tampering("a git object", "git/ID: its bytes have another id, ") { members, bench in
            members["git/\(bench.objects[4].id)"]?[12] ^= 1
        },
        Tampering(
            "a tree that is left out",
            "lineage.json: weights 'model.json': tree TREE on the way to models/1.4.0.yaml is not in the pack"
        ) {
            members, bench in members["git/\(bench.objects[2].id)"] = nil
        },
        Tampering(
            "an approval's text", "statements/alice.approval: ",
            replace("statements/alice.approval", "role risk", "role fisk")),
        Tampering(
            "an approval that is left out",
            "lineage.json: approval 'alice': statements/alice.approval is not in the pack"
        ) {
            members, _ in members["statements/alice.approval"] = nil
        },
        Tampering(
            "a record",
            "record/proof: record 4 of 0192aaaa-0000-7000-8000-000000000001: the proof leads to another root",
            flip("record/core", 40)),
        Tampering("a payload", "record/attachments: ", flip("record/attachments", 22)),
        Tampering(
            "a record of another segment",
            "record/proof: no entry of the pack has the root of segment 0192aaaa-0000-7000-8000-000000000002",
            replace("record/proof", "000000000001", "000000000002")),
        Tampering("a record that is left out", "lineage.json: prediction: the record is not in the pack") {
            members, _ in
            for name in ["core", "proof", "attachments"] { members["record/\(name)"] = nil }
        },
        Tampering("a member that no pack has", "payload.exe: no pack has such a member") { members, _ in
            members["payload.exe"] = [0]
        },
    ]

    @Test(arguments: tamperings)
    func `a tampered pack is refused by both verifiers in the same words`(tampering: Tampering) throws {
        let bench = try PackBench()
        var members = Dictionary(uniqueKeysWithValues: try bench.pack().pack.zip().members.map { ($0.name, $0.bytes) })
        try tampering.change(&members, bench)
        let file = try StoredZip(members.map { StoredZip.Member($0.key, $0.value) }).bytes
        let problem = tampering.problem.replacing("git/ID", with: "git/\(bench.objects[4].id)")
            .replacing("TREE", with: bench.objects[2].id)
        let found = #expect(throws: InvalidInput.self) { try PackVerification.verify(file, key: bench.signer.key) }
        #expect(found?.message.hasPrefix(problem) == true, "\(found?.message ?? "nothing") instead of \(problem)")
        let python = try PythonVerifier.run(file, key: bench.signer.key)
        #expect(python.code == 1 && python.output.isEmpty)
        #expect(python.errors.hasPrefix("error: \(python.pack): \(problem)"), "\(python.errors) instead of \(problem)")
    }
}

/// `samples/verify/verify.py`, run as an auditor would.
struct PythonVerifier {
    var code: Int32
    var output: String
    var errors: String
    var pack: String

    static func run(_ file: [UInt8], key: NoteKey, since: [UInt8]? = nil) throws -> PythonVerifier {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pack-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let pack = folder.appending(path: "out.zip")
        try Data(file).write(to: pack)
        try Data("\(key)\n".utf8).write(to: folder.appending(path: "vkey"))
        var arguments = [
            "-I", "-B", top.appending(path: "samples/verify/verify.py").path, pack.path, "--key",
            folder.appending(path: "vkey").path,
        ]
        if let since {
            try Data(since).write(to: folder.appending(path: "since"))
            arguments += ["--since", folder.appending(path: "since").path]
        }
        let (output, errors) = (folder.appending(path: "out"), folder.appending(path: "err"))
        for stream in [output, errors] { try Data().write(to: stream) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = arguments
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return PythonVerifier(
            code: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self), pack: pack.path)
    }
}

extension PackTests {
    @Test func `the verifier of the samples agrees on a good pack, with and without a checkpoint`() throws {
        let bench = try PackBench()
        let (pack, older) = try bench.pack(since: 5)
        let title = "all proofs of prediction \(bench.record.id) of production/churn hold; "
        let plain = try PythonVerifier.run(pack.zip().bytes, key: bench.signer.key)
        #expect(plain.code == 0 && plain.errors.isEmpty, "\(plain.errors)")
        #expect(plain.output.hasPrefix(title + "no checkpoint was given to compare it with\n  "), "\(plain.output)")
        let anchored = try PythonVerifier.run(pack.zip().bytes, key: bench.signer.key, since: older)
        #expect(anchored.code == 0, "\(anchored.errors)")
        #expect(
            anchored.output.hasPrefix(title + "consistent with the checkpoint that was given\n  "), "\(anchored.output)"
        )
        // Another log of the same name, signed by the same key.
        let forged = try SignedCheckpoint(
            signing: Checkpoint(origin: bench.signer.key.name, size: 5, root: .empty), with: bench.signer
        ).note
        let words = "the pack's log does not begin with that of the checkpoint that was given: it was rewritten"
        let refused = try PythonVerifier.run(pack.zip().bytes, key: bench.signer.key, since: forged)
        #expect(refused.code == 1 && refused.errors == "error: \(refused.pack): \(words)\n", "\(refused.errors)")
        #expect(throws: InvalidInput(words)) {
            try PackVerification.verify(pack.zip().bytes, key: bench.signer.key, since: forged)
        }
    }

    @Test func `neither takes the word of another key`() throws {
        let bench = try PackBench()
        let file = try bench.pack().pack.zip().bytes
        let key = try NoteTests.signer(seed: 8).key
        #expect(throws: InvalidInput("checkpoint: no signature is by a known key")) {
            try PackVerification.verify(file, key: key)
        }
        let python = try PythonVerifier.run(file, key: key)
        #expect(
            python.code == 1 && python.errors.hasSuffix(": checkpoint: no signature is by a known key\n"),
            "\(python.errors)")
    }

    @Test func `a zip that was packed again by another tool, or cut, is refused`() throws {
        let bench = try PackBench()
        let file = try bench.pack().pack.zip().bytes
        for length in [0, 10, file.count / 2, file.count - 1] {
            #expect(throws: InvalidInput.self) {
                try PackVerification.verify(Array(file.prefix(length)), key: bench.signer.key)
            }
            #expect(try PythonVerifier.run(Array(file.prefix(length)), key: bench.signer.key).code == 1)
        }
    }
}
