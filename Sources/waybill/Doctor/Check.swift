import WaybillCore

/// How something stands.
enum Level: String, Codable, Comparable, Sendable {
    case ok, warning, problem

    static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .ok: 0
        case .warning: 1
        case .problem: 2
        }
    }
}

/// What a check found: one line, and what to do about it; nothing needs to be done where all is well.
struct Finding: Hashable, Codable, Sendable {
    /// One word: `python`, `ports`.
    var subject: String
    var level: Level
    var message: String
    var remedy: String?

    /// - Parameter remedy: of what nobody need mind before it is met.
    static func ok(_ subject: String, _ message: String, remedy: String? = nil) -> Finding {
        Finding(subject: subject, level: .ok, message: message, remedy: remedy)
    }
    static func warning(_ subject: String, _ message: String, remedy: String) -> Finding {
        Finding(subject: subject, level: .warning, message: message, remedy: remedy)
    }
    static func problem(_ subject: String, _ message: String, remedy: String) -> Finding {
        Finding(subject: subject, level: .problem, message: message, remedy: remedy)
    }
}

/// Looks at one thing that Waybill needs of this machine. Changes nothing.
protocol Check: Sendable {
    /// One finding or more.
    func run(_ configuration: WaybillConfiguration) async -> [Finding]
}

/// All findings, as `doctor` shows them.
struct Examination: Hashable, Codable, Sendable {
    var findings: [Finding]

    /// Runs `checks` in order, so that two runs read alike.
    static func run(_ checks: [any Check], _ configuration: WaybillConfiguration) async -> Examination {
        var findings: [Finding] = []
        for check in checks { findings += await check.run(configuration) }
        return Examination(findings: findings)
    }

    var worst: Level { findings.map(\.level).max() ?? .ok }

    func text(_ style: Style) -> String {
        let width = findings.map(\.subject.count).max() ?? 0
        var text = ""
        for finding in findings {
            let level = finding.level.rawValue
            let subject = finding.subject + String(repeating: " ", count: width - finding.subject.count)
            let mark = style.paint(level, finding.level.tone) + String(repeating: " ", count: 7 - level.count)
            text += "\(mark)  \(subject)  \(finding.message.harmless)\n"
            if let remedy = finding.remedy {
                text += String(repeating: " ", count: width + 11) + "remedy: \(remedy.harmless)\n"
            }
        }
        return text
    }
}

extension Level {
    fileprivate var tone: Tone {
        switch self {
        case .ok: .good
        case .warning: .busy
        case .problem: .bad
        }
    }
}
