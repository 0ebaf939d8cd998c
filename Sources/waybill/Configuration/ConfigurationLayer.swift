import WaybillCore

/// Settings from one place, in canonical form, with the words that name the place in messages.
struct ConfigurationLayer: Hashable, Sendable {
    /// By `ConfigurationField.path`.
    var values: [String: Value]
    /// The folder that relative paths are meant from.
    var folder: String
    /// The place of each value of a file, as a problem without words.
    var places: [String: Diagnostic]

    init(values: [String: Value] = [:], folder: String, places: [String: Diagnostic] = [:]) {
        self.values = values
        self.folder = folder
        self.places = places
    }

    /// Settings in the environment. An unknown `WAYBILL_…` variable is an error, since it is a setting that would not
    /// take effect; names in `reserved` mean something else.
    ///
    /// - Throws: `InvalidInput` that names the variable; the value itself is shown, since no setting is a secret.
    static func environment(_ variables: [String: String], folder: String) throws(InvalidInput) -> ConfigurationLayer {
        var layer = ConfigurationLayer(folder: folder)
        let fields = Dictionary(
            ConfigurationField.all.map { ($0.environmentVariable, $0) }, uniquingKeysWith: { first, _ in first })
        for (name, text) in variables.sorted(by: { $0.key < $1.key }) where name.hasPrefix("WAYBILL_") {
            if reserved.contains(name) || text.isEmpty { continue }
            guard let field = fields[name] else {
                let near = Spelling.nearest(to: name, in: fields.keys)
                throw InvalidInput(
                    "\(name) is not a setting" + (near.map { "; did you mean \($0)?" } ?? "; 'docs/cli.md' lists them"))
            }
            do {
                layer.values[field.path] = try field.type.parse(text)
            } catch {
                throw InvalidInput("\(name): \(error.message)")
            }
        }
        return layer
    }

    /// `WAYBILL_CONFIG` names the configuration file; `WAYBILL_TOKEN` is kept for a token (`repository.tokenVariable`);
    /// `WAYBILL_SOURCE` is a checkout of Waybill itself, as the README's tutorial has it.
    static let reserved: Set<String> = ["WAYBILL_CONFIG", "WAYBILL_TOKEN", "WAYBILL_SOURCE"]
}

/// Finds what someone may have meant.
enum Spelling {
    /// The candidate at the least edit distance, if it is close enough to be meant.
    static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
        let limit = max(1, word.utf8.count / 4)
        return candidates.map { (distance(word, $0), $0) }.filter { $0.0 <= limit }.min { $0 < $1 }?.1
    }

    /// Levenshtein's distance over bytes.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (line, byte) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let above = row[column + 1]
                let replaced = diagonal + (byte == right[column] ? 0 : 1)
                row[column + 1] = Swift.min(replaced, Swift.min(above, row[column]) + 1)
                diagonal = above
            }
        }
        return row[right.count]
    }
}
