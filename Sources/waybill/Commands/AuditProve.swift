import ArgumentParser
import Foundation
import WaybillCore
import WaybillLedger
import WaybillTrust

/// `waybill audit prove`.
struct AuditProve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Write the receipt of one entry, to be checked offline by anybody.",
        discussion: """
            The receipt is a C2SP tlog-proof: the entry, its way to the root, and the signed checkpoint. It is made from the published \
            log of a ledger's folder, or from a copy of that alone; neither a controller nor the key is needed. \
            'waybill audit verify FILE --key VKEY' checks it, and so does any verifier of the format. It proves the entry's header and \
            the digest of its body; --body writes the body and its salt beside it, for those who may read it.
            """)

    @Argument(help: "The entry's index.")
    var index: UInt64

    @Option(help: ArgumentHelp("Write it here instead of to standard output.", valueName: "file"), completion: .file())
    var out: String?

    @Option(
        help: ArgumentHelp("Write the entry's body with its salt here; names of people are in it.", valueName: "file"),
        completion: .file())
    var body: String?

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        let folder = try ledger.path()
        let (index, wantsBody) = (index, body != nil)
        let (proof, sealed) = try await Blocking.run { () throws(Failure) -> (LogProof, [UInt8]?) in
            let prover = try LedgerProver(folder: folder, covering: index)
            return (
                try prover.proof(of: index), wantsBody ? try prover.sealedBodies(of: [index])[index] : nil
            )
        }
        if let body {
            guard let sealed else {
                throw Failure(
                    .stall, reason: "NoBodies",
                    message: "\(folder): a published log holds no bodies; name the ledger's own folder")
            }
            try FileOutput.write(sealed, to: body)
        }
        if let out { try FileOutput.write(proof.bytes, to: out) }
        try show(Self.value(proof), output) {
            out == nil ? String(decoding: proof.bytes, as: UTF8.self) : Self.text(proof) + "\n"
        }
    }

    private static func text(_ proof: LogProof) -> String {
        "entry \(proof.index): \(proof.path.count) hashes to the published checkpoint"
    }

    private static func value(_ proof: LogProof) throws -> Value {
        let checkpoint = try SignedCheckpoint(unverified: proof.note).checkpoint
        return [
            "index": .integer(Int64(proof.index)), "entry": .string(Base64.encode(proof.extra ?? [])),
            "path": .list(proof.path.map { .string(Base64.encode($0.bytes)) }), "origin": .string(checkpoint.origin),
            "size": .integer(Int64(checkpoint.size)), "root": .string("\(checkpoint.root)"),
            "proof": .string(String(decoding: proof.bytes, as: UTF8.self)),
        ]
    }
}
