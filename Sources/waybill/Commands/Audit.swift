import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTrust

/// `waybill audit`.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read and verify the ledger; needs no controller.",
        subcommands: [
            AuditLog.self, AuditEvents.self, AuditShow.self, AuditExplain.self, AuditVerify.self, AuditRecords.self,
        ])
}

/// Which ledger a command reads.
struct LedgerOptions: ParsableArguments {
    @Option(
        name: .customLong("dir"),
        help: ArgumentHelp("A ledger's folder instead of the state folder's.", valueName: "folder"),
        completion: .directory)
    var folder: String?

    @OptionGroup var controller: ControllerOptions

    func path() throws -> String {
        if let folder { return folder }
        return StateFolder(at: URL(fileURLWithPath: try controller.configuration().stateFolder)).ledger
    }
}

/// `waybill audit log`.
struct AuditLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List the ledger's entries, oldest first.")

    @Option(help: ArgumentHelp("First index.", valueName: "index"))
    var from: UInt64?

    @Option(name: [.customShort("n"), .long], help: "The most entries to show; without --from, the last ones.")
    var limit = 100

    @Flag(name: .shortAndLong, help: "Go on and show entries as they come.")
    var follow = false

    @Option(name: .shortAndLong, help: "Form of the output; json is one entry a line.")
    var output: StreamFormat = .text

    @OptionGroup var ledger: LedgerOptions

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000000") }
    }

    func run() async throws {
        let reader = LedgerReader(folder: try ledger.path())
        let size = try await reader.newestCheckpoint()?.checkpoint.size ?? 0
        let first = from ?? (size > UInt64(limit) ? size - UInt64(limit) : 0)
        let console = Console.current
        let events = try await reader.events(from: first, limit: limit)
        if output == .text {
            let table = EventTable.table(events.compactMap(Self.view), now: .now, withSubject: true)
            console.write(table.fitting(console.columns).text(console.style))
        } else {
            for event in events { console.line(try Self.json(event)) }
        }
        guard follow else { return }
        for try await event in reader.follow(from: (events.last?.index).map { $0 + 1 } ?? first) {
            console.line(output == .text ? Self.line(event) : try Self.json(event))
        }
    }

    private static func view(_ recorded: RecordedEvent) -> EventView? {
        recorded.event.map { EventView($0, at: recorded.index) }
    }

    private static func line(_ recorded: RecordedEvent) -> String {
        guard let event = recorded.event else { return "\(recorded.index)  (\(recorded.content))" }
        return
            "\(recorded.index)  \(event.time)  \(event.type.rawValue)  \(event.phase.rawValue)  \(event.subject.harmless)"
    }

    static func json(_ recorded: RecordedEvent) throws -> String { try value(recorded).json }

    /// An entry whose body is not there, or not an event, has its index and what is known of it.
    static func value(_ recorded: RecordedEvent) throws -> Value {
        if let view = view(recorded) { return try Value(view: view) }
        return ["index": .integer(Int64(recorded.index)), "content": .string("\(recorded.content)")]
    }
}

/// `waybill audit show`.
struct AuditShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one entry with its body.")

    @Argument(help: "The entry's index.")
    var index: UInt64

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .json

    @OptionGroup var ledger: LedgerOptions

    func run() async throws {
        let reader = LedgerReader(folder: try ledger.path())
        guard let recorded = try await reader.event(at: index) else {
            throw Failure(.stall, reason: "NoSuchEntry", message: "the ledger has no entry \(index) yet")
        }
        let value = try AuditLog.value(recorded)
        let console = Console.current
        switch output {
        case .text: console.write(Self.text(value, console.style))
        case .json: console.line(value.prettyJSON)
        case .yaml: console.write(value.yaml)
        }
    }

    /// Names and values, the body's below.
    static func text(_ value: Value, _ style: Style) -> String {
        func facts(_ object: Members) -> [(name: String, value: String?, tone: Tone)] {
            object.sorted { $0.key < $1.key }.map { ($0.key, $0.value.string ?? $0.value.json, .plain) }
        }
        var members = value.object ?? [:]
        let body = members.removeValue(forKey: "body")?.object ?? [:]
        var sections = Sections(style)
        sections.title("Entry \(members.removeValue(forKey: "index")?.json ?? "?")")
        sections.facts(facts(members))
        guard !body.isEmpty else { return sections.text }
        sections.title("Body")
        sections.facts(facts(body))
        return sections.text
    }
}

/// `waybill audit verify`.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a ledger offline, byte by byte.",
        discussion: """
            Derives every hash and every checkpoint's root, checks the signature of the last checkpoint of each segment and of
            the published one (of all of them with --every-signature), and compares the published log with the journal. It
            says 'consistent with the checkpoint of …' and whose that is: one 'that was given' with --since, one 'that
            ledger.anchors has kept outside the state folder', or else anchor/checkpoint beside the ledger's folder, 'that
            this folder keeps itself; not anchored outside it': who can rewrite the ledger can rewrite that file too.
            Without any it says 'internally consistent, not anchored'. Exit code 1 and the exact place when a byte is off.
            """)

    @Argument(
        help: ArgumentHelp("A ledger's folder, or a copy of its published log.", valueName: "dir"),
        completion: .directory)
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
        let path = try folder ?? StateFolder(at: URL(fileURLWithPath: controller.configuration().stateFolder)).ledger
        let key = try key.map { try NoteKey(parsing: String(decoding: Self.read($0), as: UTF8.self)) }
        // Read before the ledger, so that a controller that goes on meanwhile has no newer one there.
        let kept = try since.map { (file: $0, keeper: VerificationReport.Keeper.given) } ?? keptCheckpoint(beside: path)
        let note = try kept.map { try Self.read($0.file) }
        let (console, everySignature) = (Console.current, everySignature)
        do {
            var report = try await Blocking.run { () throws -> VerificationReport in
                try LedgerVerifier.verify(folder: path, key: key, since: note, everySignature: everySignature)
            }
            report.keeper = kept?.keeper ?? .given
            console.write(
                output == .text
                    ? Self.text(report, kept?.file) : Value.object(report.value(kept?.file)).prettyJSON + "\n")
        } catch let problem as VerificationProblem {
            throw Failure(.stall, reason: "LedgerInconsistent", message: "\(path): \(problem)")
        }
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

    private static func read(_ path: String) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try handle.read(upToCount: 65_536) else {
            throw Failure(.stall, reason: "Unreadable", message: "\(path): cannot be read")
        }
        return Array(data)
    }

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
