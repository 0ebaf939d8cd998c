extension Diagnostic {
    /// The facts for `-o json`: stable names.
    package var value: Value {
        var members: Members = [
            "path": .string(location.path), "line": .integer(Int64(location.line)),
            "column": .integer(Int64(location.column)), "length": .integer(Int64(length)),
            "severity": .string(severity.rawValue), "rule": .string(rule), "message": .string(message),
            "text": .string(line),
        ]
        if let hint { members["hint"] = .string(hint) }
        if let related {
            members["related"] = [
                "path": .string(related.path), "line": .integer(Int64(related.line)),
                "column": .integer(Int64(related.column)),
            ]
        }
        return .object(members)
    }
}

/// Diagnostics as SARIF 2.1.0 (OASIS), which forges show on the line.
package enum SARIF {
    /// A log of one run; `version` is that of the program.
    package static func log(_ diagnostics: [Diagnostic], version: String) -> Value {
        let rules = DiagnosticRule.allCases
        let ordered = diagnostics.sorted(by: Diagnostic.inOrder)
        let driver: Value = [
            "name": "waybill", "version": .string(version),
            "rules": .list(
                rules.map { ["id": .string($0.rawValue), "shortDescription": ["text": .string($0.summary)]] }),
        ]
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [
                [
                    "tool": ["driver": driver], "columnKind": "unicodeCodePoints",
                    "results": .list(ordered.map { result($0, rules) }),
                ]
            ],
        ]
    }

    private static func result(_ diagnostic: Diagnostic, _ rules: [DiagnosticRule]) -> Value {
        let hint = diagnostic.hint.map { ". Hint: \($0)" } ?? ""
        var members: Members = [
            "ruleId": .string(diagnostic.rule), "level": .string(diagnostic.severity.rawValue),
            "message": ["text": .string(DiagnosticText.harmless(diagnostic.message + hint))],
            "locations": [place(diagnostic.location, length: diagnostic.length)],
        ]
        if let index = rules.firstIndex(where: { $0.rawValue == diagnostic.rule }) {
            members["ruleIndex"] = .integer(Int64(index))
        }
        if let related = diagnostic.related {
            var other = place(related, length: nil).object ?? [:]
            other["message"] = ["text": "the other place"]
            members["relatedLocations"] = .list([.object(other)])
        }
        return .object(members)
    }

    private static func place(_ location: SourceLocation, length: Int?) -> Value {
        var region: Members = [
            "startLine": .integer(Int64(location.line)), "startColumn": .integer(Int64(location.column)),
        ]
        if let length { region["endColumn"] = .integer(Int64(location.column + length)) }
        return [
            "physicalLocation": [
                "artifactLocation": ["uri": .string(uri(location.path)), "uriBaseId": "%SRCROOT%"],
                "region": .object(region),
            ]
        ]
    }

    /// A relative reference of RFC 3986: everything but unreserved characters and `/` percent-encoded.
    private static func uri(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case 45, 46, 47, 48...57, 65...90, 95, 97...122, 126: text.unicodeScalars.append(Unicode.Scalar(byte))
            case _: text += "%" + hexadecimal(CollectionOfOne(byte)).uppercased()
            }
        }
        return text
    }
}
