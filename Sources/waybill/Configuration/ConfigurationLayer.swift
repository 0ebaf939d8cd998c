import WaybillCore

/// Settings from one place, in canonical form, with the words that name the place in messages.
struct ConfigurationLayer: Hashable, Sendable {
    /// By `ConfigurationField.path`.
    var values: Members
    /// The folder that relative paths are meant from.
    var folder: String
    /// The place of each value of a file, as a problem without words.
    var places: [String: Diagnostic]

    init(values: Members = [:], folder: String, places: [String: Diagnostic] = [:]) {
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
                let near = Suggestion.nearest(to: name, in: fields.keys)
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
    /// `WAYBILL_SOURCE` is kept for a checkout of Waybill itself.
    static let reserved: Set<String> = ["WAYBILL_CONFIG", "WAYBILL_TOKEN", "WAYBILL_SOURCE"]
}
