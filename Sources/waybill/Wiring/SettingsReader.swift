import WaybillCore
import WaybillManifest

/// Reads `waybill.yaml` with places, against the list of settings.
struct SettingsReader: ConfigurationFileReading {
    func read(_ bytes: [UInt8], path: String) throws(Failure) -> [String: Value] {
        let file = SettingsFile(path: path, bytes: bytes)
        var problems = file.problems
        var values: [String: Value] = [:]
        for setting in file.settings {
            guard let field = ConfigurationField.named(setting.path) else {
                let near = Spelling.nearest(to: setting.path, in: ConfigurationField.all.map(\.path))
                let hint = near.map { "did you mean '\($0)'?" } ?? "'docs/cli.md' lists them"
                problems.append(file.unknown(setting, hint: hint))
                continue
            }
            do {
                values[setting.path] = try field.type.check(setting.value)
            } catch {
                problems.append(file.problem(setting, "\(setting.path): \(error.message)"))
            }
        }
        guard problems.isEmpty else {
            let text = problems.sorted(by: Diagnostic.inOrder).map {
                "\($0.location): error: \($0.message)" + ($0.hint.map { "\n  hint: \($0)" } ?? "")
            }.joined(
                separator: "\n")
            throw Failure(.stall, reason: "InvalidConfiguration", message: text)
        }
        return values
    }
}
