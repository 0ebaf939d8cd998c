import WaybillCore
import WaybillManifest

/// Reads `waybill.yaml` with places, against the list of settings.
struct SettingsReader: ConfigurationFileReading {
    func read(_ bytes: [UInt8], path: String) throws(ConfigurationProblems) -> ConfigurationFileValues {
        let file = SettingsFile(path: path, bytes: bytes)
        var problems = file.problems
        var values: Members = [:]
        var places: [String: Diagnostic] = [:]
        for setting in file.settings {
            guard let field = ConfigurationField.named(setting.path) else {
                let isGroup = ConfigurationField.all.contains { $0.path.hasPrefix(setting.path + ".") }
                if isGroup, setting.value == .object([:]) { continue }
                let near = Suggestion.nearest(to: setting.path, in: ConfigurationField.all.map(\.path))
                let hint = near.map { "did you mean '\($0)'?" } ?? "'docs/cli.md' lists them"
                problems.append(file.unknown(setting, hint: hint))
                continue
            }
            places[setting.path] = file.problem(setting, "")
            do {
                values[setting.path] = try field.type.check(setting.value)
            } catch {
                problems.append(file.problem(setting, "\(setting.path): \(error.message)"))
            }
        }
        guard problems.isEmpty else {
            throw ConfigurationProblems(diagnostics: problems.sorted(by: Diagnostic.inOrder))
        }
        return ConfigurationFileValues(values: values, places: places)
    }
}
