import Foundation
import Logging
import WaybillCore

/// Writes log lines to a stream, each in one piece: for people on a terminal, JSON otherwise.
struct ConsoleLogHandler: LogHandler {
    enum Form: String, Sendable { case human, json }

    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let form: Form
    private let style: Style
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String) -> Void

    init(
        label: String, level: Logger.Level, form: Form, style: Style,
        now: @escaping @Sendable () -> Timestamp = { .now }, write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        logLevel = level
        self.form = form
        self.style = style
        self.now = now
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var facts = metadata
        if let provided = metadataProvider?.get() { facts.merge(provided) { own, _ in own } }
        if let given = event.metadata { facts.merge(given) { _, new in new } }
        let line = LogRecord(
            time: now(), level: event.level, label: label, message: "\(event.message)",
            facts: facts.mapValues { "\($0)" })
        write(form == .json ? line.json : line.text(style))
    }
}

/// One log line in facts.
struct LogRecord: Hashable, Sendable {
    var time: Timestamp
    var level: Logger.Level
    /// The part of the program: `engine`, `git`.
    var label: String
    var message: String
    var facts: [String: String]

    /// `15:04:05.678 warning git: fetch failed remote=origin`; UTC.
    func text(_ style: Style) -> String {
        let clock = "\(time)".dropFirst(11).dropLast()
        var line = style.paint(String(clock), .quiet) + " " + style.paint(level.rawValue, level.tone)
        line += " \(label.harmless): \(message.harmless)"
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) {
            line += " " + style.paint("\(name.harmless)=", .quiet) + value.harmless
        }
        return line + "\n"
    }

    /// `{"label": …, "level": …, "message": …, "time": …}` and the facts under their names, which cannot hide those four.
    var json: String {
        var members = Members(facts)
        members["time"] = .string("\(time)")
        members["level"] = .string(level.rawValue)
        members["label"] = .string(label)
        members["message"] = .string(message)
        return Value.object(members).json + "\n"
    }
}

extension Logger.Level {
    fileprivate var tone: Tone {
        switch self {
        case .trace, .debug: .quiet
        case .info, .notice: .plain
        case .warning: .busy
        case .error, .critical: .bad
        }
    }
}

/// How this process logs: to standard error.
struct LogSetup: Sendable {
    let level: Logger.Level
    let form: ConsoleLogHandler.Form
    let style: Style

    init(_ configuration: WaybillConfiguration, isTerminal: Bool, variables: [String: String]) {
        level = Logger.Level(rawValue: configuration.logLevel) ?? .info
        form = ConsoleLogHandler.Form(rawValue: configuration.logFormat) ?? (isTerminal ? .human : .json)
        style = Style(isTerminal: isTerminal, variables: variables)
    }

    func logger(_ label: String) -> Logger {
        Logger(label: label) { label in
            ConsoleLogHandler(label: label, level: level, form: form, style: style) { line in
                FileHandle.standardError.write(Data(line.utf8))
            }
        }
    }
}
