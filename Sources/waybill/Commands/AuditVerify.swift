import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTrust

/// `waybill audit verify`.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a ledger, a receipt or an evidence pack offline, byte by byte.",
        discussion: """
            A file is a receipt of 'waybill audit prove' or a pack of 'waybill lineage --bundle': both need --key, since nothing in
            them may vouch for itself. A folder is a ledger:

            Derives every hash and every checkpoint's root, checks the signature of the last checkpoint of each segment and of
            the published one (of all of them with --every-signature), and compares the published log with the journal. It
            says 'consistent with the checkpoint of …' and whose that is: one 'that was given' with --since, one 'that
            ledger.anchors has kept outside the state folder', or else anchor/checkpoint beside the ledger's folder, 'that
            this folder keeps itself; not anchored outside it': who can rewrite the ledger can rewrite that file too.
            Without any it says 'internally consistent, not anchored'. Exit code 1 and the exact place when a byte is off.
            """)

    @Argument(
        help: ArgumentHelp(
            "A ledger's folder, a copy of its published log, a receipt, or an evidence pack.", valueName: "path"),
        completion: .file())
    var folder: String?

    @Option(
        help: ArgumentHelp("File with the public key as it was handed out.", valueName: "file"), completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp("File with a checkpoint that somebody else kept.", valueName: "file"), completion: .file())
    var since: String?

    @Flag(help: "Check the signature of every checkpoint in the journal; slower.")
    var everySignature = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        if let folder, let file = try AuditedFile(folder) { return try await verify(file, at: folder) }
        let path = try folder ?? StateFolder(at: URL(fileURLWithPath: controller.configuration().stateFolder)).ledger
        let key = try key.map { try NoteKey(parsing: String(decoding: Self.read($0), as: UTF8.self)) }
        // Read before the ledger, so that a controller that goes on meanwhile has no newer one there.
        let kept = try since.map { (file: $0, keeper: VerificationReport.Keeper.given) } ?? keptCheckpoint(beside: path)
        let note = try kept.map { try Self.read($0.file) }
        let everySignature = everySignature
        do {
            var report = try await Blocking.run { () throws -> VerificationReport in
                try LedgerVerifier.verify(folder: path, key: key, since: note, everySignature: everySignature)
            }
            report.keeper = kept?.keeper ?? .given
            try show(.object(report.value(kept?.file)), output) { Self.text(report, kept?.file) }
        } catch let problem as VerificationProblem {
            throw Failure(.stall, reason: "LedgerInconsistent", message: "\(path): \(problem)")
        }
    }

    private func verify(_ file: AuditedFile, at path: String) async throws {
        guard let key else {
            throw Failure(
                .stall, reason: "KeyMissing",
                message:
                    "\(path): give the public key as it was handed out with --key; what is in the file proves nothing")
        }
        guard !everySignature else { throw ValidationError("--every-signature is for a ledger's folder") }
        let known = try NoteKey(parsing: String(decoding: Self.read(key), as: UTF8.self))
        let note = try since.map { try Self.read($0) }
        let report: AuditedFileReport
        do throws(InvalidInput) { report = try file.verify(with: known, since: note) } catch {
            throw Failure(.stall, reason: "LedgerInconsistent", message: "\(path): \(error.message)")
        }
        try show(report.value, output) { report.text }
    }

    /// The first file anchor that has something, and whose it is: of the settings when the ledger is theirs, else beside the
    /// folder.
    private func keptCheckpoint(
        beside path: String
    ) throws -> (file: String, keeper: VerificationReport.Keeper)? {
        let state = URL(fileURLWithPath: path).deletingLastPathComponent()
        var files: [String] = []
        if folder == nil {
            let settings = try controller.configuration()
            let state = StateFolder(at: URL(fileURLWithPath: settings.stateFolder))
            for case .file(let path) in try settings.anchorPlaces(in: state) { files.append(path) }
        }
        files.append(state.path + "/anchor/checkpoint")
        guard let file = files.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return nil }
        let real = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        let isInside = real.hasPrefix(state.resolvingSymlinksInPath().path + "/")
        return (file, isInside ? .own : .configured)
    }

    /// A key or a checkpoint.
    private static func read(_ path: String) throws(Failure) -> [UInt8] { try FileInput.read(path, limit: 65_536) }

    private static func text(_ report: VerificationReport, _ since: String?) -> String {
        var lines = [
            report.conclusion, "  origin      \(report.origin)", "  entries     \(report.size)",
            "  root        \(report.root)",
        ]
        if let since { lines.append("  checkpoint  \(since)") }
        if let time = report.latestTime { lines.append("  latest      \(time)") }
        if let published = report.publishedSize { lines.append("  published   \(published)") }
        if report.tornBytes > 0 {
            lines.append("  torn tail   \(report.tornBytes) bytes of a write that did not finish")
        }
        if report.openIntents > 0 { lines.append("  under way   \(report.openIntents) intents without an outcome yet") }
        if !report.isKeyPinned { lines.append("  note        the key is the folder's own; --key proves more") }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension VerificationReport {
    func value(_ since: String?) -> Members {
        var members: Members = [
            "conclusion": .string(conclusion), "origin": .string(origin), "entries": .integer(Int64(size)),
            "root": .string("\(root)"), "keyPinned": .bool(isKeyPinned),
            "tornBytes": .integer(tornBytes), "openIntents": .integer(Int64(openIntents)),
            "anchored": .bool(isAnchored),
        ]
        if anchor != nil { members["comparedWith"] = .string(keeper.rawValue) }
        if let since { members["checkpoint"] = .string(since) }
        if let publishedSize { members["published"] = .integer(Int64(publishedSize)) }
        return members
    }
}
