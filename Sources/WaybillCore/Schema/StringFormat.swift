/// The named forms that text in a manifest may have. `problem(in:)` decides; `pattern` says as much of it as JSON Schema can.
package enum StringFormat: String, CaseIterable, Hashable, Sendable {
    case text
    case name
    case version
    case digest
    case commit
    case duration
    case memory
    case cpu
    case python
    case modelFormat
    case relativePath
    case artifactSource
    case repository
    case absolutePath
    case urlPath
    case urlTemplate
    case environmentName
    case portName
    case labelKey
    case metric
    case template
    case weekTime
    case localTime
    case timeZone
    case moment
    case share

    /// What is wrong with `text`, for people; nil when it has this form.
    package func problem(in text: String) -> String? {
        switch self {
        case .text, .template: text.utf8.contains(0) ? "text must not hold a NUL character" : nil
        case .name:
            Self.isPlainName(text) ? nil : Self.problem { () throws(InvalidInput) in _ = try Name(parsing: text) }
        case .version: Self.problem { () throws(InvalidInput) in _ = try SemanticVersion(parsing: text) }
        case .digest: Self.problem { () throws(InvalidInput) in _ = try Digest(parsing: text) }
        case .commit: Self.problem { () throws(InvalidInput) in _ = try CommitID(parsing: text) }
        case .duration: Self.problem { () throws(InvalidInput) in _ = try Duration(parsing: text) }
        case .memory: Self.problem { () throws(InvalidInput) in _ = try Quantity.memory(parsing: text) }
        case .cpu: Self.problem { () throws(InvalidInput) in _ = try Quantity.cpu(parsing: text) }
        case .artifactSource: Self.problem { () throws(InvalidInput) in _ = try ArtifactSource(parsing: text) }
        case .repository: Self.problem { () throws(InvalidInput) in _ = try RemoteAddress(parsing: text) }
        case .relativePath: CleanPath.problemOfRelative(text)
        case .absolutePath: CleanPath.problemOfAbsolute(text)
        case .python: Self.isPython(text) ? nil : "\(text.quotedForMessage) is no Python version; write '3.11'"
        case .modelFormat: Self.isFormat(text) ? nil : Self.formatProblem(text)
        case .urlPath: Self.isURLPath(text) ? nil : Self.urlPathProblem(text)
        case .urlTemplate: Self.isURLPath(Self.withoutVariables(text)) ? nil : Self.urlPathProblem(text)
        case .environmentName: Self.isVariable(text) ? nil : Self.variableProblem(text)
        case .portName: Self.isPort(text) ? nil : Self.portProblem(text)
        case .labelKey: Self.isLabelKey(text) ? nil : Self.labelProblem(text)
        case .weekTime: Self.problem { () throws(InvalidInput) in _ = try WeekTime(parsing: text) }
        case .localTime: Self.problem { () throws(InvalidInput) in _ = try LocalTime(parsing: text) }
        case .moment: Self.problem { () throws(InvalidInput) in _ = try Timestamp(parsing: text) }
        case .share: Self.problem { () throws(InvalidInput) in _ = try Share(parsing: text) }
        case .timeZone: Self.isZone(text) ? nil : Self.zoneProblem(text)
        case .metric: Self.problem { () throws(InvalidInput) in _ = try MetricName.parse(text) }
        }
    }

    private static func problem(_ parse: () throws(InvalidInput) -> Void) -> String? {
        do { try parse() } catch { return error.message }
        return nil
    }

    /// Quickly, the usual forms; everything else is judged by the type's own parser.
    private static func isPlainName(_ text: String) -> Bool {
        text.utf8.count <= 63 && text.utf8.allSatisfy(isLower) && !text.isEmpty
    }

    private static func isPython(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].elementsEqual("3".utf8) && (1...2).contains(parts[1].count)
            && parts[1].allSatisfy(isDigit)
    }

    private static func isFormat(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == dash }
            && text.utf8.first != dash && text.utf8.last != dash
    }

    private static func formatProblem(_ text: String) -> String {
        "\(text.quotedForMessage) is no model format; use lowercase letters, digits and '-', as in 'sklearn-joblib'"
    }

    private static func isURLPath(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...1024).contains(bytes.count) && bytes.first == slash
            && bytes.allSatisfy { (0x21...0x7e).contains($0) }
            && !bytes.contains(UInt8(ascii: "#"))
            && !text.utf8.split(separator: slash).contains { $0.elementsEqual("..".utf8) }
    }

    /// A template with a letter for each `{{ … }}`.
    private static func withoutVariables(_ text: String) -> String {
        var rest = text[...]
        var plain = ""
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            plain += rest[..<open.lowerBound] + "x"
            rest = rest[close.upperBound...]
        }
        return plain + rest
    }

    private static func urlPathProblem(_ text: String) -> String {
        "\(text.quotedForMessage) is no path of a URL; begin with '/', without '..', spaces or '#'"
    }

    private static func isVariable(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 256, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || $0 == underscore }
    }

    private static func variableProblem(_ text: String) -> String {
        "\(text.quotedForMessage) is no name of an environment variable; use letters, digits and '_', "
            + "not beginning with a digit"
    }

    private static func isPort(_ text: String) -> Bool {
        text.utf8.count <= 15 && isFormat(text)
    }

    private static func portProblem(_ text: String) -> String {
        "\(text.quotedForMessage) is no name of a port; use at most 15 lowercase letters, digits and '-', as in 'http'"
    }

    private static func isLabelKey(_ text: String) -> Bool {
        (1...317).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                isLower($0) || isUpper($0) || isDigit($0) || $0 == dash || $0 == underscore || $0 == slash
                    || $0 == UInt8(ascii: ".")
            }
    }

    private static func labelProblem(_ text: String) -> String {
        "\(text.quotedForMessage) is no label key; use letters, digits, '-', '_', '.' and '/', as in 'example.org/team'"
    }

    private static func isZone(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.first.map { isUpper($0) || isLower($0) } ?? false
            && text.utf8.allSatisfy {
                isLower($0) || isUpper($0) || isDigit($0) || [dash, underscore, slash, UInt8(ascii: "+")].contains($0)
            }
    }

    private static func zoneProblem(_ text: String) -> String {
        "\(text.quotedForMessage) is no time zone; write a name of the IANA database, as in 'Europe/Berlin', or 'UTC'"
    }

    private static let dash = UInt8(ascii: "-")
    private static let slash = UInt8(ascii: "/")
    private static let underscore = UInt8(ascii: "_")
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
}

extension StringFormat {
    /// A regular expression of ECMA 262 for JSON Schema; nil when any text will do.
    package var pattern: String? {
        switch self {
        case .text, .template: nil
        case .name: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
        case .version:
            "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$"
        case .digest: "^sha256:[0-9a-f]{64}$"
        case .commit: "^[0-9a-f]{40}$"
        case .duration: "^([0-9]+(ms|s|m|h))+$"
        case .memory: "^[0-9]+(\\.[0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)?$"
        case .cpu: "^([0-9]+m|[0-9]+(\\.[0-9]{1,3})?)$"
        case .python: "^3\\.[0-9]{1,2}$"
        case .modelFormat: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
        case .relativePath: "^[^/]"
        case .artifactSource: "^(file:/[^/]|[^/])"
        case .repository: "^[^ ]+$"
        case .absolutePath: "^/[^/]"
        case .urlPath: "^/[!-\"$-~]*$"
        case .urlTemplate: "^/[ -\"$-~]*$"
        case .environmentName: "^[A-Za-z_][A-Za-z0-9_]*$"
        case .portName: "^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$"
        case .labelKey: "^[A-Za-z0-9._/-]{1,317}$"
        case .weekTime: "^(\(WeekTime.days.joined(separator: "|"))) ([01][0-9]|2[0-3]):[0-5][0-9]$"
        case .localTime: "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T([01][0-9]|2[0-3]):[0-5][0-9])?$"
        case .timeZone: "^[A-Za-z][A-Za-z0-9_+/-]{0,63}$"
        case .moment: "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,3})?Z)?$"
        case .share: "^[0-9]{1,3}([.][0-9]{1,3})?%$"
        case .metric: "^(\(MetricName.allCases.map(\.rawValue).joined(separator: "|")))$"
        }
    }

    /// Whether an unquoted number reads as this text to an editor, and should not be marked.
    package var allowsNumber: Bool {
        switch self {
        case .cpu, .memory, .python: true
        case .text, .name, .version, .digest, .commit, .duration, .modelFormat, .relativePath, .artifactSource,
            .repository, .absolutePath, .urlPath, .urlTemplate, .environmentName, .portName, .labelKey, .metric,
            .template, .weekTime, .localTime, .timeZone, .moment, .share:
            false
        }
    }

    /// What the field reference calls it.
    package var title: String {
        switch self {
        case .text: "text"
        case .name: "name (RFC 1123 label)"
        case .version: "version (SemVer 2.0)"
        case .digest: "digest (`sha256:` and 64 hex digits)"
        case .commit: "commit (40 hex digits)"
        case .duration: "duration (`500ms`, `30s`, `2m`, `1h`)"
        case .memory: "memory (`512Mi`, `2G`, bytes)"
        case .cpu: "cores (`500m`, `2`, `0.5`)"
        case .python: "Python version (`3.11`)"
        case .modelFormat: "model format (`sklearn-joblib`)"
        case .relativePath: "relative path"
        case .artifactSource: "path in the repository, or address of a source"
        case .repository: "git repository (`https://HOST/PATH`, `ssh://HOST/PATH`, a folder)"
        case .absolutePath: "absolute path"
        case .urlPath: "path of a URL"
        case .urlTemplate: "path of a URL, a template"
        case .environmentName: "name of an environment variable"
        case .portName: "name of a port"
        case .labelKey: "label key"
        case .metric: MetricName.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        case .template: "template"
        case .weekTime: "time of a week (`fri 16:00`)"
        case .localTime: "local time (`2026-12-20`, `2026-12-20T08:00`)"
        case .timeZone: "time zone (`Europe/Berlin`)"
        case .share: "share (`2%`, `0.25%`)"
        case .moment: "moment (`2026-12-20`, `2026-12-20T08:00:00Z`)"
        }
    }
}
